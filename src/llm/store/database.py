"""Opening the log database, brought up to date; with `connection`, all that others need to work with databases."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from llm.store.connection import (
    Handle,
    HasConnection,
    execute,
    executemany,
    is_lock_error,
    naming_file,
    open_connection,
    writing,
)
from llm.store.migrations import migrate

if TYPE_CHECKING:
    import sqlite_utils

__all__ = [
    "Handle",
    "HasConnection",
    "as_database",
    "execute",
    "executemany",
    "is_lock_error",
    "naming_file",
    "open_connection",
    "open_log_database",
    "writing",
]


def open_log_database(path: str | os.PathLike[str]) -> sqlite3.Connection:
    """Open the log database `path`, created if missing and brought up to date.

    Raises `LogStoreError`, which names the file.
    """
    connection = open_connection(path)
    try:
        with naming_file(os.fspath(path)):
            migrate(Handle(connection))
    except BaseException:
        connection.close()
        raise
    return connection


def as_database(conn: sqlite3.Connection) -> sqlite_utils.Database:
    """Return a `sqlite_utils.Database` on this connection, for where the public interface promises one."""
    import sqlite_utils

    return sqlite_utils.Database(conn)
