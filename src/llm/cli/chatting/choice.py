"""Who reads the lines of a chat: an editor of lines where a terminal permits, Click everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Collection
from contextlib import suppress
from io import TextIOWrapper, UnsupportedOperation
from typing import TextIO

from llm.cli.chatting.readers import PlainReader, Reader
from llm.cli.rendering.choice import can_be_drawn_on


def choose_reader(*, without: Collection[str] = ()) -> Reader:
    """Return the reader for what standard input and output are; `without` are slash commands not to offer."""
    if not sys.stdin.isatty():
        _read_as_utf8(sys.stdin)
        return PlainReader()
    if can_be_drawn_on():
        from llm.cli.chatting.terminal import TerminalReader

        return TerminalReader(without=without)
    with suppress(ImportError):  # Windows has none
        import readline
    return PlainReader()


def _read_as_utf8(stdin: TextIO) -> None:
    """Have what is piped in read as all else is: UTF-8 whatever the locale says, with bad bytes replaced."""
    if isinstance(stdin, TextIOWrapper):
        with suppress(UnsupportedOperation):  # its beginning has been read
            stdin.reconfigure(encoding="utf-8", errors="replace")
