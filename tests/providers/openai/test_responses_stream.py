"""Reading Responses streams, and telling their items apart."""

from __future__ import annotations

from typing import Any

import pytest

from llm.core.tools import ToolCall
from llm.providers.openai.responses import Responses
from llm.providers.openai.responses_stream import ResponsesDecoder
from tests.providers.openai.pieces import (
    Reading,
    added,
    arguments_delta,
    call,
    completed,
    done,
    message,
    metadata,
    piece,
    reasoning,
    search,
    summary_delta,
    text_delta,
)
from tests.providers.openai.wire import obj


def test_reasoning_and_text() -> None:
    """Two summary deltas, the item's end and a text delta make one reasoning part and one text part."""
    read = Reading(
        summary_delta("think", item_id="rs_1"),
        summary_delta("ing", item_id="rs_1"),
        done(reasoning("rs_1", "E1", "thinking")),
        text_delta("hello"),
    )
    assert read.kinds == [("reasoning", "think"), ("reasoning", "ing"), ("reasoning", ""), ("text", "hello")]
    thought, text = read.parts
    assert (thought.text, thought.redacted, text.text) == ("thinking", False, "hello")
    assert thought.provider_metadata == metadata("rs_1", "E1", "thinking")


def test_function_call() -> None:
    """Name and pieces of arguments are handed out under the call's id; the finished call is registered."""
    read = Reading(
        added(call(), 0), arguments_delta('{"a"', 0, item_id="fc_1"), arguments_delta(": 1}", 0, item_id="fc_1"),
        done(call('{"a": 1}'), 0), completed(call('{"a": 1}')),
    )  # fmt: skip
    assert read.kinds == [("tool_call_name", "f"), ("tool_call_args", '{"a"'), ("tool_call_args", ": 1}")]
    assert {event.tool_call_id for event in read.events} == {"c1"}
    assert read.calls == [ToolCall("f", {"a": 1}, "c1")]


def test_unknown_item_of_arguments() -> None:
    """Arguments of an item that was never announced carry no id."""
    read = Reading(arguments_delta("{}", item_id="fc_9"))
    assert [(event.type, event.tool_call_id) for event in read.events] == [("tool_call_args", None)]


def test_invalid_arguments() -> None:
    """Arguments that are no JSON are kept as text, absent ones are none."""
    read = Reading(done(call("{"), 0), done(call("", "c2", "fc_2"), 1))
    assert [found.arguments for found in read.calls] == [{"_raw": "{"}, {}]


def test_messages() -> None:
    """Each message after the first raises the index, which everything after it carries."""
    read = Reading(
        added(message(), 0), text_delta("one", 0), done(search(), 1), added(message(item_id="msg_2"), 2),
        text_delta("two", 2),
    )  # fmt: skip
    assert [event.message_index for event in read.events] == [0, 0, 0, 0, 1]
    assert [[type(part).__name__ for part in found.parts] for found in read.messages] == [
        ["TextPart", "ToolCallPart", "ToolResultPart"], ["TextPart"]
    ]  # fmt: skip


def test_server_executed_items() -> None:
    """What the provider executed makes a call and a result that are not registered for execution."""
    read = Reading(done(search(), 0))
    assert [(event.type, event.chunk) for event in read.events] == [
        ("tool_call_name", "web_search"), ("tool_call_args", '{"type": "search"}'), ("tool_result", "completed")
    ]  # fmt: skip
    assert all(event.server_executed and event.tool_call_id == "ws_1" for event in read.events)
    assert read.calls == []


def test_unknown_types() -> None:
    """Events and items of other types are ignored."""
    own_item = {"type": "own_item", "id": "x"}
    read = Reading({"type": "response.created"}, {"type": "own.event"}, done(own_item), {"no": "type"})
    assert read.events == []


def test_refresh_of_server_executed_items() -> None:
    """The final payload's sources and results replace what was handed out, in place."""
    final = search(action={"type": "search", "sources": [{"url": "u"}]}, results=[{"r": 1}])
    read = Reading(done(search(), 0), completed(final))
    assert len(read.events) == 3
    tool_call, result = read.parts
    assert tool_call.arguments == {"type": "search", "sources": [{"url": "u"}]}
    assert result.output == '[{"r": 1}]'


def test_refresh_of_reasoning() -> None:
    """The final ciphertext replaces the earlier one, in the same part and without changing its text."""
    read = Reading(
        summary_delta("a", 0, item_id="rs_1"), done(reasoning("rs_1", "old", "a"), 0), text_delta("x", 1),
        completed(reasoning("rs_1", "new", "a"), message("x")),
    )  # fmt: skip
    thought, _ = read.parts
    assert (thought.text, thought.provider_metadata) == ("a", metadata("rs_1", "new", "a"))
    assert read.events[-1].part_index == read.events[0].part_index


def test_redacted_reasoning() -> None:
    """An item whose end brings no text at all stands for reasoning that is withheld."""
    read = Reading(done(reasoning("rs_1", "E1"), 0))
    assert (read.parts[0].text, read.parts[0].redacted) == ("", True)


