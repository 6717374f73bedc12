"""Showing a response as it arrives: text on stdout, reasoning dim on stderr."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, Iterable

import click

from llm.cli.safe_echo import encodable
from llm.core.events import StreamEvent
from llm.core.text import PairJoiner, escape_controls


class EventDisplay:
    """Writes events to the terminal or a pipe. What goes to a terminal has its control sequences made visible."""

    def __init__(self, *, show_reasoning: bool) -> None:
        self._show_reasoning = show_reasoning
        self._in_reasoning = False
        self._in_line = False  # on a terminal: the text so far does not end a line
        self._joiner = PairJoiner()
        self._stdout_is_terminal = sys.stdout.isatty()
        self._stderr_is_terminal = sys.stderr.isatty()

    def show(self, event: StreamEvent) -> None:
        """Write one event, at once."""
        if event.type == "text":
            self._end_reasoning()
            self._write(self._joiner.feed(event.chunk))
        elif event.type == "reasoning" and self._show_reasoning and event.chunk:
            self._in_reasoning = True
            self._write(self._joiner.finish())
            chunk = escape_controls(event.chunk) if self._stderr_is_terminal else event.chunk
            click.echo(click.style(encodable(chunk, sys.stderr), dim=True), err=True, nl=False)

    def finish(self) -> None:
        """Show what is left: half a character at most."""
        self._write(self._joiner.finish())

    def settle(self) -> None:
        """Make room for others to write: on a terminal, they begin a line of their own."""
        self.finish()
        if self._in_line:
            self._in_line = False
            sys.stdout.write("\n")
            sys.stdout.flush()

    def _write(self, text: str) -> None:
        if self._stdout_is_terminal:
            self._in_line = not text.endswith("\n") if text else self._in_line
            text = escape_controls(text)
        sys.stdout.write(encodable(text, sys.stdout))
        sys.stdout.flush()

    def _end_reasoning(self) -> None:
        if self._in_reasoning:
            self._in_reasoning = False
            click.echo(err=True)


def display_stream_events(events: Iterable[StreamEvent], *, show_reasoning: bool = True) -> None:
    """Write text events to stdout and reasoning events to stderr as they come."""
    display = EventDisplay(show_reasoning=show_reasoning)
    for event in events:
        display.show(event)
    display.finish()


async def display_async_stream_events(events: AsyncIterable[StreamEvent], *, show_reasoning: bool = True) -> None:
    """Write the events of an async response as they come."""
    display = EventDisplay(show_reasoning=show_reasoning)
    async for event in events:
        display.show(event)
    display.finish()
