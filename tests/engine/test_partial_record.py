"""The record of a response that was cut short."""

from __future__ import annotations

from typing import Any

import pytest

import llm
from llm.core.events import StreamEvent
from llm.core.messages import assistant, user
from llm.core.parts import ToolCallPart
from llm.core.usage import Usage
from tests.engine.faces import Face


def cut_short(face: Face, response: Any) -> Any:
    with pytest.raises(llm.ModelError):
        face.done(response)
    return response.partial_record("failed", "no")


def test_what_was_recorded_so_far(face: Face) -> None:
    """The record has what was asked, what was said so far and the usage so far, with state and error."""

    def count(response: Any) -> None:
        response.set_usage(input=3)

    response = face.model([count, "a ", "b", llm.ModelError("no")]).conversation().prompt("x")
    record = cut_short(face, response)
    assert (record.id, record.thread_id, record.state, record.error) == (
        response.id, response.conversation.id, "failed", "no",
    )  # fmt: skip
    assert list(record.input) == [user("x")]
    assert record.output == (assistant("a b"),)
    assert record.usage == Usage(input=3)
    assert record.datetime_utc.endswith("+00:00")


@pytest.mark.parametrize("start", [[], [lambda response: response.set_usage(input=3)]], ids=["nothing", "usage"])
def test_nothing_was_produced(face: Face, start: list[Any]) -> None:
    """A model that failed before any event, text or tool call leaves no record."""
    assert cut_short(face, face.model([*start, llm.ModelError("no")]).prompt("x")) is None


def test_never_run(face: Face) -> None:
    """A response that never ran leaves no record."""
    assert face.model([]).prompt("x").partial_record("interrupted") is None


def test_running_response(face: Face) -> None:
    """A response that is still running can be asked; asking does not run it any further."""
    response = face.model(["a", "b"]).prompt("x")
    chunks = face.each(response)
    next(chunks)
    record = response.partial_record("interrupted")
    assert record.output == (assistant("a"),)
    assert record.duration_ms >= 0
    assert list(chunks) == ["b"]


def test_registered_tool_calls_only(face: Face) -> None:
    """A tool call that was registered is complete and stays; one that was only begun is left out."""
    model = face.model(
        [
            StreamEvent("tool_call_name", "up", tool_call_id="c1"),
            StreamEvent("tool_call_args", '{"x": 1}', tool_call_id="c1"),
            llm.ToolCall("up", {"x": 1}, "c1"),
            StreamEvent("tool_call_name", "down", tool_call_id="c2"),
            StreamEvent("tool_call_args", '{"x', tool_call_id="c2"),
            llm.ModelError("no"),
        ]
    )
    record = cut_short(face, model.prompt("x"))
    assert record.output == (assistant(ToolCallPart("up", {"x": 1}, "c1")),)


def test_calls_of_the_provider_stay(face: Face) -> None:
    """What the provider runs itself stays: nobody else will run it."""
    call = StreamEvent("tool_call_name", "search", tool_call_id="c", server_executed=True)
    record = cut_short(face, face.model([call, llm.ModelError("no")]).prompt("x"))
    assert record.output == (assistant(ToolCallPart("search", {}, "c", server_executed=True)),)


def test_observer_gets_every_event(face: Face) -> None:
    """Who observes a response gets each event once it is recorded."""
    response = face.model(["a", StreamEvent("reasoning", "b"), "c"]).prompt("x")
    seen: list[StreamEvent] = []
    response._observe = seen.append
    face.done(response)
    assert seen == response._stream_events
    assert [event.part_index for event in seen] == [0, 1, 2]
