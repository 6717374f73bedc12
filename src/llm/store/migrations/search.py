"""Full-text search over a table with the columns `prompt` and `response`."""

from __future__ import annotations

import sqlite3

from llm.store.connection import execute, writing


def create_search(conn: sqlite3.Connection, table: str) -> None:
    """Create the index `TABLE_fts` over the rows of `table`, and the triggers that keep it in step.

    The index holds no text of its own and finds the rows by rowid. To take a row out, FTS5 must be told the old text
    by an insert of the command `delete`. What was there under these names before is replaced.
    """
    index = f"{table}_fts"
    add = f'INSERT INTO "{index}" (rowid, "prompt", "response") VALUES (new.rowid, new."prompt", new."response");'
    remove = (
        f'INSERT INTO "{index}" ("{index}", rowid, "prompt", "response") '
        f'VALUES (\'delete\', old.rowid, old."prompt", old."response");'
    )
    triggers = {"ai": ("INSERT", add), "ad": ("DELETE", remove), "au": ("UPDATE", f"{remove} {add}")}
    with writing(conn):
        for suffix in triggers:
            execute(conn, f'DROP TRIGGER IF EXISTS "{table}_{suffix}"')
        execute(conn, f'DROP TABLE IF EXISTS "{index}"')
        execute(conn, f'CREATE VIRTUAL TABLE "{index}" USING FTS5 ("prompt", "response", content="{table}")')
        execute(conn, f'INSERT INTO "{index}" ("{index}") VALUES (\'rebuild\')')
        for suffix, (event, action) in triggers.items():
            execute(conn, f'CREATE TRIGGER "{table}_{suffix}" AFTER {event} ON "{table}" BEGIN {action} END')
