"""Reading Chat Completions streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.events import StreamEvent
from llm.engine.assembly import PartIndexes, assemble
from llm.providers.openai.chat_stream import ChatDecoder, TextDecoder
from tests.providers.openai.wire import chunk, obj, tool_delta, usage_chunk


def decode(*chunks: dict[str, Any]) -> tuple[list[StreamEvent], ChatDecoder]:
    decoder = ChatDecoder()
    return [event for piece in chunks for event in decoder.feed(obj(**piece))], decoder


def decode_calls(*deltas: dict[str, Any]) -> list[tuple[str, dict[str, Any], str | None]]:
    """The calls that deltas amount to; the parts made of the events must say the same."""
    events, decoder = decode(*(chunk(tool_calls=[delta]) for delta in deltas))
    calls = decoder.tool_calls()
    places = PartIndexes()
    for event in events:
        places.place(event)
    messages = assemble(events, calls)
    parts: list[Any] = messages[0].parts if calls else []
    assert [(part.name, part.arguments, part.tool_call_id) for part in parts] == [
        (call.name, call.arguments, call.tool_call_id) for call in calls
    ]
    return [(call.name, call.arguments, call.tool_call_id) for call in calls]


def test_text() -> None:
    """Each non-empty piece of text is an event that leaves its place to the response."""
    events, _ = decode(chunk(""), chunk("a"), chunk(None), chunk("b"), chunk("", role="assistant"))
    assert events == [StreamEvent("text", "a"), StreamEvent("text", "b")]


def test_refusal() -> None:
    """A refusal is text."""
    events, _ = decode(chunk(refusal="I "), chunk(refusal="won't"))
    assert "".join(event.chunk for event in events) == "I won't"


def test_usage() -> None:
    """The last counts win, and the usual keys are always there, in order."""
    _, decoder = decode(usage_chunk(prompt_tokens=1), chunk("a"), usage_chunk(prompt_tokens=2, cost=0.5))
    assert decoder.usage is not None
    assert list(decoder.usage.items()) == [
        ("completion_tokens", None), ("prompt_tokens", 2), ("total_tokens", None), ("completion_tokens_details", None),
        ("prompt_tokens_details", None), ("cost", 0.5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "piece",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {}}]},
        {"choices": [{"delta": {"tool_calls": None, "content": None}}]},
    ],
)
def test_gaps(piece: dict[str, Any]) -> None:
    """A chunk may lack anything."""
    events, decoder = decode(piece)
    assert (events, decoder.tool_calls(), decoder.usage) == ([], [], None)


def test_tool_call_events() -> None:
    """A call begins with its name; each piece of its arguments has the id of the first delta."""
    deltas = [tool_delta(0, "", "c1", "f"), tool_delta(0, '{"a"'), tool_delta(0, ": 1}", "c1", "f")]
    events, decoder = decode(*(chunk(tool_calls=[delta]) for delta in deltas))
    assert events == [
        StreamEvent("tool_call_name", "f", tool_call_id="c1"),
        StreamEvent("tool_call_args", '{"a"', tool_call_id="c1"),
        StreamEvent("tool_call_args", ": 1}", tool_call_id="c1"),
    ]
    assert [(call.name, call.arguments) for call in decoder.tool_calls()] == [("f", {"a": 1})]


@pytest.mark.parametrize(
    "deltas",
    [
        [tool_delta(0, "", "c1", "f"), tool_delta(0, "{}", "c1", "f")],
        [tool_delta(0, "{}", "c1", "f")],
        [{"index": 0, "id": "c1", "function": {"name": "f"}}, tool_delta(0, "{}")],
        [tool_delta(0, None, "c1", "f"), tool_delta(0, None)],
        [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": ""}}, {"index": 0, "function": None}],
    ],
)
def test_no_arguments(deltas: list[dict[str, Any]]) -> None:
    """Providers say in different ways that there are no arguments."""
    assert decode_calls(*deltas) == [("f", {}, "c1")]


def test_missing_id() -> None:
    """A call without id gets one before its first event, so that all its events and the registered call have it."""
    ((name, arguments, call_id),) = decode_calls(tool_delta(0, '{"a":', None, "f"), tool_delta(0, "1}"))
    assert (name, arguments) == ("f", {"a": 1})
    assert call_id is not None
    assert call_id.startswith("tc_")


@pytest.mark.parametrize("index", [0, None])
def test_shared_index(index: int | None) -> None:
    """Another id is another call, also where all calls have the same index or none."""
    found = decode_calls(
        tool_delta(index, '{"a":', "c1", "f"),
        tool_delta(index, "1}"),
        tool_delta(index, '{"b":', "c2", "f"),
        tool_delta(index, "2}"),
    )
    assert found == [("f", {"a": 1}, "c1"), ("f", {"b": 2}, "c2")]


def test_repeated_ids_under_a_shared_index() -> None:
    """Pieces that repeat their id are put where they belong, however they are mixed."""
    found = decode_calls(
        tool_delta(0, '{"a":', "c1", "f"), tool_delta(0, '{"b":', "c2", "g"), tool_delta(0, "1}", "c1"),
        tool_delta(0, "2}", "c2"),
    )  # fmt: skip
    assert found == [("f", {"a": 1}, "c1"), ("g", {"b": 2}, "c2")]


def test_neither_id_nor_index() -> None:
    """Complete calls with nothing to tell them apart are told apart by their names and complete arguments."""
    found = decode_calls(
        tool_delta(None, '{"a": 1}', None, "f"),
        tool_delta(None, '{"a": 2}', None, "f"),
        tool_delta(None, None, None, "g"),
    )
    assert [(name, arguments) for name, arguments, _ in found] == [("f", {"a": 1}), ("f", {"a": 2}), ("g", {})]


def test_late_name_and_id() -> None:
    """A name that comes after the first delta is not lost; an id that does is not needed any more."""
    ((name, arguments, call_id),) = decode_calls(
        tool_delta(0, None), tool_delta(0, '{"a":', "c1", "f"), tool_delta(0, "1}", "c1")
    )
    assert (name, arguments) == ("f", {"a": 1})
    assert call_id != "c1"


@pytest.mark.parametrize("arguments", ["{", "[1]", "no JSON"])
def test_arguments_that_are_no_object(arguments: str) -> None:
    """What is no JSON object is kept as text."""
    assert decode_calls(tool_delta(0, arguments, "c1", "f")) == [("f", {"_raw": arguments}, "c1")]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers(), max_size=3), min_size=1, max_size=4), st.data())
def test_interleaved_calls(arguments: list[dict[str, int]], data: st.DataObject) -> None:
    """Parallel calls with an index each are put together from pieces of any size in any order."""
    texts = [json.dumps(given) for given in arguments]
    pieces = [[text[i : i + 3] for i in range(0, len(text), 3)] for text in texts]
    order = data.draw(st.permutations([index for index, cut in enumerate(pieces) for _ in cut]))
    deltas = [tool_delta(index, "", f"c{index}", "f") for index in range(len(texts))]
    deltas += [tool_delta(index, pieces[index].pop(0)) for index in order]
    found = decode_calls(*deltas)
    assert [(given, call_id) for _, given, call_id in found] == [
        (given, f"c{index}") for index, given in enumerate(arguments)
    ]


def test_completion_text() -> None:
    """The text of a legacy completion is handed out as it is, empty pieces too, and chunks without choices skipped."""
    decoder = TextDecoder()
    chunks: list[dict[str, Any]] = [
        {"choices": [{"text": "a"}]},
        {"choices": [{"text": ""}]},
        {"choices": []},
        usage_chunk(total_tokens=1),
    ]
    assert [text for piece in chunks for text in decoder.feed(obj(**piece))] == ["a", ""]
    assert decoder.usage is not None
    assert decoder.usage["total_tokens"] == 1


def test_calls_before_text() -> None:
    """Within a chunk counts are taken first, then calls, then text."""
    delta = chunk("text", tool_calls=[tool_delta(0, "{}", "c1", "f")])
    events, decoder = decode({**delta, "usage": {"prompt_tokens": 1}})
    assert [event.type for event in events] == ["tool_call_name", "tool_call_args", "text"]
    assert decoder.usage is not None


def test_what_makes_no_events() -> None:
    """The reason for the end, reasoning that other servers send, and sound are no events."""
    silent = chunk(reasoning_content="hm", audio={"data": "AA"}, role="assistant")
    silent["choices"][0]["finish_reason"] = "stop"
    assert decode(silent)[0] == []
