"""Rows with everything that belongs to them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llm.core.attachments import Attachment
from llm.core.messages import assistant, tool_message, user
from llm.core.parts import ToolCallPart, ToolResultPart
from llm.core.usage import Usage
from llm.features.log_views import annotate_log_rows, annotated_rows, log_rows_as_json, logs_json_for_response_ids
from llm.store.database import Handle, open_log_database
from llm.store.filters import LogFilters
from llm.store.listing import merged_log_rows
from llm.store.logstore import LogStore
from tests.store.legacy import insert, legacy_response
from tests.store.samples import chain, turn

ADDED = ["prompt_fragments", "system_fragments", "tools", "tool_calls", "tool_results"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    """An empty log."""
    with closing(open_log_database(tmp_path / "logs.db")) as conn:
        yield LogStore(Handle(conn))


def annotated(store: LogStore, **options: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    rows = merged_log_rows(store)
    attachments = annotate_log_rows(store.db, rows, **options)
    return rows, attachments


def test_keys(store: LogStore) -> None:
    """Rows lose their internal keys and gain the lists, in this order; the attachments are returned by id."""
    store.log(turn(id="2", input=chain(user("q", Attachment(type="image/png", url="https://example.com/a")))))
    legacy_response(store.db.conn, "1")
    before = [[key for key in row if not key.startswith("_")] for row in merged_log_rows(store)]
    rows, attachments = annotated(store)
    assert [list(row) for row in rows] == [[*keys, *ADDED] for keys in before]
    assert {found: [entry["url"] for entry in entries] for found, entries in attachments.items()} == {
        "2": ["https://example.com/a"],
        "1": [],
    }


def test_json_columns_are_decoded(store: LogStore) -> None:
    """Columns whose names end in `_json` are decoded; null stays null, and a damaged text stays text."""
    store.log(turn(id="2", options={"a": 1}, schema={"type": "object"}, response_json={"r": 1}))
    legacy_response(store.db.conn, "1", options_json=None, prompt_json="{broken", response_json="[1]")
    (new, old), _ = annotated(store)
    assert (new["options_json"], new["schema_json"], new["response_json"], new["prompt_json"]) == (
        {"a": 1},
        {"type": "object"},
        {"r": 1},
        None,
    )
    assert (old["options_json"], old["prompt_json"], old["response_json"]) == (None, "{broken", [1])


def test_what_is_missing(store: LogStore) -> None:
    """Without options a turn has an empty object, a legacy response null; details of usage stay text; a conversation,
    schema or time that is missing is null."""
    store.log(turn(id="2", usage=Usage(1, 2, {"a": 1})))
    store.db.conn.execute("UPDATE turns SET datetime_utc = NULL")
    store.db.conn.execute("DELETE FROM threads")
    insert(store.db.conn, "responses", id="1", conversation_id="gone", schema_id="gone")
    rows, attachments = annotated(store)
    new, old = json.loads(log_rows_as_json(rows, attachments))
    assert (new["options_json"], old["options_json"], new["token_details"]) == ({}, None, '{"a": 1}')
    for name in ("conversation_name", "schema_json", "datetime_utc"):
        assert (new[name], old[name]) == (None, None)


def test_fragments(store: LogStore) -> None:
    """Fragments have hash, content and aliases; the content is cut to 100 characters unless expanded."""
    store.log(turn(fragments=["f" * 101]))
    insert(store.db.conn, "fragment_aliases", alias="short", fragment_id=1)
    [cut] = annotated(store)[0][0]["prompt_fragments"]
    assert list(cut) == ["hash", "content", "aliases"]
    assert (cut["content"], cut["aliases"]) == ("f" * 97 + "...", ["short"])
    [whole] = annotated(store, expand=True)[0][0]["prompt_fragments"]
    assert whole["content"] == "f" * 101


def test_truncating(store: LogStore) -> None:
    """Prompt and response are cut to 100 characters, columns that hold JSON removed; null ones stay."""
    store.log(turn("p" * 101, "r" * 100, id="2", schema={"type": "object"}))
    legacy_response(store.db.conn, "1", prompt=None, options_json=None)
    (new, old), _ = annotated(store, truncate=True)
    assert (new["prompt"], new["response"]) == ("p" * 97 + "...", "r" * 100)
    assert [key for key in new if key.endswith("_json")] == ["prompt_json", "response_json"]
    assert old["prompt"] == ""
    assert [key for key in old if key.endswith("_json")] == [
        "prompt_json",
        "options_json",
        "response_json",
        "schema_json",
    ]


def test_json_array(store: LogStore) -> None:
    """The array has an indent of 2, escapes non-ASCII, and each row ends with its attachments."""
    store.log(turn("é\nb"))
    rows, attachments = annotated(store)
    text = log_rows_as_json(rows, attachments)
    assert text == json.dumps([{**row, "attachments": []} for row in rows], indent=2)
    assert log_rows_as_json([], {}) == "[]"


def test_what_json_cannot_hold(store: LogStore) -> None:
    """Bytes in a column of text are read as text; those that a program puts into a row are shown in words."""
    legacy_response(store.db.conn, "1", response=b"a\xff")
    rows, attachments = annotated(store)
    assert json.loads(log_rows_as_json(rows, attachments))[0]["response"] == "a\ufffd"
    rows[0]["response"] = b"\xff"
    assert json.loads(log_rows_as_json(rows, attachments))[0]["response"] == "b'\\xff'"


def test_responses_of_one_call(store: LogStore) -> None:
    """The rows of some turns come oldest first, as the listing shows them."""
    ids = [store.log(turn(f"p{number}")) for number in range(3)]
    text = logs_json_for_response_ids(store.db, [ids[2], ids[0]])
    assert [row["id"] for row in json.loads(text)] == [ids[0], ids[2]]
    rows = [row for row in merged_log_rows(store)[::-1] if row["id"] != ids[1]]
    assert text == log_rows_as_json(rows, annotate_log_rows(store.db, rows))
    assert logs_json_for_response_ids(store.db, []) == "[]"


def test_stream(store: LogStore) -> None:
    """The stream yields the same rows as the list, with their attachments, over several batches."""
    for number in range(230):
        store.log(turn(f"p{number}", id=f"{number:04}", fragments=["x"]))
    legacy_response(store.db.conn, "0100x")
    rows, attachments = annotated(store)
    streamed = list(annotated_rows(store.db.conn, LogFilters(), reverse=True))
    assert streamed == [(row, attachments[row["id"]]) for row in rows[::-1]]


def test_tool_round(store: LogStore) -> None:
    """Calls and results are those of the row API."""
    store.log(
        turn(
            input=chain(user("q"), assistant("x"), tool_message(ToolResultPart("t", "out", "c0"))),
            output=(assistant(ToolCallPart("t", {"a": 1}, "c1")),),
        )
    )
    [row], _ = annotated(store)
    assert [call["arguments"] for call in row["tool_calls"]] == [{"a": 1}]
    assert [result["output"] for result in row["tool_results"]] == ["out"]


def test_any_connection(store: LogStore) -> None:
    """A connection with a row factory of its own will do."""
    store.log(turn(fragments=["x"]))
    store.db.conn.row_factory = sqlite3.Row
    [row], _ = annotated(store)
    assert [fragment["content"] for fragment in row["prompt_fragments"]] == ["x"]
