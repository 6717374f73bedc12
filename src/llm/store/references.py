"""What users name by alias, hash or id, looked up in the log."""

from __future__ import annotations

import sqlite3
from typing import Any

from llm.store.reading import decoded, select


def stored_fragment_hash(conn: sqlite3.Connection, name: str) -> str | None:
    """Return the hash of the stored fragment with this alias or full hash, or None."""
    rows = select(
        conn,
        """
        SELECT fragments.hash FROM fragment_aliases JOIN fragments ON fragments.id = fragment_aliases.fragment_id
        WHERE fragment_aliases.alias = ?
        UNION ALL SELECT hash FROM fragments WHERE hash = ?
        LIMIT 1
        """,
        (name, name),
    )
    return rows[0][0] if rows else None


def stored_schema(conn: sqlite3.Connection, schema_id: str) -> dict[str, Any] | None:
    """Return the logged schema with this id, or None."""
    rows = select(conn, "SELECT content FROM schemas WHERE id = ?", (schema_id,))
    found = decoded(rows[0][0]) if rows else None
    return found if isinstance(found, dict) else None
