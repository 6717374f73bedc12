"""A terminal that displays write to."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from llm.cli.rendering import display
from tests.screens import Terminal


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Terminal]:
    """Return a function that makes standard output a terminal of a size."""

    def make(columns: int = 80, rows: int = 24) -> Terminal:
        made = Terminal(columns, rows)
        monkeypatch.setattr(sys, "stdout", made)
        monkeypatch.setattr(display, "_terminal_size", made.size)
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.delenv("NO_COLOR", raising=False)
        return made

    return make
