"""Small tools for reading rows, of any number of ids with one statement.

A statement has room for a limited number of variables, so a list of values travels as one JSON text, which SQLite's
`json_each` takes apart again.

Any column of a SQLite table can hold anything, and other programs write to the log as well. Where bytes stand for a
text, or a text is not UTF-8, it is read as UTF-8 with a replacement character for what is none: one such value must
not hide all others.
"""

from __future__ import annotations

import gc
import json
import sqlite3
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, TypeVar

from llm.store.database import HasConnection, execute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llm.store.logstore import LogStore

T = TypeVar("T")

_decode = json.JSONDecoder().decode  # does not ask first what it is given

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


def select(
    conn: sqlite3.Connection, sql: str, params: Sequence[object] = (), *, binary: Container[int] = ()
) -> list[tuple[Any, ...]]:
    """Return all rows as tuples; bytes are taken for texts, but in the columns with the numbers `binary`."""
    return _readable_rows(readable(conn, lambda: execute(conn, sql, params).fetchall()), binary)


def select_dicts(conn: sqlite3.Connection, sql: str, params: Sequence[object] = ()) -> list[dict[str, Any]]:
    """Return all rows as dictionaries, the keys in the order of the columns."""

    def read() -> list[dict[str, Any]]:
        cursor = execute(conn, sql, params)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in _readable_rows(cursor.fetchall())]

    return readable(conn, read)


def select_by_id(conn: sqlite3.Connection, sql: str, table: str, ids: Collection[str]) -> list[tuple[Any, ...]]:
    """Return the rows of `sql`, which has no condition yet, for these ids of `table`, as they were read from there.

    The id has to be the first column.
    """
    found = select(conn, f"{sql} WHERE {table}.id {ONE_OF}", (json_list(ids),))
    missing = set(ids) - {row[0] for row in found} - {None}
    if not missing:
        return found
    # Deleted meanwhile, or stored as something that only reads like this id.
    numbers = [number for number, own in select(conn, f"SELECT rowid, id FROM {table}") if own in missing]
    return found + select(conn, f"{sql} WHERE {table}.rowid {ONE_OF}", (json_list(numbers),))


def stream(conn: sqlite3.Connection, sql: str, params: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the rows one by one, where all at once would be too large. Slower than `select`."""
    with _leniently(conn):
        yield from map(_readable_row, execute(conn, sql, params))


def readable(conn: sqlite3.Connection, read: Callable[[], T]) -> T:
    """Return the result of `read`, which is tried again with more patience if it meets a text that is not UTF-8."""
    try:
        return read()
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    with _leniently(conn):
        return read()


@contextmanager
def _leniently(conn: sqlite3.Connection) -> Iterator[None]:
    """Let texts that are not UTF-8 be read. Always on, that would cost every listing time."""
    usual = conn.text_factory
    conn.text_factory = _text
    try:
        yield
    finally:
        conn.text_factory = usual


def _text(stored: bytes) -> str:
    return stored.decode(errors="replace")


def _readable_rows(rows: list[tuple[Any, ...]], binary: Container[int] = ()) -> list[tuple[Any, ...]]:
    # Looked through all together, as hardly any have bytes: one by one it would take several times as long.
    return rows if bytes not in map(type, chain.from_iterable(rows)) else [_in_text(row, binary) for row in rows]


def _readable_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row if bytes not in map(type, row) else _in_text(row)


def _in_text(row: tuple[Any, ...], binary: Container[int] = ()) -> tuple[Any, ...]:
    return tuple(
        _text(value) if isinstance(value, bytes) and index not in binary else value for index, value in enumerate(row)
    )


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
        return _decode(text) if type(text) is str else json.loads(text)
    except (ValueError, RecursionError):
        return default
