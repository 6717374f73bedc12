"""What a compared program is, and how they are read from the files in `programs/`.

A file holds the programs of a topic, one after the other. Each begins with a line `# %% title`; lines after it may say

    # improves: PAGE N: ...     the weak spot of 0.36 that makes it differ on purpose, and what happens instead
    # at least                  what 0.36 prints has to be printed, line by line; more may be
    # rows differ: ...          why tables may differ
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).with_name("programs")
_HEAD = re.compile(r"^# %% (.+)\n", re.MULTILINE)
_NOTE = re.compile(r"^# (improves|at least|rows differ)(?:: (.+))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Program:
    """One program."""

    topic: str
    title: str
    code: str
    improves: str = ""
    rows_differ: str = ""
    at_least: bool = False


def programs(topics: list[str]) -> Iterator[Program]:
    """Read the programs of some topics, or of all."""
    for path in sorted(PROGRAMS.glob("*.txt")):
        if not topics or path.stem in topics:
            pieces = _HEAD.split(path.read_text(encoding="utf-8"))
            for title, code in zip(pieces[1::2], pieces[2::2], strict=True):
                yield _program(path.stem, title, code)


def _program(topic: str, title: str, code: str) -> Program:
    notes = dict(_NOTE.findall(code))
    return Program(
        topic, title, code, notes.get("improves", ""), notes.get("rows differ", ""), at_least="at least" in notes
    )
