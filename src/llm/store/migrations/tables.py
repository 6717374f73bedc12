"""Changes to tables that ALTER TABLE cannot express: another order, type or key, or a column less.

The table is built anew and the rows are copied with their rowids, because a full-text index finds them by rowid.
Columns that nobody here knows about (plugins add some) stay, and so do indexes and triggers.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from llm.store.connection import execute, writing


class Column(NamedTuple):
    """A column of a table."""

    name: str
    type: str
    key: int = 0  #: place in the primary key, from 1; 0: not part of it
    references: str = ""  #: `table(column)` of a foreign key, quoted
    rest: str = ""  #: NOT NULL and DEFAULT


def columns_of(conn: sqlite3.Connection, table: str) -> list[Column]:
    """Return the columns of a table, in order; none if there is no such table."""
    references = {
        row[3]: f'"{row[2]}"("{row[4] or row[3]}")'
        for row in execute(conn, f'PRAGMA foreign_key_list("{table}")').fetchall()
    }
    return [
        Column(name, kind, key, references.get(name, ""), _rest(not_null, default))
        for _, name, kind, not_null, default, key in execute(conn, f'PRAGMA table_info("{table}")').fetchall()
    ]


def run(conn: sqlite3.Connection, script: str) -> None:
    """Execute statements that end with semicolons (`executescript` would end the transaction)."""
    for statement in script.split(";"):
        if statement.strip():
            execute(conn, statement.strip())


def add_columns(conn: sqlite3.Connection, table: str, *definitions: str) -> None:
    """Add columns at the end of a table."""
    for definition in definitions:
        execute(conn, f'ALTER TABLE "{table}" ADD COLUMN {definition}')


def in_order(columns: Iterable[Column], names: Sequence[str]) -> list[Column]:
    """Return the columns with the named ones in front, in that order; the others keep theirs."""
    found = {column.name: column for column in columns}
    front = [found.pop(name) for name in names if name in found]
    return [*front, *found.values()]


def rebuild(
    conn: sqlite3.Connection,
    table: str,
    columns: Sequence[Column],
    *,
    sources: Mapping[str, str] | None = None,
    name: str | None = None,
) -> None:
    """Give `table` these columns, and the name `name` if that is given.

    `sources` maps a column to the SQL expression for its values, where that is not the column of the same name.
    """
    kept = _indexes_and_triggers(conn, table) if name is None else []
    with writing(conn):
        if execute(conn, f'SELECT 1 FROM "{table}" LIMIT 1').fetchall():
            _rebuild_with_rows(conn, table, columns, sources or {}, name or table)
        else:  # every new file comes this way, and RENAME takes its time
            execute(conn, f'DROP TABLE "{table}"')
            execute(conn, _definition(name or table, columns))
        for sql in kept:
            execute(conn, sql)


def _rebuild_with_rows(
    conn: sqlite3.Connection, table: str, columns: Sequence[Column], sources: Mapping[str, str], name: str
) -> None:
    temporary = f"{table}_rebuilt"
    copied = {f'"{column.name}"': sources.get(column.name, f'"{column.name}"') for column in columns}
    if [column.type.upper() for column in columns if column.key] != ["INTEGER"]:  # else that column is the rowid
        copied = {"rowid": "rowid", **copied}
    with _renaming_tables_only(conn):
        execute(conn, _definition(temporary, columns))
        execute(
            conn, f'INSERT INTO "{temporary}" ({", ".join(copied)}) SELECT {", ".join(copied.values())} FROM "{table}"'
        )
        execute(conn, f'DROP TABLE "{table}"')
        execute(conn, f'ALTER TABLE "{temporary}" RENAME TO "{name}"')


def _rest(not_null: int, default: Any) -> str:
    return (" NOT NULL" if not_null else "") + (f" DEFAULT {default}" if default is not None else "")


def _definition(table: str, columns: Sequence[Column]) -> str:
    keys = [f'"{column.name}"' for column in sorted(columns, key=lambda column: column.key) if column.key]
    lines = []
    for column in columns:
        key = " PRIMARY KEY" if keys == [f'"{column.name}"'] else ""
        references = f" REFERENCES {column.references}" if column.references else ""
        lines.append(f'"{column.name}" {column.type}{key}{column.rest}{references}')
    if len(keys) > 1:
        lines.append(f"PRIMARY KEY ({', '.join(keys)})")
    return f'CREATE TABLE "{table}" ({", ".join(lines)})'


def _indexes_and_triggers(conn: sqlite3.Connection, table: str) -> list[str]:
    sql = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    return [text for (text,) in execute(conn, sql, (table,)).fetchall()]


@contextlib.contextmanager
def foreign_keys_off(conn: sqlite3.Connection) -> Iterator[None]:
    """Keep SQLite from following foreign keys while tables are rebuilt, where the caller has it do so."""
    [(enforced,)] = execute(conn, "PRAGMA foreign_keys").fetchall()
    if not enforced or conn.in_transaction:  # within a transaction it cannot be changed
        yield
        return
    conn.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        conn.execute("PRAGMA foreign_keys = ON")


@contextlib.contextmanager
def _renaming_tables_only(conn: sqlite3.Connection) -> Iterator[None]:
    """Keep RENAME from looking at views and other tables: they go by the final name, which is gone for a moment."""
    [(before,)] = execute(conn, "PRAGMA legacy_alter_table").fetchall()
    execute(conn, "PRAGMA legacy_alter_table = ON")
    try:
        yield
    finally:
        execute(conn, f"PRAGMA legacy_alter_table = {before}")
