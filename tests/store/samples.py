"""Turns to log and ways to look at what came of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from llm.core.history import History, extend
from llm.core.ids import new_id
from llm.core.messages import Message, assistant, user
from llm.core.records import TurnRecord


class Logged:
    """A finished response, as far as the store knows one."""

    def __init__(self, record: TurnRecord) -> None:
        self.record = record

    def turn_record(self) -> TurnRecord:
        return self.record


def chain(*messages: Message) -> History | None:
    """Return a history of these messages."""
    return extend(None, messages)


def turn(prompt: str = "hello", answer: str = "hi", **values: Any) -> Logged:
    """Return a response to `prompt`; `values` are those of `TurnRecord`."""
    given: dict[str, Any] = {
        "id": new_id(),
        "thread_id": None,
        "name_source": prompt,
        "model": "test-model",
        "input": chain(user(prompt)),
        "output": (assistant(answer),),
    }
    return Logged(TurnRecord(**(given | values)))


def rows(conn: sqlite3.Connection, table: str, order: str = "rowid") -> list[dict[str, Any]]:
    """Return the rows of a table."""
    cursor = conn.cursor()
    cursor.row_factory = None
    cursor.execute(f'SELECT * FROM "{table}" ORDER BY {order}')
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def column(conn: sqlite3.Connection, sql: str, parameters: Iterable[Any] = ()) -> list[Any]:
    """Return the first column of what a statement selects."""
    cursor = conn.cursor()
    cursor.row_factory = None
    return [row[0] for row in cursor.execute(sql, tuple(parameters))]


def counts(conn: sqlite3.Connection) -> dict[str, int]:
    """Return the number of rows of every table of the log that has any."""
    tables = column(conn, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '*_fts*'")
    found = {table: column(conn, f'SELECT count(*) FROM "{table}"')[0] for table in tables}
    return {table: count for table, count in found.items() if count and not table.startswith("_llm")}
