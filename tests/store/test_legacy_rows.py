"""Rows of legacy responses, and what belongs to them."""

from __future__ import annotations

import sqlite3

import pytest

from llm.store.database import Handle
from llm.store.legacy_extras import legacy_log_row_extras
from llm.store.listing import legacy_log_rows, merged_log_rows
from llm.store.logstore import LogStore
from tests.store.legacy import insert, legacy_response

KEYS = [
    "id", "model", "resolved_model", "prompt", "system", "prompt_json", "options_json", "response", "reasoning",
    "response_json", "conversation_id", "duration_ms", "datetime_utc", "input_tokens", "output_tokens",
    "token_details", "conversation_name", "conversation_model", "schema_json", "_legacy",
]  # fmt: skip


def test_keys_and_values(store: LogStore, conn: sqlite3.Connection) -> None:
    """A row has the columns as stored, with the name and model of its conversation and the text of its schema."""
    insert(conn, "conversations", id="old-conversation", name="The name", model="first-model")
    insert(conn, "schemas", id="s", content='{"a":1}')
    values = {
        "model": "m",
        "resolved_model": "m-1",
        "prompt": "p",
        "system": "s",
        "prompt_json": '{"p": 1}',
        "options_json": '{"o": 1}',
        "response": "r",
        "reasoning": "why",
        "response_json": '{"r": {"$": "kept"}}',
        "duration_ms": 5,
        "datetime_utc": "2024-01-01T00:00:00",
        "input_tokens": 1,
        "output_tokens": 2,
        "token_details": '{"d": 1}',
    }
    legacy_response(conn, "1", schema_id="s", **values)
    [row] = merged_log_rows(store)
    assert list(row) == KEYS
    assert row == {
        **values,
        "id": "1",
        "conversation_id": "old-conversation",
        "conversation_name": "The name",
        "conversation_model": "first-model",
        "schema_json": '{"a":1}',
        "_legacy": True,
    }


def test_search_rank(store: LogStore, conn: sqlite3.Connection) -> None:
    """A row that was searched for has its score before the last key."""
    legacy_response(conn, "1", prompt="needle")
    [row] = merged_log_rows(store, query="needle")
    assert list(row)[-2:] == ["_search_rank", "_legacy"]
    assert row["_search_rank"] < 0


def test_nothing_but_an_id(conn: sqlite3.Connection) -> None:
    """Any column but the id may be empty: it is None, `options_json` too."""
    insert(conn, "responses", id="1")
    [row] = legacy_log_rows(Handle(conn))
    assert {key: value for key, value in row.items() if value is not None} == {"id": "1", "_legacy": True}


def test_missing_conversation_and_schema(conn: sqlite3.Connection) -> None:
    """A response whose conversation or schema is gone is listed, with None for what they would say."""
    legacy_response(conn, "1", conversation_id="gone", schema_id="gone")
    [row] = legacy_log_rows(Handle(conn))
    assert row["conversation_id"] == "gone"
    assert (row["conversation_name"], row["conversation_model"], row["schema_json"]) == (None, None, None)


def test_extras_of_a_bare_response(conn: sqlite3.Connection) -> None:
    """Every id that is asked for has all lists, empty where there is nothing."""
    legacy_response(conn, "1")
    empty: dict[str, list[object]] = {
        "attachments": [],
        "prompt_fragments": [],
        "system_fragments": [],
        "tools": [],
        "tool_calls": [],
        "tool_results": [],
    }
    assert legacy_log_row_extras(Handle(conn), ["1", "unknown"]) == {"1": empty, "unknown": empty}


def test_attachments(conn: sqlite3.Connection) -> None:
    """Attachments come in their order, with the number of bytes where bytes are stored."""
    legacy_response(conn, "1")
    insert(conn, "attachments", id="bytes", type="image/png", content=b"12345")
    insert(conn, "attachments", id="path", type="image/png", path="/data/f.png")
    for order, attachment in enumerate(["path", "gone", "bytes"]):
        insert(conn, "prompt_attachments", response_id="1", attachment_id=attachment, order=order)
    gaps = {"type": None, "path": None, "url": None, "content_length": None}
    assert legacy_log_row_extras(Handle(conn), ["1"])["1"]["attachments"] == [
        {**gaps, "id": "path", "type": "image/png", "path": "/data/f.png"},
        {**gaps, "id": "gone"},
        {**gaps, "id": "bytes", "type": "image/png", "content_length": 5},
    ]


