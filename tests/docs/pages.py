"""The code blocks of the pages for users, and the marks that say how a block is meant.

A mark is an HTML comment between the preceding text and the block, so readers of the rendered page do not see it:

    <!-- local -->              needs the embedded model
    <!-- not run: REASON -->    cannot run in a test
    <!-- file: NAME -->         the content of a file
    <!-- plugin: NAME.py -->    the same, and then the module is loaded as a plugin, as if it was installed
    <!-- template: NAME -->     the text of a template that the user has stored
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MARKS = ("local", "not run", "file", "plugin", "template")

FENCED = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2", re.MULTILINE | re.DOTALL)  #: whole blocks, in the text of a page
_FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>[\w-]*)\s*")
_COMMENT = re.compile(r"\s*<!--\s*(?P<mark>[a-z ]+?)\s*(?::\s*(?P<argument>.+?)\s*)?-->\s*")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced code block."""

    page: Path
    line: int  #: number of its first line of code
    language: str
    text: str
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where a failure sends its reader."""
        name = self.page.relative_to(ROOT) if self.page.is_relative_to(ROOT) else self.page.name
        return f"{name}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return list(_blocks(page, page.read_text(encoding="utf-8").splitlines()))


def _blocks(page: Path, lines: list[str]) -> Iterator[Block]:
    marks: dict[str, str] = {}
    numbered = iter(enumerate(lines, start=1))
    for number, line in numbered:
        if opening := _FENCE.fullmatch(line):
            code = [text.removeprefix(opening["indent"]) for text in _until(opening["fence"], numbered)]
            yield Block(page, number + 1, opening["language"], "".join(f"{text}\n" for text in code), marks)
            marks = {}
        elif comment := _COMMENT.fullmatch(line):
            marks = {**marks, comment["mark"]: comment["argument"] or ""}
        elif line.strip():
            marks = {}


def _until(fence: str, numbered: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, line in numbered:
        bare = line.strip()
        if bare.startswith(fence) and not bare.strip(fence[0]):
            return
        yield line
