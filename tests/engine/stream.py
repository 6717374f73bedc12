"""Short ways to write stream events, and to see which parts they become."""

from __future__ import annotations

from typing import Any

from llm.core.events import StreamEvent
from llm.core.messages import Message
from llm.core.parts import Part
from tests.engine.faces import BlockingFace


def text(chunk: str, **more: Any) -> StreamEvent:
    return StreamEvent("text", chunk, **more)


def reasoning(chunk: str, **more: Any) -> StreamEvent:
    return StreamEvent("reasoning", chunk, **more)


def name(chunk: str, **more: Any) -> StreamEvent:
    return StreamEvent("tool_call_name", chunk, **more)


def args(chunk: str, **more: Any) -> StreamEvent:
    return StreamEvent("tool_call_args", chunk, **more)


def result(chunk: str, **more: Any) -> StreamEvent:
    return StreamEvent("tool_result", chunk, **more)


def indexes(*steps: Any) -> list[int | None]:
    """Run a model that yields these steps and return the part index of each recorded event."""
    response = BlockingFace().model(list(steps)).prompt("x")
    response.text()
    return [event.part_index for event in response._stream_events]


def parts(*steps: Any) -> list[Part]:
    """Return the parts of the single message that these steps make."""
    found: list[Message] = BlockingFace().model(list(steps)).prompt("x").messages()
    assert len(found) <= 1
    assert all(message.role == "assistant" for message in found)
    return [part for message in found for part in message.parts]
