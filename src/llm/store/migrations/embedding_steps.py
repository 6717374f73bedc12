"""The steps that make the tables of embeddings, and the names under which they are recorded.

The names and the tables are those of LLM 0.36, which works with the same files. Nothing here needs `sqlite_utils`,
which takes its time to import.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from hashlib import md5

from llm.store.connection import HasConnection, execute, executemany, writing
from llm.store.migrations.tables import add_columns, columns_of, foreign_keys_off, in_order, rebuild, run

MIGRATION_SET = "llm.embeddings"

_BATCH = 500
_TABLES = """
    CREATE TABLE collections (id INTEGER PRIMARY KEY, name TEXT, model TEXT);
    CREATE UNIQUE INDEX idx_collections_name ON collections (name);
    CREATE TABLE embeddings (
        collection_id INTEGER, id TEXT, embedding BLOB, content TEXT, metadata TEXT, PRIMARY KEY (collection_id, id));
    """
_RECORDS = """
    CREATE TABLE IF NOT EXISTS _sqlite_migrations (
        id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT);
    CREATE UNIQUE INDEX IF NOT EXISTS idx__sqlite_migrations_migration_set_name
        ON _sqlite_migrations (migration_set, name);
    """
_ORDER = ("collection_id", "id", "embedding", "content", "content_blob", "content_hash", "metadata", "updated")


def content_hash(content: str | bytes) -> bytes:
    """Return the 16 bytes by which stored content is recognised: MD5, of the UTF-8 form of text."""
    return md5(content.encode() if isinstance(content, str) else content, usedforsecurity=False).digest()


def is_current(conn: sqlite3.Connection) -> bool:
    """Tell whether all steps are recorded as applied."""
    if not execute(conn, "SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchall():
        return False
    sql = "SELECT name FROM _sqlite_migrations WHERE migration_set = ?"
    applied = {name for (name,) in execute(conn, sql, (MIGRATION_SET,)).fetchall()}
    return applied.issuperset(step.__name__ for step in STEPS)


def apply_to_current_table(db: HasConnection) -> bool:
    """Apply the missing steps, all in one transaction; tell whether that was done.

    It is not if they are recorded in a table of an older form, which `sqlite_utils` knows how to bring up to date.
    """
    conn = db.conn
    columns = columns_of(conn, "_sqlite_migrations")
    if columns and [column.name for column in columns if column.key] != ["id"]:
        return False
    with foreign_keys_off(conn), writing(conn):
        run(conn, _RECORDS)
        sql = "SELECT name FROM _sqlite_migrations WHERE migration_set = ?"
        applied = {name for (name,) in execute(conn, sql, (MIGRATION_SET,)).fetchall()}
        for step in STEPS:
            if step.__name__ not in applied:
                step(db)
                _record(conn, step.__name__)
    return True


def m001_create_tables(db: HasConnection) -> None:
    run(db.conn, _TABLES)


def m002_foreign_key(db: HasConnection) -> None:
    columns = [
        column._replace(references='"collections"("id")') if column.name == "collection_id" else column
        for column in columns_of(db.conn, "embeddings")
    ]
    rebuild(db.conn, "embeddings", columns)


def m003_add_updated(db: HasConnection) -> None:
    add_columns(db.conn, "embeddings", "updated INTEGER")
    execute(db.conn, "UPDATE embeddings SET updated = ?", (int(time.time()),))


def m004_store_content_hash(db: HasConnection) -> None:
    _add_in_order(db.conn, "content_hash BLOB")
    last = -1
    while rows := execute(
        db.conn, f"SELECT rowid, content FROM embeddings WHERE rowid > ? ORDER BY rowid LIMIT {_BATCH}", (last,)
    ).fetchall():
        # Content that was not kept cannot be hashed; a random value equals no content.
        hashes = [(os.urandom(16) if content is None else content_hash(content), rowid) for rowid, content in rows]
        executemany(db.conn, "UPDATE embeddings SET content_hash = ? WHERE rowid = ?", hashes)
        last = rows[-1][0]
    execute(db.conn, "CREATE INDEX idx_embeddings_content_hash ON embeddings (content_hash)")


def m005_add_content_blob(db: HasConnection) -> None:
    _add_in_order(db.conn, "content_blob BLOB")


#: in the order in which they are applied; each is recorded under its `__name__`
STEPS: tuple[Callable[[HasConnection], None], ...] = (
    m001_create_tables,
    m002_foreign_key,
    m003_add_updated,
    m004_store_content_hash,
    m005_add_content_blob,
)


def _record(conn: sqlite3.Connection, name: str) -> None:
    sql = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)"
    execute(conn, sql, (MIGRATION_SET, name, str(datetime.now(timezone.utc))))


def _add_in_order(conn: sqlite3.Connection, definition: str) -> None:
    """Add a column in its historical place among the others."""
    add_columns(conn, "embeddings", definition)
    rebuild(conn, "embeddings", in_order(columns_of(conn, "embeddings"), _ORDER))
