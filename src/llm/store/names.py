"""What things in a database are called: for shells that complete names while somebody types.

Nothing is created, migrated or waited for here, and a database that cannot be read has no names.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

#: A name, and something by which to recognise what it stands for.
Named = tuple[str, str]

_THREADS = (
    "SELECT id, name FROM threads ORDER BY id DESC LIMIT ?",
    "SELECT id, name FROM conversations ORDER BY id DESC LIMIT ?",
)
_FRAGMENTS = (
    """
    SELECT alias, coalesce(source, '') FROM fragment_aliases JOIN fragments ON fragments.id = fragment_id
    ORDER BY alias LIMIT ?
    """,
)
_SCHEMAS = ("SELECT id, substr(content, 1, 200) FROM schemas LIMIT ?",)
_COLLECTIONS = ("SELECT name, model FROM collections ORDER BY name LIMIT ?",)


def thread_names(path: Path, limit: int) -> list[Named]:
    """Return the ids of conversations with their names, of both generations of tables, the newest first."""
    return sorted(dict(_rows(path, _THREADS, limit)).items(), reverse=True)[:limit]


def fragment_names(path: Path, limit: int) -> list[Named]:
    """Return the aliases of stored fragments with the sources of these."""
    return list(_rows(path, _FRAGMENTS, limit))


def schema_names(path: Path, limit: int) -> list[Named]:
    """Return the ids of stored schemas with the beginning of their texts."""
    return list(_rows(path, _SCHEMAS, limit))


def collection_names(path: Path, limit: int) -> list[Named]:
    """Return the names of collections with their models."""
    return list(_rows(path, _COLLECTIONS, limit))


def _rows(path: Path, statements: Sequence[str], limit: int) -> Iterator[Named]:
    if not os.path.isfile(path):  # noqa: PTH113 -- and not what a name too long for a path raises
        return
    try:
        conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.05)
    except sqlite3.Error:
        return
    with closing(conn):
        for sql in statements:
            try:
                rows = conn.execute(sql, (limit,)).fetchall()
            except sqlite3.Error:  # no such table, no database, a lock
                continue
            yield from ((str(name), str(about or "")) for name, about in rows if name is not None)
