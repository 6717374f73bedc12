"""Opening a log database to look at it, without changing what belongs to somebody else.

A database that is up to date is opened read-only. An older one has to be migrated before its tables can be read: the
user's own log in place, any other file, such as a backup, in a temporary copy.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from llm.store.database import Handle, execute, naming_file, open_connection, open_log_database
from llm.store.migrations import is_current, migrate

#: Of the database, kept in memory at most: a long listing looks up messages by hash, all over the file.
_CACHE_KIB = 48 * 1024


@contextmanager
def open_to_read(path: str | os.PathLike[str], *, own: bool) -> Iterator[sqlite3.Connection]:
    """Open the log database `path` for the length of the block; `own`: it is the user's log, not just any file.

    Errors of SQLite within the block become a `LogStoreError` that names the file.
    """
    name = os.fspath(path)
    with _current(name, own=own) as conn:
        try:
            yield conn
        except sqlite3.Error:
            with naming_file(name):
                raise


@contextmanager
def _current(path: str, *, own: bool) -> Iterator[sqlite3.Connection]:
    with closing(open_connection(path, read_only=True)) as conn:
        with naming_file(path):
            current = is_current(conn)
        if current:
            execute(conn, f"PRAGMA cache_size = -{_CACHE_KIB}")
            yield conn
            return
        if not (own and os.access(path, os.W_OK)):
            with _migrated_copy(conn, path) as copy:
                yield copy
            return
    with closing(open_log_database(path)) as conn:
        yield conn


@contextmanager
def _migrated_copy(conn: sqlite3.Connection, path: str) -> Iterator[sqlite3.Connection]:
    from tempfile import TemporaryDirectory

    with (
        TemporaryDirectory(prefix="llm-logs-") as directory,
        closing(open_connection(Path(directory) / "logs.db")) as copy,
    ):
        with naming_file(path):
            conn.backup(copy)
            migrate(Handle(copy))
        yield copy
