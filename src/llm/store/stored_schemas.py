"""Schemas in the log: one by its id, and those that were used, with how often and when."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from llm.store.reading import decoded, select
from llm.store.substring import contained, contains

# Turns that were copied from the first generation of tables count once.
_USED = """
    WITH uses(schema_id, at) AS (
        SELECT schema_id, datetime_utc FROM turns WHERE schema_id IS NOT NULL
        UNION ALL
        SELECT schema_id, datetime_utc FROM responses
        WHERE schema_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM turns WHERE turns.id = responses.id))
    SELECT schemas.id, schemas.content, max(uses.at) AS recently_used, count(*)
    FROM schemas JOIN uses ON uses.schema_id = schemas.id
    WHERE {condition}
    GROUP BY schemas.id ORDER BY recently_used, schemas.id
    """


def stored_schema(conn: sqlite3.Connection, schema_id: str | None) -> dict[str, Any] | None:
    """Return the schema with this id, or None."""
    rows = select(conn, "SELECT content FROM schemas WHERE id = ?", (schema_id,))
    found = decoded(rows[0][0]) if rows else None
    return found if isinstance(found, dict) else None


def used_schemas(conn: sqlite3.Connection, queries: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return `id`, `content` (decoded), `recently_used` and `times_used` of each used schema, the last used at the end.

    Each query has to occur in the JSON text.
    """
    condition = " AND ".join([contains("schemas.content")] * len(queries)) or "1"
    rows = select(conn, _USED.format(condition=condition), [contained(query) for query in queries])
    return [
        {"id": found, "content": decoded(content), "recently_used": at, "times_used": times}
        for found, content, at, times in rows
    ]
