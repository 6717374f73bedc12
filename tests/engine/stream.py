"""Short ways to write stream events, and to see which parts they become."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

from llm.core.events import StreamEvent
from llm.core.parts import Part
from tests.engine.faces import AsyncFace, BlockingFace, Face

T = TypeVar("T")


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
    """Run models that yield these steps, blocking and async, and return the part index of each recorded event."""

    def found(face: Face) -> list[int | None]:
        response = face.done(face.model(copy.deepcopy(list(steps))).prompt("x"))
        return [event.part_index for event in response._stream_events]

    return _same(found)


def parts(*steps: Any) -> list[Part]:
    """Return the parts of the single message that these steps make."""
    found = _same(lambda face: face.messages(face.model(copy.deepcopy(list(steps))).prompt("x")))
    assert len(found) <= 1
    assert all(message.role == "assistant" for message in found)
    return [part for message in found for part in message.parts]


def _same(find: Callable[[Face], T]) -> T:
    """Return what is found through either face, which has to be the same."""
    on_loop = AsyncFace()
    found, found_on_loop = find(BlockingFace()), find(on_loop)
    on_loop.close()
    assert found_on_loop == found
    return found