def test_text_done_without_deltas() -> None:
    """A text that comes only at its end is handed out then, part by part of the summary, and not again."""
    ends = [
        piece("response.reasoning_summary_text.done", 0, item_id="rs_1", summary_index=index, text=text)
        for index, text in enumerate(["one", "two"])
    ]
    read = Reading(*ends, done(reasoning("rs_1", "E1", "one", "two"), 0))
    assert read.parts[0].text == "one\n\ntwo"
    again = Reading(summary_delta("one", 0, item_id="rs_1", summary_index=0), ends[0])
    assert again.parts[0].text == "one"


def test_paragraphs_of_summaries() -> None:
    """A blank line stands between the parts of a summary, at the start of the next piece of text."""
    deltas = [("one", 0), (" more", 0), ("two", 1)]
    read = Reading(*(summary_delta(text, 0, item_id="rs_1", summary_index=index) for text, index in deltas))
    assert read.kinds == [("reasoning", "one"), ("reasoning", " more"), ("reasoning", "\n\ntwo")]
    assert Reading(done(reasoning("rs_1", "E", "one", "two"), 0)).parts[0].text == "one\n\ntwo"


def test_refusals() -> None:
    """A refusal is text, whether it comes in pieces or at the end."""
    refusal = {"type": "message", "id": "msg_1", "content": [{"type": "refusal", "refusal": "I won't"}]}
    streamed = Reading(piece("response.refusal.delta", 0, delta="I won't"), done(refusal, 0), completed(refusal))
    assert (streamed.text, Reading(completed(refusal)).text) == ("I won't", "I won't")


# Items that are told apart


@pytest.mark.parametrize("announced", [True, False])
def test_adjacent_reasoning_items(announced: bool) -> None:
    """Each reasoning item is a part of its own, with its own text and ciphertext, also after the refresh."""
    stream: list[dict[str, Any]] = []
    for place, name in enumerate("ab"):
        if announced:
            stream.append(added(reasoning(f"rs_{name}", None), place))
        stream.append(summary_delta(name, place, item_id=f"rs_{name}"))
        stream.append(summary_delta(name, place, item_id=f"rs_{name}"))
        stream.append(done(reasoning(f"rs_{name}", f"old {name}", name * 2), place))
    final = [reasoning(f"rs_{name}", f"new {name}", name * 2) for name in "ab"]
    read = Reading(*stream, text_delta("x", 2), completed(*final, message("x")))
    assert [part.text for part in read.parts] == ["aa", "bb", "x"]
    assert [part.provider_metadata for part in read.parts[:2]] == [
        metadata("rs_a", "new a", "aa"), metadata("rs_b", "new b", "bb")
    ]  # fmt: skip


def test_adjacent_reasoning_without_ids_or_places() -> None:
    """The end of an item is enough to tell it from the next."""
    stream = [
        summary_delta("a"),
        done(reasoning(None, "E1", "a")),
        summary_delta("b"),
        done(reasoning(None, "E2", "b")),
    ]
    read = Reading(*stream)
    assert [(part.text, part.provider_metadata["openai"]["encrypted_content"]) for part in read.parts] == [
        ("a", "E1"), ("b", "E2")
    ]  # fmt: skip


def test_reasoning_deltas_without_item_id() -> None:
    """Text that came without an item id is not repeated by the item's end, whatever id that has."""
    for place in (None, 0):
        read = Reading(summary_delta("a", place), done(reasoning("rs_1", "E1", "a"), place))
        assert [part.text for part in read.parts] == ["a"]
        assert read.parts[0].provider_metadata == metadata("rs_1", "E1", "a")


def test_changed_reasoning_ids() -> None:
    """An item whose id changes on the way is still known by its place."""
    read = Reading(
        summary_delta("a", 0, item_id="rs_x"), done(reasoning("rs_y", "E1", "a"), 0),
        completed(reasoning("rs_z", "E2", "a")),
    )  # fmt: skip
    assert [part.text for part in read.parts] == ["a"]


def test_part_indexes_without_a_response() -> None:
    """Events that nobody places yet do not get an index which others could get later."""
    decoder = ResponsesDecoder(Responses("m"), lambda _: None)
    stream = [text_delta("x", 0), done(reasoning("rs_1", "E1"), 1), done(reasoning("rs_2", "E2"), 2)]
    events = [made for event in stream for made in decoder.feed(obj(**event))]
    assert [event.part_index for event in events] == [None, None, 2]


def test_reasoning_text() -> None:
    """Reasoning that comes as text instead of a summary is treated alike, by deltas or at its end, and once."""
    for kind in ("reasoning_text", "reasoning_summary_text"):
        end = piece(f"response.{kind}.done", 0, item_id="rs_1", text="hm")
        streamed = Reading(piece(f"response.{kind}.delta", 0, item_id="rs_1", delta="hm"), end)
        assert streamed.kinds == [("reasoning", "hm")]
        assert Reading(end).kinds == [("reasoning", "hm")]
        assert Reading({**end, "text": ""}).kinds == []
