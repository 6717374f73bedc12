"""Reading Responses streams, also those of servers that leave things out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.errors import ModelError
from llm.core.events import StreamEvent
from llm.core.tools import ToolCall
from llm.engine.assembly import PartIndexes, assemble
from llm.providers.openai.responses import Responses
from llm.providers.openai.responses_stream import ResponsesDecoder
from tests.providers.openai.wire import obj


class Reading:
    """A stream that has been read: events placed as a response places them, the parts they make, and the calls."""

    def __init__(self, *stream: dict[str, Any]) -> None:
        self.calls: list[ToolCall] = []
        self.decoder = ResponsesDecoder(Responses("m"), self.calls.append)
        self.events: list[StreamEvent] = []
        places = PartIndexes()
        for event in self._produced(stream):
            places.place(event)
            self.events.append(event)
        self.messages = assemble(self.events, self.calls)
        self.parts: list[Any] = [part for message in self.messages for part in message.parts]

    def _produced(self, stream: tuple[dict[str, Any], ...]) -> Any:
        for event in stream:
            yield from self.decoder.feed(obj(**event))
        yield from self.decoder.finish()
        if self.decoder.final is not None:
            yield from self.decoder.refresh_reasoning(self.decoder.final.model_dump())

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Type and chunk of each event."""
        return [(event.type, event.chunk) for event in self.events]

    @property
    def text(self) -> str:
        """The text of the answer."""
        return "".join(part.text for part in self.parts if type(part).__name__ == "TextPart")


def added(item: dict[str, Any], place: int | None = None) -> dict[str, Any]:
    return _event("response.output_item.added", place, item=item)


def done(item: dict[str, Any], place: int | None = None) -> dict[str, Any]:
    return _event("response.output_item.done", place, item=item)


def text_delta(text: str, place: int | None = None, **fields: Any) -> dict[str, Any]:
    return _event("response.output_text.delta", place, delta=text, **fields)


def summary_delta(text: str, place: int | None = None, **fields: Any) -> dict[str, Any]:
    return _event("response.reasoning_summary_text.delta", place, delta=text, **fields)


def arguments_delta(text: str, place: int | None = None, **fields: Any) -> dict[str, Any]:
    return _event("response.function_call_arguments.delta", place, delta=text, **fields)


def completed(*output: dict[str, Any], kind: str = "completed", **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "response": {"status": kind, "output": list(output), **fields}}


def _event(kind: str, place: int | None, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **({} if place is None else {"output_index": place}), **fields}


def message(text: str = "", item_id: str = "msg_1") -> dict[str, Any]:
    content = [{"type": "output_text", "text": text}] if text else []
    return {"type": "message", "id": item_id, "role": "assistant", "content": content}


def reasoning(item_id: str | None = "rs_1", cipher: str | None = "E1", *summary: str) -> dict[str, Any]:
    parts = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "id": item_id, "encrypted_content": cipher, "summary": parts, "content": None}


def call(arguments: str = "", call_id: str | None = "c1", item_id: str = "fc_1", name: str = "f") -> dict[str, Any]:
    return {"type": "function_call", "id": item_id, "call_id": call_id, "name": name, "arguments": arguments}


def search(**fields: Any) -> dict[str, Any]:
    return {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}, **fields}


def metadata(item_id: str, cipher: str, *summary: str) -> dict[str, Any]:
    known: dict[str, Any] = {"id": item_id, "encrypted_content": cipher}
    if summary:
        known["summary"] = [{"type": "summary_text", "text": text} for text in summary]
    return {"openai": known}


# Ordinary streams


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
        _event("response.reasoning_summary_text.done", 0, item_id="rs_1", summary_index=index, text=text)
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
    streamed = Reading(_event("response.refusal.delta", 0, delta="I won't"), done(refusal, 0), completed(refusal))
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


# What had not arrived in pieces


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
