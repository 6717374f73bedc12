"""Printing text that others wrote. A terminal obeys control characters, so it is not given any."""

from __future__ import annotations

import sys

import click


def echo_foreign(text: str) -> None:
    """Print a line of text from files, plugins and models; control characters are made visible on a terminal."""
    from llm.core.text import escape_controls

    click.echo(escape_controls(text) if sys.stdout.isatty() else text)
