"""Small units: what grows beyond these limits decides more than one thing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import llm

SOURCE = Path(llm.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_file_size(path: Path) -> None:
    """No file has more than 400 lines, and no function more than 50."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            assert (node.end_lineno or 0) - first.lineno < 50, f"{node.name} is too long"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_say_why_they_exist(path: Path) -> None:
    """Every module has a docstring of at most ten lines (the tree of errors, which is a drawing, may have more)."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert len(docstring.splitlines()) <= (10 if path.name != "errors.py" else 30)
