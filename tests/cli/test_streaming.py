"""What plugins use of `llm.cli` to show events and problems as the commands of `llm` do."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from llm.cli import display_async_stream_events, display_stream_events, render_errors
from llm.cli.streaming import EventDisplay
from llm.parts import StreamEvent

EVENTS = [
    StreamEvent("reasoning", "let me "),
    StreamEvent("reasoning", "see"),
    StreamEvent("text", "one "),
    StreamEvent("tool_call_name", "ignored"),
    StreamEvent("text", "two"),
    StreamEvent("reasoning", "hm"),
    StreamEvent("text", "!"),
]


async def arriving() -> AsyncIterator[StreamEvent]:
    for event in EVENTS:
        yield event


@pytest.mark.parametrize(("shown", "stderr"), [(True, "let me see\nhm\n"), (False, "")])
def test_display(shown: bool, stderr: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Text goes to stdout as it is, reasoning to stderr with a newline before the text, unless it is not wanted."""
    display_stream_events(EVENTS, show_reasoning=shown)
    assert capsys.readouterr() == ("one two!", stderr)
    asyncio.run(display_async_stream_events(arriving(), show_reasoning=shown))
    assert capsys.readouterr() == ("one two!", stderr)


def test_problems_of_values() -> None:
    """Per problem there is a line with the place, its parts joined by commas, and one with the message, indented."""
    problems: Any = [{"loc": ("fragments", 0), "msg": "Not text"}, {"loc": ("n",), "msg": "Too large"}]
    assert render_errors(problems) == "fragments, 0\n  Not text\nn\n  Too large"


@pytest.mark.parametrize(("terminal", "shown"), [(True, "one \ntwo!\n"), (False, "one two!\n")])
def test_room_for_others(terminal: bool, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, what is said between the texts of an answer begins a line of its own; other output stays."""

    class Output(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    output = Output()
    monkeypatch.setattr("sys.stdout", output)
    display = EventDisplay(show_reasoning=True)
    display.show(StreamEvent("text", "one "))
    display.settle()
    display.settle()
    display.show(StreamEvent("text", "two!\n"))
    display.settle()
    assert output.getvalue() == shown
