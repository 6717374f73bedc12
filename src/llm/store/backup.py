"""A consistent copy of a log database in one file, also while other processes write to it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from llm.core.errors import LogStoreError
from llm.store.database import execute, open_connection, writing
from llm.store.reading import select


def back_up(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> int:
    """Copy the database `source` to the new file `target`, private to the user, and return its size in bytes.

    The copy is compact and has the schema of the original. Raises `LogStoreError` if the original cannot be read, or
    if the target exists or cannot be written.
    """
    with closing(open_connection(source, read_only=True)) as conn:
        created = _create_private(target)
        try:
            if not created and os.path.isfile(target) and os.path.getsize(target):  # noqa: PTH113, PTH202 -- as typed
                # SQLite says so too, but only of a file that is a database.
                raise sqlite3.OperationalError("output file already exists")
            if not os.fspath(target):
                raise sqlite3.OperationalError("the name of the file is empty")  # SQLite would make a temporary one
            execute(conn, "VACUUM INTO ?", (os.fspath(target),))
        except (sqlite3.Error, LogStoreError) as error:
            if created:
                Path(target).unlink(missing_ok=True)
            raise LogStoreError(f"Cannot back up to {os.fspath(target)}: {error}") from error
    _repair_search(target)
    return os.stat(target).st_size  # noqa: PTH116 -- `target` is what the user typed


def _create_private(target: str | os.PathLike[str]) -> bool:
    """Create an empty file, which VACUUM INTO takes as if there were none; say whether that was possible."""
    with contextlib.suppress(OSError, ValueError):  # ValueError: a name that the system cannot be given
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return True
    return False


def _repair_search(path: str | os.PathLike[str]) -> None:
    """Rebuild the search index of the legacy responses if their row numbers have changed.

    The index refers to rows by number, and VACUUM numbers the rows of a table with a text key anew.
    """
    with closing(sqlite3.connect(path)) as conn:
        if not select(conn, "SELECT 1 FROM sqlite_master WHERE name = 'responses_fts'"):
            return
        if _search_is_sound(conn):
            return
        with writing(conn):
            conn.execute("INSERT INTO responses_fts (responses_fts) VALUES ('rebuild')")


def _search_is_sound(conn: sqlite3.Connection) -> bool:
    try:
        with writing(conn):
            conn.execute("INSERT INTO responses_fts (responses_fts, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError:
        return False
    return True
