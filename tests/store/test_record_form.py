"""Records of turns as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.attachments import Attachment
from llm.core.events import StreamEvent
from llm.core.fragments import Fragment
from llm.core.history import History, messages_of
from llm.core.messages import assistant, tool_message, user
from llm.core.parts import ReasoningPart, ToolCallPart, ToolResultPart
from llm.core.records import OfferedTool, ToolInstance, TurnRecord
from llm.core.server_tools import ServerSideTool
from llm.core.tools import Tool
from llm.core.usage import Usage
from llm.engine.recording import messages_so_far
from llm.store.record_form import events_of, events_text, record_of, record_text
from tests.store.samples import chain, turn


class Search(ServerSideTool):
    """Search the web."""

    name = "search"
    plugin = "llm-search"


def no_history(_tip: str) -> None:
    return None


def again(record: TurnRecord) -> TurnRecord:
    return record_of(record_text(record), no_history)


def test_everything_is_kept() -> None:
    """The record read back is that which was written: messages, attachments, tools, fragments with their source."""
    instance = ToolInstance("Box", "plug", '{"path": "/x"}')
    record = turn(
        "question",
        thread_id="t",
        input=chain(
            user("look", Attachment(type="image/png", content=b"abc")),
            assistant(ToolCallPart("up", {"b": 1, "a": [None]}, "c1")),
            tool_message(ToolResultPart("up", "out", "c1", exception="ValueError: x")),
        ),
        output=(assistant(ReasoningPart("hm", redacted=True), "text", provider_metadata={"id": "r"}),),
        resolved_model="m-2",
        options={"temperature": 0.5},
        schema={"type": "object"},
        usage=Usage(1, 2, {"cached": 3}),
        duration_ms=12,
        datetime_utc="2026-01-02T03:04:05.123456+00:00",
        response_json={"raw": [1, "é"]},
        tools=[OfferedTool(Tool("up", "Upper", {"type": "object"}, plugin="plug"), instance), OfferedTool(Search())],
        fragments=[Fragment("f", "file"), "g"],
        system_fragments=["s"],
        instantiations={"c1": instance},
        state="failed",
        error="why",
    ).record
    found = again(record)
    assert messages_of(found.input) == messages_of(record.input)
    assert [offered.tool.hash() for offered in found.tools] == [offered.tool.hash() for offered in record.tools]
    assert [offered.instance for offered in found.tools] == [instance, None]
    assert isinstance(found.tools[1].tool, ServerSideTool)
    assert [getattr(fragment, "source", None) for fragment in found.fragments] == ["file", None]
    different = {"input", "tools", "json_replacements"}
    for name in record.__slots__:
        if name not in different:
            assert getattr(found, name) == getattr(record, name), name


def test_what_json_cannot_express() -> None:
    """Strangers in options and lone surrogates become something close; a payload that contains itself is left out."""
    payload: dict[str, Any] = {}
    payload["self"] = payload
    record = turn("a \ud800", options={"where": {1: object}}, response_json=payload).record
    found = again(record)
    assert found.name_source == "a \N{REPLACEMENT CHARACTER}"
    assert found.options["where"].keys() == {"1"}
    assert found.response_json is None


def test_stored_messages_are_referred_to() -> None:
    """Of the input, only what follows the newest stored message is written."""
    stored = History(assistant("old"), chain(user("older")), stored_hash="b2:1")
    record = turn("new", input=History(user("new"), stored)).record
    text = record_text(record, is_stored=lambda hash_: hash_ == "b2:1")
    assert "old" not in text
    found = record_of(text, {"b2:1": stored}.__getitem__)
    assert [message.role for message in messages_of(found.input)] == ["user", "assistant", "user"]
    assert "old" in record_text(record, is_stored=lambda _hash: False)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"parent": null}', '"x"'])
def test_damaged_record(text: str) -> None:
    """A text that is not a record is a ValueError, whatever else it is."""
    with pytest.raises(ValueError):
        record_of(text, no_history)


@pytest.mark.parametrize("text", ["", "[1]", "7", '[{"nonsense": 1}]'])
def test_damaged_events(text: str) -> None:
    """A text that is no list of events is a ValueError."""
    with pytest.raises(ValueError):
        events_of(text)


EVENTS = st.lists(
    st.builds(
        StreamEvent,
        type=st.sampled_from(["text", "reasoning", "tool_result"]),
        chunk=st.text(max_size=3),
        part_index=st.integers(0, 2),
        redacted=st.booleans(),
        provider_metadata=st.none() | st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=2),
        message_index=st.integers(0, 1),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(EVENTS)
def test_events_amount_to_the_same(events: list[StreamEvent]) -> None:
    """Events read back amount to the same messages, though those that follow each other are joined."""
    assert messages_so_far(events_of(events_text(events))) == messages_so_far(events)


def test_chunks_are_joined() -> None:
    """A thousand chunks of one text are stored as one."""
    assert len(events_of(events_text([StreamEvent("text", "a", 0)] * 1000))) == 1