@pytest.mark.parametrize("kind", ["prompt", "system"])
def test_fragments(conn: sqlite3.Connection, kind: str) -> None:
    """Fragments come by order; equal and missing orders by the id of the fragment."""
    legacy_response(conn, "1")
    for number in range(1, 6):
        insert(conn, "fragments", id=number, hash=f"h{number}", content=f"c{number}")
    for alias in ("zulu", "alpha"):
        insert(conn, "fragment_aliases", alias=alias, fragment_id=2)
    for fragment, order in ((5, None), (4, None), (2, 7), (3, 1), (1, 7)):
        insert(conn, f"{kind}_fragments", response_id="1", fragment_id=fragment, order=order)
    found = legacy_log_row_extras(Handle(conn), ["1"])["1"][f"{kind}_fragments"]
    assert [entry["fragment_id"] for entry in found] == [4, 5, 3, 1, 2]
    assert found[-1] == {"hash": "h2", "fragment_id": 2, "content": "c2", "aliases": '["zulu","alpha"]'}
    assert found[0]["aliases"] == "[]"


def test_tools(conn: sqlite3.Connection) -> None:
    """Tools come by id, without an instance; a damaged schema is an empty one."""
    legacy_response(conn, "1")
    insert(conn, "tools", id=2, hash="h2", name="two", description="Two", input_schema="{broken")
    insert(conn, "tools", id=1, hash="h1", name="one", input_schema='{"type": "object"}', plugin="p")
    for tool in (2, 1):
        insert(conn, "tool_responses", response_id="1", tool_id=tool)
    assert legacy_log_row_extras(Handle(conn), ["1"])["1"]["tools"] == [
        {
            "id": 1,
            "hash": "h1",
            "name": "one",
            "description": None,
            "input_schema": {"type": "object"},
            "instance": None,
        },
        {"id": 2, "hash": "h2", "name": "two", "description": "Two", "input_schema": {}, "instance": None},
    ]


def test_tool_calls(conn: sqlite3.Connection) -> None:
    """Calls come in order with decoded arguments; a text that is no JSON stays text."""
    legacy_response(conn, "1")
    for number, arguments in enumerate(['{"a": 1}', "{broken", None], start=1):
        insert(
            conn, "tool_calls", id=number, response_id="1", tool_id=9, name="t", arguments=arguments, tool_call_id="c"
        )
    found = legacy_log_row_extras(Handle(conn), ["1"])["1"]["tool_calls"]
    assert found[0] == {"id": 1, "tool_id": 9, "name": "t", "arguments": {"a": 1}, "tool_call_id": "c"}
    assert [call["arguments"] for call in found] == [{"a": 1}, "{broken", {}]


def test_tool_results(conn: sqlite3.Connection) -> None:
    """Results come in order with exception, instance and attachments; bytes are there as a number, not themselves."""
    legacy_response(conn, "1")
    insert(conn, "tool_instances", id=4, plugin="p", name="Box", arguments="{}")
    insert(conn, "attachments", id="url", type="image/png", url="https://example.com/a.png")
    insert(conn, "attachments", id="bytes", type="image/png", content=b"123")
    insert(
        conn, "tool_results", id=1, response_id="1", tool_id=3, name="t", output="out", tool_call_id="c1", instance_id=4
    )
    insert(conn, "tool_results", id=2, response_id="1", name="t", output="no", tool_call_id="c2", exception="E: x")
    for order, attachment in enumerate(["url", "bytes"]):
        insert(conn, "tool_results_attachments", tool_result_id=2, attachment_id=attachment, order=order)
    first, second = legacy_log_row_extras(Handle(conn), ["1"])["1"]["tool_results"]
    assert first == {
        "id": 1,
        "tool_id": 3,
        "name": "t",
        "output": "out",
        "tool_call_id": "c1",
        "exception": None,
        "instance": {"name": "Box", "plugin": "p", "arguments": "{}"},
        "attachments": [],
    }
    assert (second["exception"], second["instance"]) == ("E: x", None)
    url, stored = second["attachments"]
    assert url == {
        "id": "url",
        "type": "image/png",
        "path": None,
        "url": "https://example.com/a.png",
        "content": None,
    }
    assert (stored["content"], stored["content_length"]) == (True, 3)
