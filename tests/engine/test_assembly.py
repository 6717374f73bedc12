"""How events become parts and messages: the rules one by one."""

from __future__ import annotations

from typing import Any

import pytest

import llm
from llm.core.events import StreamEvent
from llm.core.messages import Message, assistant
from llm.core.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.engine.assembly import assemble, parsed_arguments
from tests.engine.faces import BlockingFace, Face
from tests.engine.stream import args, indexes, name, parts, reasoning, result, text


def test_plain_strings_are_text_events(face: Face) -> None:
    """A plain `str` is recorded as a text event; every item is recorded in order, as the very object yielded."""
    event = reasoning("r")
    response = face.done(face.model(["a", event, "b"]).prompt("x"))
    assert response._stream_events == [text("a", part_index=0), reasoning("r", part_index=1), text("b", part_index=2)]
    assert response._stream_events[1] is event
    assert response._chunks == ["a", "b"]


def test_text_follows_text() -> None:
    """Consecutive text chunks form one part, as do consecutive reasoning chunks; a change of kind starts another."""
    assert indexes("a", text("b"), "c", reasoning("r"), reasoning("s"), "d") == [0, 0, 0, 1, 1, 2]


def test_an_explicit_index_is_kept() -> None:
    """An explicit index is kept, becomes the previous part, and counts for the highest index seen."""
    assert indexes(text("a", part_index=4), "b", reasoning("r")) == [4, 4, 5]
    assert indexes(text("a", part_index=4), text("b", part_index=1), "c", reasoning("r")) == [4, 1, 1, 5]


def test_calls_with_ids_are_told_apart_by_id() -> None:
    """A tool-call event with an id goes to the index of that id, else to a new one: calls may interleave."""
    assert indexes(
        name("one", tool_call_id="a"), name("two", tool_call_id="b"), args("{", tool_call_id="a"), "text",
        args("{}", tool_call_id="b"), args("}", tool_call_id="a"),
    ) == [0, 1, 0, 2, 1, 0]  # fmt: skip


def test_an_explicit_index_maps_the_id() -> None:
    """An explicit index on a tool-call event with an id is where later events of that id go."""
    assert indexes(name("n", part_index=3, tool_call_id="a"), "x", args("{}", tool_call_id="a")) == [3, 4, 3]


def test_calls_without_ids_are_told_apart_by_name_events() -> None:
    """Without id, arguments join the previous part if that is a call, else start one; a name always starts one."""
    assert indexes(name("one"), args("{"), args("}"), name("two"), args("{}")) == [0, 0, 0, 1, 1]
    assert indexes("x", args("{}"), args(""), "y", args("{}")) == [0, 1, 1, 2, 3]
    assert indexes(name("one", tool_call_id="a"), args("{}")) == [0, 0]


def test_every_tool_result_is_a_part_of_its_own() -> None:
    """A `tool_result` event always gets a new index, also right after another one."""
    assert indexes(result("1"), result("2"), "x", result("3")) == [0, 1, 2, 3]


def test_another_message_starts_another_part() -> None:
    """When the message index changes, the previous part is forgotten."""
    assert indexes("a", text("b", message_index=1), text("c", message_index=1), "d") == [0, 1, 1, 2]
    assert indexes(name("n"), args("{}", message_index=1)) == [0, 1]
    assert indexes(
        name("n", tool_call_id="i"), args("{}", tool_call_id="i", message_index=1), args("x", message_index=1)
    ) == [0, 0, 0]


def test_unknown_types_are_families_of_their_own() -> None:
    """An unknown event type is recorded with an index and makes no part."""
    steps = ["a", StreamEvent("citation", "c"), StreamEvent("citation", "d"), StreamEvent("image", "e"), "b"]
    assert indexes(*steps) == [0, 1, 1, 2, 3]
    assert parts("a", StreamEvent("citation", "c"), "b") == [TextPart("a"), TextPart("b")]


def test_text_parts() -> None:
    """Text is concatenated; a part whose text is empty is dropped, whatever metadata it has."""
    assert parts("a", "", text("b", provider_metadata={"p": 1})) == [TextPart("ab", {"p": 1})]
    assert parts("", text("", provider_metadata={"p": 1})) == []


def test_reasoning_parts() -> None:
    """Reasoning is redacted if any event is; it is dropped only without text, redaction and metadata."""
    assert parts(reasoning("a"), reasoning("b", redacted=True)) == [ReasoningPart("ab", redacted=True)]
    assert parts(reasoning("", redacted=True)) == [ReasoningPart("", redacted=True)]
    assert parts(reasoning("", provider_metadata={"p": 1})) == [ReasoningPart("", provider_metadata={"p": 1})]
    assert parts(reasoning("", provider_metadata={})) == []


def test_tool_call_parts() -> None:
    """Name and arguments are joined; the id is the first non-empty; `server_executed` holds if any event says so."""
    events = [
        name("sea", part_index=0, tool_call_id=""),
        name("rch", part_index=0, tool_call_id="i"),
        args('{"q":', part_index=0, tool_call_id="j", server_executed=True),
        args(" 1}", part_index=0),
    ]
    assert parts(*events) == [ToolCallPart("search", {"q": 1}, "i", server_executed=True)]


@pytest.mark.parametrize(
    ("chunk", "expected"),
    [("", {}), ('{"a": 1}', {"a": 1}), ("{oops", {"_raw": "{oops"}), ("[1]", {"_raw": "[1]"}), ("3", {"_raw": "3"}),
     ("null", {"_raw": "null"}), ("[" * 100_000, {"_raw": "[" * 100_000})],
    ids=["empty", "object", "no JSON", "list", "number", "null", "too deep"],
)  # fmt: skip
def test_arguments(chunk: str, expected: dict[str, Any]) -> None:
    """Arguments are `{}` if empty, and `{"_raw": TEXT}` if they are not JSON or no JSON object."""
    assert parsed_arguments(chunk) == expected
    assert parts(name("n"), args(chunk)) == [ToolCallPart("n", expected)]


