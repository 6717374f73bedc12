"""What `mkdocs build` asks for: the pages that are not in docs/, and links that lead to them.

Pages link to each other as files of the repository do, so that they can be followed wherever the Markdown is shown.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from tests.docs.pages import FENCED, ROOT
from tests.docs.reference import pages

#: Files of the repository that the site shows, too.
BESIDE_DOCS = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "AGENTS.md": "map.md"}
_LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s#:]+)(?=[)#])")


def on_files(files: Any, config: Any) -> Any:
    """Add the reference of the Python API, and the pages from beside docs/."""
    from mkdocs.structure.files import File

    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    for name, path in BESIDE_DOCS.items():
        files.append(File.generated(config, path, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Have links lead to where their targets are on the site; the front page needs no list of pages beside it."""
    if page.is_homepage:
        page.meta["hide"] = ["navigation", "toc"]
    names = {path: name for name, path in BESIDE_DOCS.items()}
    source = names.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    return relinked(markdown, source)


def relinked(markdown: str, source: str) -> str:
    """Return a page of the repository with the links that it has on the site; code stays as it is."""
    start = site_path(source).parent

    def link(match: re.Match[str]) -> str:
        target = Path(os.path.normpath(Path(source).parent / match["target"])).as_posix()
        return Path(os.path.relpath(site_path(target), start)).as_posix()

    begins = 0
    parts: list[str] = []
    for code in FENCED.finditer(markdown):
        parts += [_LINK.sub(link, markdown[begins : code.start()]), code[0]]
        begins = code.end()
    return "".join([*parts, _LINK.sub(link, markdown[begins:])])


def site_path(name: str) -> Path:
    """Where the site has a file of the repository."""
    return Path(BESIDE_DOCS.get(name, name.removeprefix("docs/")))
