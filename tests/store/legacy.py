"""Rows of the legacy tables, which are read but never written."""

from __future__ import annotations

import sqlite3
from typing import Any


def insert(conn: sqlite3.Connection, table: str, **values: Any) -> None:
    """Insert a row into any table."""
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join("?" for _ in values)
    conn.execute(f'INSERT INTO "{table}" ({names}) VALUES ({places})', tuple(values.values()))
    conn.commit()


def legacy_response(conn: sqlite3.Connection, response_id: str, **values: Any) -> str:
    """Insert a response with plausible values and return its id."""
    given: dict[str, Any] = {
        "model": "old-model",
        "prompt": f"prompt of {response_id}",
        "options_json": "{}",
        "response": f"response of {response_id}",
        "conversation_id": "old-conversation",
        "duration_ms": 12,
        "datetime_utc": "2024-01-02T03:04:05.678901",
    }
    insert(conn, "responses", id=response_id, **(given | values))
    return response_id
