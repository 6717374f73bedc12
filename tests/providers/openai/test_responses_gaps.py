"""Reading Responses streams of servers that leave things out: what had not arrived in pieces."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.errors import ModelError
from llm.core.tools import ToolCall
from tests.providers.openai.pieces import (
    Reading,
    added,
    arguments_delta,
    call,
    completed,
    done,
    message,
    reasoning,
    search,
    summary_delta,
    text_delta,
)


def test_text_only_at_the_end_of_the_item() -> None:
    """Text that came in no delta is taken from the item's end."""
    read = Reading(added(message(), 0), done(message("hello"), 0), completed(message("hello")))
    assert (read.text, len(read.events)) == ("hello", 1)


def test_everything_only_in_the_final_payload() -> None:
    """A stream of one final event is read as a whole reply."""
    read = Reading(
        completed(reasoning("rs_1", "E1", "a"), search(), call('{"a": 1}'), message("x"), message("y", "m2"))
    )
    assert [type(part).__name__ for part in read.parts] == [
        "ReasoningPart", "ToolCallPart", "ToolResultPart", "ToolCallPart", "TextPart", "TextPart"
    ]  # fmt: skip
    assert read.calls == [ToolCall("f", {"a": 1}, "c1")]
    assert [event.message_index for event in read.events if event.type == "text"] == [0, 1]
    assert read.decoder.had_reasoning


def test_text_is_matched_by_place() -> None:
    """Text is supplied only for places of which no delta came, whatever the ids are."""
    read = Reading(
        text_delta("one", 0, item_id="old_1"),
        completed(message("one", "new_1"), message("two", "new_2")),
    )
    assert [(event.chunk, event.message_index) for event in read.events] == [("one", 0), ("two", 1)]


@pytest.mark.parametrize("place", [None, 0, 5])
def test_text_is_never_repeated(place: int | None) -> None:
    """Text that has come in full does not come again, where places are missing or wrong."""
    read = Reading(
        done(reasoning("rs_1", "E1"), None if place is None else 0), text_delta("he", place), text_delta("llo", place),
        completed(reasoning("rs_1", "E1"), message("hello", "new")),
    )  # fmt: skip
    assert read.text == "hello"


def test_arguments_only_at_the_end() -> None:
    """Arguments of which no delta came are part of the message, so that they are sent back later."""
    read = Reading(added(call(), 0), done(call('{"a": 1}'), 0))
    assert read.parts[0].arguments == {"a": 1}
    partly = Reading(added(call(), 0), arguments_delta('{"a"', 0), done(call('{"a": 1}'), 0))
    assert (partly.parts[0].arguments, partly.calls[0].arguments) == ({"a": 1}, {"a": 1})


def test_call_never_reported_done() -> None:
    """A call that only the final payload completes is registered once; so is one that was never announced."""
    read = Reading(
        added(call(), 0), arguments_delta("{}", 0, item_id="fc_1"), completed(call("{}"), call("{}", "c2", "fc_2", "g"))
    )
    assert [(found.name, found.tool_call_id) for found in read.calls] == [("f", "c1"), ("g", "c2")]
    assert [part.name for part in read.parts] == ["f", "g"]


def test_calls_are_matched_by_call_id() -> None:
    """A call whose item id or place differs in the final payload is not registered again."""
    read = Reading(added(call(), 3), done(call("{}"), 3), completed(call("{}", "c1", "other")))
    assert [found.tool_call_id for found in read.calls] == ["c1"]


def test_call_without_id() -> None:
    """A call without id gets one, the same for its events and its registration, and is registered once."""
    item = call('{"a": 1}', None)
    read = Reading(
        added(call("", None), 0), arguments_delta('{"a": 1}', 0, item_id="fc_1"), done(item, 0), completed(item)
    )
    assert len(read.calls) == len(read.parts) == 1
    assert read.calls[0].tool_call_id == read.parts[0].tool_call_id
    assert str(read.calls[0].tool_call_id).startswith("tc_")


def test_call_in_a_stream_without_end() -> None:
    """A call that nothing completes counts with the arguments that came."""
    read = Reading(added(call(), 0), arguments_delta('{"a": 1}', 0))
    assert read.calls == [ToolCall("f", {"a": 1}, "c1")]


def test_parallel_calls_without_item_ids() -> None:
    """Pieces of arguments are told apart by place."""
    read = Reading(
        added(call(), 0), added(call("", "c2", "fc_2", "g"), 1),
        arguments_delta('{"b": 2}', 1), arguments_delta('{"a": 1}', 0),
        done(call('{"a": 1}'), 0), done(call('{"b": 2}', "c2", "fc_2", "g"), 1),
    )  # fmt: skip
    assert [(part.name, part.arguments) for part in read.parts] == [("f", {"a": 1}), ("g", {"b": 2})]


def test_incomplete_reply() -> None:
    """A reply that was cut short keeps its text and its payload."""
    final = completed(message("cut"), kind="incomplete", incomplete_details={"reason": "max_output_tokens"})
    read = Reading(text_delta("cut", 0), final)
    assert (read.text, read.decoder.final.incomplete_details.reason) == ("cut", "max_output_tokens")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "server_error", "message": "broken", "param": None},
        {"type": "error", "error": {"code": "server_error", "message": "broken"}},
    ],
)
def test_error_events(event: dict[str, Any]) -> None:
    """An error in the stream ends it with what the API says."""
    with pytest.raises(ModelError, match="Model 'm' failed: server_error: broken"):
        Reading(text_delta("a", 0), event)


OUTPUTS = st.lists(st.sampled_from(["message", "reasoning", "call", "search"]), max_size=6)


@settings(max_examples=150, deadline=None)
@given(OUTPUTS, st.data())
def test_whatever_is_streamed(kinds: list[str], data: st.DataObject) -> None:
    """Whichever of its pieces a server streams, the same parts and calls come out as of the whole reply."""
    output, stream = [], []
    for place, kind in enumerate(kinds):
        item = {
            "message": message(f"text {place}", f"msg_{place}"),
            "reasoning": reasoning(f"rs_{place}", f"E{place}", f"thought {place}"),
            "call": call(f'{{"a": {place}}}', f"c{place}", f"fc_{place}"),
            "search": search(id=f"ws_{place}"),
        }[kind]
        output.append(item)
        piece = {
            "message": text_delta(f"text {place}", place),
            "reasoning": summary_delta(f"thought {place}", place, item_id=f"rs_{place}"),
            "call": arguments_delta(f'{{"a": {place}}}', place, item_id=f"fc_{place}"),
        }.get(kind)
        if data.draw(st.booleans()):
            stream.append(added({**item, "content": [], "summary": [], "arguments": ""}, place))
            if piece and data.draw(st.booleans()):
                stream.append(piece)
            if data.draw(st.booleans()):
                stream.append(done(item, place))
    read, whole = Reading(*stream, completed(*output)), Reading(completed(*output))
    assert sorted(map(repr, read.parts)) == sorted(map(repr, whole.parts))
    assert sorted(map(repr, read.calls)) == sorted(map(repr, whole.calls))
