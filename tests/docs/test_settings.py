"""The page of files and variables has what the program reads."""

from __future__ import annotations

import re

from llm.registry import paths
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def test_variables() -> None:
    """Each variable of this program's own, and of OpenAI, that the source names has a row."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    named = set(re.findall(r'"((?:LLM|OPENAI)_[A-Z_]+)"', source))
    assert named - set(re.findall(r"`(\w+)`", PAGE)) == set()


def test_files() -> None:
    """So has each file and folder of the user directory."""
    names = {value for name, value in vars(paths).items() if name.endswith(("_FILE", "_FOLDER"))}
    assert {name for name in names if f"| `{name}" not in PAGE} == set()
