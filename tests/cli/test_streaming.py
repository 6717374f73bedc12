"""What plugins use of `llm.cli` to show events and problems as the commands of `llm` do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from llm.cli import display_async_stream_events, display_stream_events, render_errors
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
    problems: list[dict[str, Any]] = [{"loc": ("fragments", 0), "msg": "Not text"}, {"loc": ("n",), "msg": "Too large"}]
    assert render_errors(problems) == "fragments, 0\n  Not text\nn\n  Too large"
