"""Schemas that users name by their id, looked up in the log."""

from __future__ import annotations

import sqlite3
from typing import Any

from llm.store.reading import decoded, select


def stored_schema(conn: sqlite3.Connection, schema_id: str) -> dict[str, Any] | None:
    """Return the logged schema with this id, or None."""
    rows = select(conn, "SELECT content FROM schemas WHERE id = ?", (schema_id,))
    found = decoded(rows[0][0]) if rows else None
    return found if isinstance(found, dict) else None
