"""Whether an answer is shown as Markdown or as it came: options, environment, and what the output is connected to."""

from __future__ import annotations

import os
import sys
from typing import Protocol

import click

from llm.cli.streaming import EventDisplay
from llm.core.events import StreamEvent

RENDER_VARIABLE = "LLM_RENDER"

#: the parameter is `render`; None leaves it to the environment
render_options = click.option(
    "--render/--raw", default=None, help=f"Show Markdown on a terminal, or the plain text ({RENDER_VARIABLE}=1: always)"
)


class Display(Protocol):
    """What shows the events of an answer. The line break behind the answer is left to the caller."""

    def show(self, event: StreamEvent) -> None:
        """Show one event, at once."""

    def finish(self) -> None:
        """Show what is left, however the answer ended."""

    def settle(self) -> None:
        """Show what is left so far, for somebody else to write to the terminal."""


def choose_display(*, render: bool | None = None, show_reasoning: bool = True) -> Display:
    """Return the display for the answers of this process. Output that is no terminal gets the text untouched."""
    if (_is_wanted() if render is None else render) and can_be_drawn_on():
        from llm.cli.rendering.display import MarkdownDisplay

        return MarkdownDisplay(show_reasoning=show_reasoning)
    return EventDisplay(show_reasoning=show_reasoning)


def _is_wanted() -> bool:
    value = os.environ.get(RENDER_VARIABLE)
    try:
        return bool(value and click.BOOL.convert(value, None, None))
    except click.BadParameter as error:
        raise click.BadParameter(error.message, param_hint=RENDER_VARIABLE) from error


def can_be_drawn_on() -> bool:
    """Tell whether standard output is a terminal on which the cursor can be moved."""
    return sys.stdout.isatty() and os.environ.get("TERM", "").lower() not in {"dumb", "unknown"}
