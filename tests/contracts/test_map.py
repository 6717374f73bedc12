"""AGENTS.md is the map of the code: it names what there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "llm"
ROWS = re.findall(r"^\| `([^`]+)` \|", (ROOT / "AGENTS.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_packages_and_facades_are_on_the_map() -> None:
    """Each package and each flat module of the source tree has a row."""
    packages = {f"{path.parent.relative_to(PACKAGE)}/" for path in PACKAGE.rglob("__init__.py")} - {"./"}
    assert packages | {path.name for path in PACKAGE.glob("*.py")} <= set(ROWS)


def test_test_folders_are_on_the_map() -> None:
    """Each folder of tests has a row."""
    folders = {f"tests/{path.name}/" for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders <= set(ROWS)


def test_nothing_on_the_map_is_gone() -> None:
    """Each row names something that exists."""
    assert [row for row in ROWS if not (PACKAGE / row).exists() and not (ROOT / row).exists()] == []
