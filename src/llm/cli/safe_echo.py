"""Printing what others wrote: a terminal obeys control characters, and few streams have a form for every character."""

from __future__ import annotations

import sys
from typing import TextIO

import click


def echo_foreign(text: str) -> None:
    """Print a line of text from files, plugins and models; control characters are made visible on a terminal."""
    from llm.core.text import escape_controls

    click.echo(encodable(escape_controls(text) if sys.stdout.isatty() else text, sys.stdout))


def encodable(text: str, stream: TextIO) -> str:
    """Return the text with what the encoding of the stream has no form for replaced, as it is most often nothing."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding, getattr(stream, "errors", None) or "strict")
    except UnicodeEncodeError:
        from llm.core.text import plain_text

        return plain_text(text).encode(encoding, "replace").decode(encoding)
    return text
