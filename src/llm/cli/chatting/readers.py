"""Where the lines of a chat come from, and the reader that asks through Click."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import click

QUESTION = "> "


class Reader(Protocol):
    """Asks for what is said next."""

    commands: Iterable[str]  #: additional words that are offered
    is_interactive: bool  #: whether somebody sits there who may stop an answer and go on

    def read(self, *, collecting: bool) -> str | None:
        """Return what was entered, None for the wish to end. Raises `click.Abort` for Ctrl-C and the end of input."""


class PlainReader:
    """Asks through Click, one line at a time, as programs that drive the chat expect."""

    commands: Iterable[str] = ()
    is_interactive = False

    def read(self, *, collecting: bool) -> str | None:
        """Return the next line."""
        entered: str = click.prompt("", default="", show_default=False, prompt_suffix="" if collecting else QUESTION)
        return entered
