"""Responses built by hand: with `_done`, `_chunks` and so on assigned by code outside."""

from __future__ import annotations

import itertools
from datetime import datetime, timezone
from typing import Any

import pytest

import llm
from llm.core.events import StreamEvent
from llm.core.messages import assistant, user
from llm.core.parts import ReasoningPart, ToolCallPart
from tests.engine.faces import Face

CALL = llm.ToolCall("t", {"a": 1}, "i")


def handmade(face: Face, **values: Any) -> Any:
    model = face.model()
    response = face.response_class(llm.Prompt("x", model), model, False)
    for name, value in values.items():
        setattr(response, name, value)
    return response


@pytest.mark.parametrize("order", list(itertools.permutations(["_done", "_chunks", "_tool_calls"])))
def test_the_order_of_assignment_does_not_matter(face: Face, order: tuple[str, ...]) -> None:
    """Such a response counts as finished for text(), str(), messages() and tool_calls(), and is not run."""
    values = {"_done": True, "_chunks": ["a", "b"], "_tool_calls": [CALL]}
    response = handmade(face, **{name: values[name] for name in order})
    assert face.text(response) == "ab"
    assert face.chunks(response) == ["a", "b"]
    assert face.get(response.tool_calls()) == [CALL]
    assert face.messages(response) == [assistant("ab", ToolCallPart("t", {"a": 1}, "i"))]
    assert response.model.script.calls == []
    if not face.is_async:
        assert str(response) == "ab"


def test_no_stale_messages(face: Face) -> None:
    """Assigning after messages() were asked for shows in the next messages(), however often one assigns."""
    response = handmade(face, _done=True, _chunks=["a"])
    assert face.messages(response) == [assistant("a")]
    for text in ("b", "c", "d"):
        response._chunks = [text]
        assert face.messages(response) == [assistant(text)]
    response._tool_calls = [CALL]
    assert face.messages(response) == [assistant("d", ToolCallPart("t", {"a": 1}, "i"))]
    response._stream_events = [StreamEvent("text", "events")]
    assert face.messages(response) == [assistant("events", ToolCallPart("t", {"a": 1}, "i"))]


def test_assigning_to_a_finished_response(face: Face) -> None:
    """The same holds for a response that was run: its remembered messages give way to what is assigned."""
    response = face.done(face.model(["a"]).conversation().prompt("x"))
    assert face.messages(response) == [assistant("a")]
    for text in ("b", "c", "d"):
        response._stream_events = [StreamEvent("text", text)]
        assert face.messages(response) == [assistant(text)]
        response._stream_events = []
        response._chunks = [text * 2]
        assert face.messages(response) == [assistant(text * 2)]
        assert response.conversation.prompt("y").prompt.messages == [user("x"), assistant(text * 2), user("y")]


def test_events_put_there_by_hand(face: Face) -> None:
    """Events without `part_index` share one group, as None counts as one more index."""
    events = [StreamEvent("text", "a"), StreamEvent("text", "b"), StreamEvent("reasoning", "r", 1)]
    response = handmade(face, _done=True, _chunks=["ab"], _stream_events=events)
    assert face.messages(response) == [assistant("ab", ReasoningPart("r"))]
    assert face.events(response) == events
    response._stream_events = [StreamEvent("text", "a"), StreamEvent("reasoning", "r")]
    with pytest.raises(ValueError, match="part_index"):
        face.messages(response)
    assert response.turn_record().output == (assistant("a", ReasoningPart("r")),)


def test_assigning_has_no_further_effect(face: Face) -> None:
    """Marking a response done records nothing in the conversation and calls nobody back."""
    model = face.model()
    conversation = model.conversation()
    response = conversation.prompt("x")
    seen: list[Any] = []
    face.get(response.on_done(seen.append))
    response._chunks = ["a"]
    response._done = True
    assert face.text(response) == "a"
    assert (conversation.responses, seen) == ([], [])


def test_as_history(face: Face) -> None:
    """A response built by hand is history like any other, also in the middle of live ones."""
    model = face.model(["b"], ["c"])
    conversation = model.conversation()
    made = face.response_class(llm.Prompt("x", model), model, False, conversation)
    made._chunks, made._done = ["a"], True
    conversation.responses.append(made)
    face.text(conversation.prompt("y"))
    assert model.script.prompts[0].messages == [user("x"), assistant("a"), user("y")]
    face.text(conversation.prompt("z"))
    assert model.script.prompts[1].messages == [user("x"), assistant("a"), user("y"), assistant("b"), user("z")]


def test_the_record_of_a_handmade_response(face: Face) -> None:
    """Such a response can be logged: text, calls, times and tokens are in its record."""
    response = handmade(
        face, _done=True, _chunks=["a"], _tool_calls=[CALL], _start=1.0, _end=1.25,
        _start_utcnow=datetime(2026, 1, 2, tzinfo=timezone.utc), input_tokens=3, response_json={"raw": 1},
    )  # fmt: skip
    record = response.turn_record()
    assert record.output == (assistant("a", ToolCallPart("t", {"a": 1}, "i")),)
    assert record.input is not None
    assert list(record.input) == [user("x")]
    assert (record.duration_ms, record.datetime_utc) == (250, "2026-01-02T00:00:00.000000+00:00")
    assert (record.usage, record.response_json, record.thread_id) == (llm.Usage(input=3), {"raw": 1}, None)


def test_filling_a_response_from_outside(face: Face) -> None:
    """Code that calls `model.execute()` itself, by position or keyword, fills a response that it made."""
    model = face.model([lambda response: response.set_usage(input=1), "a"], ["b"])
    response = face.response_class(llm.Prompt("x", model), model, True)
    assert list(face.each(model.execute(response.prompt, True, response, None))) == ["a"]
    assert list(face.each(model.execute(response.prompt, stream=True, response=response, conversation=None))) == ["b"]
    assert response.input_tokens == 1
    assert not response._done
