"""Payloads that refer to what the log holds anyway."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, ClassVar

import pytest
from condense_json import UncondenseError
from hypothesis import given, settings
from hypothesis import strategies as st

import llm
from llm.core.messages import Message, assistant, user
from llm.core.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.core.records import OfferedTool
from llm.core.tools import Tool
from llm.store.condense import _payload_replacements, condense_payload, resolve_payload
from llm.store.logstore import LogStore
from tests.core.strategies import json_values, messages
from tests.store.samples import chain, column, turn

LONG = "0123456789 " * 6 + "ab"  # 68 characters
BLOB = "B" * 80


def keys(*parts: Any, **more: Any) -> list[str]:
    """Return the keys offered for one message of these parts."""
    return list(_payload_replacements([assistant(*parts)], **more))


def test_reasoning_with_metadata_and_text() -> None:
    """Texts and metadata are offered by message, part and path."""
    reasoning = ReasoningPart("r" * 70, provider_metadata={"openai": {"encrypted_content": BLOB}})
    assert keys(reasoning, "t" * 64) == [
        "0.0.text", "0.0.pm", "0.0.pm.openai", "0.0.pm.openai.encrypted_content", "0.1.text",
    ]  # fmt: skip


def test_what_is_short_is_not_offered() -> None:
    """Below 64 characters (of the compact JSON, for containers) nothing is, and a number never."""
    assert (
        keys("t" * 63, ReasoningPart("x", provider_metadata={"k": "v" * 40}), tools=[("t", "short"), ("u", None)]) == []
    )
    assert keys(ToolResultPart("t", "o" * 64), schema={"k": "v" * 56}) == ["0.0.output", "schema"]
    assert keys(schema={"k": "v" * 55}) == []
    assert keys(ReasoningPart("x", provider_metadata={"k": 10**70, "l": None})) == ["0.0.pm"]


def test_arguments() -> None:
    """They are offered as compact text, as spaced text where that differs, and as an object."""
    offered = _payload_replacements([assistant(ToolCallPart("t", {"q": LONG, "n": 1}))])
    assert offered == {
        "0.0.args": f'{{"q":"{LONG}","n":1}}',
        "0.0.args2": f'{{"q": "{LONG}", "n": 1}}',
        "0.0.argsv": {"q": LONG, "n": 1},
    }
    assert keys(ToolCallPart("t", {})) == []


def test_metadata_of_messages_and_lists() -> None:
    """A message's own metadata comes after its parts; items of lists go by their number."""
    message = Message("assistant", [TextPart(LONG)], {"k": ["short", LONG, {"x": LONG}]})
    assert list(_payload_replacements([assistant(), message])) == [
        "1.0.text", "1.pm", "1.pm.k", "1.pm.k.1", "1.pm.k.2", "1.pm.k.2.x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        ([("t", LONG), ("t", LONG)], ["tool.t.description"]),
        ([("t", LONG), ("t", BLOB)], []),
        ([("t", LONG), ("t", BLOB), ("t", LONG)], []),
        ([("t", LONG), ("t", "short")], ["tool.t.description"]),
    ],
)
def test_tools_of_the_same_name(tools: list[tuple[str, str]], expected: list[str]) -> None:
    """A name with two different long descriptions is not offered, in whatever order they come."""
    assert keys(tools=tools) == expected
    assert keys(tools=tools[::-1]) == expected


def test_the_order() -> None:
    """Messages, tools, schema, and what the model offers, which has no minimum length."""
    found = keys(LONG, tools=[("t", LONG)], schema={"k": LONG}, model_replacements={"x": "y"})
    assert found == ["0.0.text", "tool.t.description", "schema", "m.x"]


@pytest.mark.parametrize(
    ("payload", "stored"),
    [
        ({"a": LONG}, '{"a": {"$": "0.0.text"}}'),
        ({"a": f"say {LONG}!"}, '{"a": {"$r": ["say ", {"$": "0.0.text"}, "!"]}}'),
        ({"a": "é"}, '{"a": "\\u00e9"}'),
        ({"$": 1}, '{"$raw": {"$": 1}}'),
        ([{"n": "12345678901234567890", "k": LONG}], '[{"$": "0.1.argsv"}]'),
        ({"k": LONG, "n": "12345678901234567890", "more": 2}, '{"$": {"m": "0.1.argsv", "u": {"more": 2}}}'),
        (0, "0"),
        (None, None),
    ],
)
def test_the_stored_form(payload: Any, stored: str | None) -> None:
    """References take the place of whole values and of pieces of strings, as condense-json has them."""
    output = [assistant(LONG, ToolCallPart("t", {"k": LONG, "n": "12345678901234567890"}))]
    assert condense_payload(payload, output) == stored
    assert resolve_payload(stored, output) == payload


