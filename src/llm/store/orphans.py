"""Which turns are in the journal, and whether anybody is still running them.

Every listing asks this, so it is kept apart from what reading and recovering them takes.
"""

from __future__ import annotations

import sqlite3
import time
from typing import NamedTuple

from llm.store.connection import Handle, has_table
from llm.store.processes import is_running
from llm.store.reading import select


class JournalRow(NamedTuple):
    """A turn in the journal."""

    turn_id: str
    header: str
    is_running: bool


def journal_entries(conn: sqlite3.Connection, *, now: float) -> list[JournalRow]:
    """Return the turns in the journal that are not in the log, oldest first."""
    if not has_table(conn, "llm_journal"):
        return []
    found = select(
        conn,
        """
        SELECT turn_id, header, owner, seen FROM llm_journal
        WHERE NOT EXISTS (SELECT 1 FROM turns WHERE turns.id = llm_journal.turn_id) ORDER BY turn_id
        """,
    )
    return [
        JournalRow(turn_id, header, is_running(str(owner), seen=_moment(seen), now=now))
        for turn_id, header, owner, seen in found
    ]


def orphans(conn: sqlite3.Connection, *, now: float | None = None) -> list[str]:
    """Return the ids of turns that are in the journal although nobody is running them any more."""
    if not has_table(conn, "llm_journal"):
        return []
    moment = time.time() if now is None else now
    found = select(conn, "SELECT turn_id, owner, seen FROM llm_journal ORDER BY turn_id")
    return [turn_id for turn_id, owner, seen in found if not is_running(str(owner), seen=_moment(seen), now=moment)]


def _moment(seen: object) -> float:
    """Return when a turn was last seen; the beginning of time for what is no time."""
    return seen if isinstance(seen, (int, float)) else 0.0


def has_orphans(conn: sqlite3.Connection) -> bool:
    """Tell whether there is something to recover; never an error, also not for a database that is no log."""
    try:
        return bool(orphans(conn))
    except sqlite3.Error:
        return False
