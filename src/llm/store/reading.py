"""Small tools for reading rows of any number of ids with one statement.

A statement has room for a limited number of variables, so a list of values travels as one JSON text, which SQLite's
`json_each` takes apart again.
"""

from __future__ import annotations

import gc
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from llm.store.database import HasConnection, execute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llm.store.logstore import LogStore

T = TypeVar("T")

#: SQL for "is one of the values of this variable"; `json_list` makes the variable.
ONE_OF = "IN (SELECT value FROM json_each(?))"


def connection_of(source: LogStore | HasConnection | sqlite3.Connection) -> sqlite3.Connection:
    """Return the connection behind a log store or a database (`sqlite_utils.Database`), or the connection itself."""
    if isinstance(source, sqlite3.Connection):
        return source
    database: Any = getattr(source, "db", source)
    conn: sqlite3.Connection = database.conn
    return conn


def json_list(values: Iterable[str | int]) -> str:
    """Return `values` as the variable of `ONE_OF`."""
    return json.dumps(list(values))


def select(conn: sqlite3.Connection, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Return all rows as tuples."""
    return execute(conn, sql, params).fetchall()


def select_dicts(conn: sqlite3.Connection, sql: str, params: Sequence[object] = ()) -> list[dict[str, Any]]:
    """Return all rows as dictionaries, the keys in the order of the columns."""
    cursor = execute(conn, sql, params)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def in_batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield `values` in lists of at most `size`."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch


@contextmanager
def without_collecting() -> Iterator[None]:
    """Run the block without garbage collection.

    Whoever reads thousands of rows makes as many objects and throws none away, and the more there are, the longer the
    collector looks through all of them again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def decoded(text: object, default: Any = None) -> Any:
    """Return what the JSON in a column says, or `default` where the column is empty or damaged."""
    if not isinstance(text, (str, bytes)):
        return default
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return default
