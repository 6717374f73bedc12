"""What is asked of SQLite: with the indexes there are, and without what grows with the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from llm.core.messages import assistant, tool_message, user
from llm.core.parts import ToolResultPart
from llm.store.chain_reading import load_chain
from llm.store.listing import merged_log_rows
from llm.store.logstore import LogStore
from llm.store.search import newest_conversation
from llm.store.threads import legacy_response_rows, newest_thread_id, stored_thread, tools_of_first_turn
from tests.store.legacy import legacy_response
from tests.store.samples import chain, turn

#: Tables that grow with the log, which no look-up may read from end to end.
GROWING = [
    [table]
    for table in ("turns", "messages", "parts", "responses", "tool_calls", "tool_results", "threads", "conversations")
]


@pytest.fixture
def filled(store: LogStore, conn: sqlite3.Connection) -> LogStore:
    """A log with a conversation of two turns, and a legacy response."""
    asked = [user("a"), assistant("b"), tool_message(ToolResultPart("t", "x", "c")), user("d")]
    store.log(turn("a", "b", thread_id="thread", schema={"type": "object"}))
    store.log(turn(thread_id="thread", input=chain(*asked)))
    legacy_response(conn, "z-old")
    return store


def statements(conn: sqlite3.Connection, action: Callable[[], Any]) -> list[str]:
    """Return the statements that an action executes, with the values of their variables."""
    seen: list[str] = []
    conn.set_trace_callback(seen.append)
    action()
    conn.set_trace_callback(None)
    return [statement for statement in seen if statement.lstrip().startswith(("SELECT", "WITH"))]


def steps(conn: sqlite3.Connection, action: Callable[[], Any]) -> list[str]:
    """Return what SQLite does for the statements of an action."""
    plans = [conn.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall() for statement in statements(conn, action)]
    assert plans
    return [row[3] for plan in plans for row in plan]


def scans(conn: sqlite3.Connection, action: Callable[[], Any]) -> list[str]:
    """Return where SQLite reads growing tables from end to end; indexes of a part of the rows are no such table."""
    return [
        step
        for step in steps(conn, action)
        if step.split()[1:2] in GROWING and " llm_" not in step and step[:4] == "SCAN"
    ]


def in_order_of_id(step: str) -> bool:
    """Tell whether a table is read by descending id, where a LIMIT ends the reading."""
    return "USING INDEX sqlite_autoindex_" in step or "USING COVERING INDEX sqlite_autoindex_" in step


@pytest.mark.parametrize(
    "filters",
    [
        {"schema_id": "9a8ed2c9b17203f6d8905147234475b5"},
        {"thread_id": "thread"},
        {"tool_names": ["t"]},
        {"any_tools": True},
        {"fragment_hashes": ["h"]},
        {"ids": ["z-old"]},
        {"query": "a"},
    ],
    ids=lambda filters: next(iter(filters)),
)
def test_listing_has_indexes(filled: LogStore, conn: sqlite3.Connection, filters: dict[str, Any]) -> None:
    """Whatever a listing asks for, no table that grows with the log is read from end to end."""
    assert scans(conn, lambda: merged_log_rows(filled, **filters)) == []


def test_the_newest_of_a_model_are_found_by_id(filled: LogStore, conn: sqlite3.Connection) -> None:
    """Asked for a model, a listing reads two indexes of each table by id: of names, and of what they resolved to."""
    listed = steps(conn, lambda: merged_log_rows(filled, model_id="test-model", count=3))
    assert [
        step.split("USING ")[1].split()[2 if "COVERING" in step else 1] for step in listed if "model=?" in step
    ] == [
        "llm_turns_model",
        "llm_turns_resolved_model",
        "llm_responses_model",
        "llm_responses_resolved_model",
    ]
    assert not [step for step in listed if "ORDER BY" in step]


def test_the_newest_are_found_by_id(filled: LogStore, conn: sqlite3.Connection) -> None:
    """Without any filter a listing reads by descending id, as far as it has to."""
    found = scans(conn, lambda: merged_log_rows(filled, count=3))
    assert len(found) == 2
    assert all(map(in_order_of_id, found))


def test_continuing_has_indexes(filled: LogStore, conn: sqlite3.Connection) -> None:
    """Neither is one read to find the newest conversation, or all that is needed to continue it."""

    def load() -> None:
        assert newest_conversation(conn) == "old-conversation"
        assert newest_thread_id(conn) == "old-conversation"
        thread = stored_thread(conn, "thread")
        assert thread is not None
        assert len(load_chain(conn, thread.tip)) == 5
        tools_of_first_turn(conn, "thread")
        legacy_response_rows(conn, "old-conversation")

    assert [step for step in scans(conn, load) if not in_order_of_id(step)] == []


def test_the_view_is_for_others(filled: LogStore, conn: sqlite3.Connection) -> None:
    """Neither logging nor listing nor verifying asks the view of all messages, whose cost grows with long chains."""

    def use() -> None:
        filled.log(turn(thread_id="thread"))
        merged_log_rows(filled, thread_id="thread")
        filled.thread_messages("thread")
        filled.verify()

    asked = statements(conn, use)
    assert asked
    assert not any("message_tree" in statement for statement in asked)