@given(st.lists(messages, max_size=2), json_values, st.dictionaries(st.text(max_size=2), json_values, max_size=2))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_payload_comes_back(output: list[Message], payload: Any, offered: dict[str, Any]) -> None:
    """What is resolved is what was condensed, also where the payload looks like a reference."""
    parts = [part.to_dict() for message in output for part in message.parts]
    nested = [payload, {"$": payload}, {"$r": [payload]}, {"$raw": {"$": "x"}}, parts]
    text = condense_payload(nested, output, model_replacements=offered)
    assert resolve_payload(text, output, model_replacements=offered) == nested


@pytest.mark.parametrize("stored", ['{"$": "9.9.text"}', '{"$r": [{"$": "schema"}]}', '{"$": 5}', "no JSON"])
def test_what_does_not_resolve(stored: str) -> None:
    """It is an UncondenseError, which is a ValueError."""
    with pytest.raises(UncondenseError):
        resolve_payload(stored, [], schema={"k": LONG})
    assert issubclass(UncondenseError, ValueError)


# In the log


def test_round_trip_through_the_log(store: LogStore, conn: sqlite3.Connection) -> None:
    """A payload is stored with references to the turn's own output, tools and schema, and read back whole."""
    schema = {"type": "object", "properties": {"name": {"type": "string", "description": LONG}}}
    payload = {"text": LONG, "schema": schema, "tool": f"d {BLOB}", "question": "q" * 70}
    logged = turn("q" * 70, LONG, response_json=payload, schema=schema, tools=[OfferedTool(Tool("t", BLOB))])
    store.log(logged)
    [stored] = column(conn, "SELECT response_json FROM turns")
    assert json.loads(stored) == {
        "text": {"$": "0.0.text"},
        "schema": {"$": "schema"},
        "tool": {"$r": ["d ", {"$": "tool.t.description"}]},
        "question": "q" * 70,
    }
    assert store.turn_response_json(logged.record.id) == payload


def test_unknown_turns_and_turns_without_payload(store: LogStore) -> None:
    """Both give None."""
    logged = turn()
    store.log(logged)
    assert store.turn_response_json(logged.record.id) is None
    assert store.turn_response_json("nonsense") is None


def test_the_form_in_which_messages_are_stored_counts(store: LogStore) -> None:
    """Where an earlier turn stored the same arguments in another order, references are made to that form, so that the
    payload comes back as it was."""
    for arguments in ({"a": LONG, "b": 1}, {"b": 1, "a": LONG}):
        logged = turn(
            output=(assistant(ToolCallPart("t", arguments, "c")),), response_json={"s": json.dumps(arguments)}
        )
        store.log(logged)
        assert store.turn_response_json(logged.record.id) == {"s": json.dumps(arguments)}


class Offering:
    """A model with recurring content."""

    json_replacements: ClassVar = {"standing": "A standing instruction"}


def test_what_the_model_offers(store: LogStore, conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked up through `llm.get_model`, and only if the payload refers to it."""
    asked: list[str] = []

    def get_model(name: str) -> type[Offering]:
        asked.append(name)
        return Offering

    monkeypatch.setattr(llm, "get_model", get_model)
    payload = {"instructions": "A standing instruction"}
    with_reference = turn(response_json=payload, json_replacements=Offering.json_replacements)
    without = turn(response_json={"a": 1}, json_replacements=Offering.json_replacements)
    for logged in (with_reference, without):
        store.log(logged)
    assert column(conn, "SELECT response_json FROM turns")[0] == '{"instructions": {"$": "m.standing"}}'
    assert store.turn_response_json(without.record.id) == {"a": 1}
    assert asked == []
    assert store.turn_response_json(with_reference.record.id) == payload
    assert asked == ["test-model"]


def test_a_model_that_is_gone(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It offers nothing, so its references no longer resolve."""

    def get_model(name: str) -> None:
        raise llm.UnknownModelError(name)

    monkeypatch.setattr(llm, "get_model", get_model)
    logged = turn(response_json="standing", json_replacements={"s": "standing"})
    store.log(logged)
    with pytest.raises(UncondenseError):
        store.turn_response_json(logged.record.id)


def test_damaged_content(store: LogStore, conn: sqlite3.Connection) -> None:
    """A payload whose message is gone, or whose tip is, does not resolve."""
    logged = turn("a", LONG, response_json={"t": LONG}, input=chain(user("a")))
    store.log(logged)
    conn.execute("UPDATE turns SET tip_message_hash = 'b2:gone'")
    with pytest.raises(UncondenseError):
        store.turn_response_json(logged.record.id)
