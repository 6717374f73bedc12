"""Rows of a query that a user wrote, over one database with others attached. Nothing can be written by it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from llm.core.errors import UserError
from llm.store.connection import execute, open_connection


class QueryError(UserError):
    """SQLite refuses a query, or a database that was to be attached."""


def query_rows(
    path: str | os.PathLike[str], sql: str, attached: Mapping[str, str | os.PathLike[str]]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query on the database `path`; `attached` maps names to the files of further ones.

    The connection is one of its own: the rows are those of the moment at which the query began, whatever is written
    while they are read. Raises `QueryError`.
    """
    with closing(open_connection(path, read_only=True)) as conn, _explaining(sql):
        for name, file in attached.items():
            _attach(conn, name, file)
        yield from execute(conn, sql)


def _attach(conn: sqlite3.Connection, name: str, file: str | os.PathLike[str]) -> None:
    uri = f"{Path(file).absolute().as_uri()}?mode=ro"
    quoted = name.replace('"', '""')
    try:
        execute(conn, f'ATTACH DATABASE ? AS "{quoted}"', (uri,))
    except sqlite3.Error as error:
        raise QueryError(f"Cannot attach {os.fspath(file)} as {name}: {error}") from error


@contextmanager
def _explaining(sql: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise QueryError(f"The query fails: {error}. It was: {sql}") from error
