"""Telling users that an answer was cut off, which is no error but must not look like a whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from llm.core.text import escape_controls

if TYPE_CHECKING:
    from llm.engine.worlds import Answer


def warn_of_shortfalls(answer: Answer) -> None:
    """Write a line to stderr for each finished response of `answer` (a response or a chain) that is incomplete.

    Models know: one with a method `shortfall(response)` returns what to say, or None.
    """
    from llm.features.prompting import responses_of

    for response in responses_of(answer):
        shortfall = getattr(response.model, "shortfall", None)
        line = shortfall(response) if callable(shortfall) else None
        if line:
            click.echo(f"Warning: {escape_controls(str(line))}", err=True)
