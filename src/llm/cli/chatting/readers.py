"""Where the lines of a chat come from, and the reader that asks through Click."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import click

QUESTION = "> "
BANNER = """\
Type 'exit' or 'quit' to end the chat
Type '!multi' to write several lines, and '!end' to send them
Type '!edit' to write the message in your editor"""
ABOUT_FRAGMENTS = "Type '!fragment NAME [NAME...]' to send one or more fragments along"
MORE = """\
Type '/help' for more commands; Tab completes, Alt-Enter begins a new line
Ctrl-C stops an answer, Ctrl-D ends the chat"""


def greet(whom: str, *, fragments: bool = True, more: bool = False) -> None:
    """Show the first lines of a chat: with whom, and the commands that can be used."""
    lines = [f"Chatting with {whom}", BANNER]
    if fragments:
        lines.append(ABOUT_FRAGMENTS)
    if more:
        lines.append(MORE)
    click.echo("\n".join(lines))


class Reader(Protocol):
    """Asks for what is said next."""

    commands: Iterable[str]  #: the slash commands that it offers
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
