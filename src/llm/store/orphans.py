"""Which running turns were left in the journal by processes that are no more.

Every listing asks this, so it is kept apart from what recovering takes.
"""

from __future__ import annotations

import sqlite3
import time

from llm.store.connection import Handle
from llm.store.migrations.own_tables import has_table
from llm.store.processes import is_running
from llm.store.reading import select


def orphans(conn: sqlite3.Connection, *, now: float | None = None) -> list[str]:
    """Return the ids of turns that are in the journal although nobody is running them any more."""
    if not has_table(Handle(conn), "llm_journal"):
        return []
    moment = time.time() if now is None else now
    found = select(conn, "SELECT turn_id, owner, seen FROM llm_journal ORDER BY turn_id")
    return [turn_id for turn_id, owner, seen in found if not is_running(str(owner), seen=seen or 0.0, now=moment)]


def has_orphans(conn: sqlite3.Connection) -> bool:
    """Tell whether there is something to recover; never an error, also not for a database that is no log."""
    try:
        return bool(orphans(conn))
    except sqlite3.Error:
        return False
