"""Who reads the lines of a chat: an editor of lines where a terminal permits, Click everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Collection
from contextlib import suppress

from llm.cli.chatting.readers import PlainReader, Reader
from llm.cli.rendering.choice import can_be_drawn_on


def choose_reader(*, without: Collection[str] = ()) -> Reader:
    """Return the reader for what standard input and output are; `without` are slash commands not to offer."""
    if not sys.stdin.isatty():
        return PlainReader()
    if can_be_drawn_on():
        from llm.cli.chatting.terminal import TerminalReader

        return TerminalReader(without=without)
    with suppress(ImportError):  # Windows has none
        import readline
    return PlainReader()