def test_tool_result_parts() -> None:
    """A tool result has the first non-empty tool name, else an empty one, the output, the id, and who ran it."""
    assert parts(
        result("a", part_index=0),
        result("b", part_index=0, tool_name="search", tool_call_id="i", server_executed=True),
        result("c"),
    ) == [ToolResultPart("search", "ab", "i", server_executed=True), ToolResultPart("", "c")]


def test_metadata_is_merged_by_key() -> None:
    """Metadata is merged by top-level key, later values replacing earlier ones; none gives None."""
    assert parts(
        text("a", provider_metadata={"x": {"deep": 1}, "y": 1}),
        text("b", provider_metadata={}),
        text("c", provider_metadata={"x": {"other": 2}}),
    ) == [TextPart("abc", {"x": {"other": 2}, "y": 1})]
    assert parts("a", text("b", provider_metadata={})) == [TextPart("ab", None)]


def test_groups_are_ordered_by_first_appearance() -> None:
    """Groups are ordered by first appearance, not by index."""
    assert parts(text("a", part_index=7), text("b", part_index=2), text("c", part_index=7)) == [
        TextPart("ac"),
        TextPart("b"),
    ]


def test_different_kinds_under_one_index(face: Face) -> None:
    """A group of more than one family raises `ValueError` from messages(), not while streaming; it says part_index."""
    response = face.model([text("a", part_index=0), reasoning("b", part_index=0)]).prompt("x")
    assert face.chunks(response) == ["a"]
    for _ in range(2):
        with pytest.raises(ValueError, match="part_index"):
            face.messages(response)
    assert face.text(response) == "a"


def test_a_contradiction_does_not_keep_a_turn_from_the_log(face: Face) -> None:
    """For the log, and as history, a group of different families falls back to separate parts."""
    model = face.model([text("a", part_index=0), reasoning("b", part_index=0), text("c", part_index=0)], ["d"])
    conversation = model.conversation()
    response = face.done(conversation.prompt("x"))
    assert response.turn_record().output == (Message("assistant", [TextPart("ac"), ReasoningPart("b")]),)
    assert face.text(conversation.prompt("y")) == "d"


def test_messages_by_message_index() -> None:
    """The index of a group's earliest event decides its message; messages are ordered by first appearance."""
    model = BlockingFace().model([text("b", message_index=3), text("a"), text("c", message_index=3)])
    assert model.prompt("x").messages() == [assistant("b", "c"), assistant("a")]
    model = BlockingFace().model([text("a", part_index=0), text("b", part_index=0, message_index=1)])
    assert model.prompt("x").messages() == [assistant("ab")]


def test_registered_calls_are_appended() -> None:
    """Registered calls are appended to the last message, except those whose id occurs among the streamed calls."""
    streamed, other = llm.ToolCall("one", {"a": 1}, "i"), llm.ToolCall("two", {"b": 2}, "j")
    model = BlockingFace().model(
        [text("a"), name("one", tool_call_id="i", message_index=1), args('{"a": 1}', tool_call_id="i", message_index=1),
         streamed, other]
    )  # fmt: skip
    assert model.prompt("x").messages() == [
        assistant("a"),
        assistant(ToolCallPart("one", {"a": 1}, "i"), ToolCallPart("two", {"b": 2}, "j")),
    ]


def test_redacted_reasoning_moves_to_the_front() -> None:
    """Within each message redacted reasoning comes first, in order; metadata-only reasoning stays in place."""
    assert parts(
        "a",
        reasoning("", redacted=True, part_index=1),
        reasoning("", provider_metadata={"p": 1}, part_index=2),
        reasoning("r", redacted=True, part_index=3),
        llm.ToolCall("t", {}, "i"),
    ) == [
        ReasoningPart("", redacted=True),
        ReasoningPart("r", redacted=True),
        TextPart("a"),
        ReasoningPart("", provider_metadata={"p": 1}),
        ToolCallPart("t", {}, "i"),
    ]


def test_a_response_without_output_has_no_messages(face: Face) -> None:
    """A response without any output has no messages."""
    assert face.messages(face.model([]).prompt("x")) == []
    assert face.messages(face.model([""]).prompt("x")) == []


def test_without_events(face: Face) -> None:
    """If no events were recorded, the single message is the text, if any, and the tool calls."""
    call = llm.ToolCall("t", {"a": 1}, "i")
    assert face.messages(face.model([call]).prompt("x")) == [assistant(ToolCallPart("t", {"a": 1}, "i"))]


def test_messages_are_assembled_once(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """The messages of a finished response are assembled once, also when they are asked for repeatedly."""
    from llm.engine import turn

    runs = 0

    def counting(*arguments: Any, **named: Any) -> list[Message]:
        nonlocal runs
        runs += 1
        return assemble(*arguments, **named)

    monkeypatch.setattr(turn, "assemble", counting)
    response = face.done(face.model(["a"]).prompt("x"))
    assert face.messages(response) == face.messages(response) == response._messages_now() == [assistant("a")]
    assert runs == 1
    face.messages(response).clear()
    assert face.messages(response) == [assistant("a")]


def test_messages_without_parts_are_dropped(face: Face) -> None:
    """A message index whose parts all come to nothing makes no message; every message is the assistant's."""
    steps = [text("", message_index=1), text("a", message_index=2), text("", message_index=0)]
    assert face.messages(face.model(steps).prompt("x")) == [assistant("a")]
