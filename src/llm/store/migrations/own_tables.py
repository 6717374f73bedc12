"""Tables of our own beside those that LLM 0.36 knows and fills; it ignores them, so a row here may be missing.

They are made by a migration, and again by whoever is about to write to one: a database whose own migrations could not
be applied, because it was locked or read-only at the time, takes turns as well.
"""

from __future__ import annotations

from llm.store.connection import HasConnection, execute

_TABLES = (
    # A turn that has no row here is complete.
    """
    CREATE TABLE IF NOT EXISTS llm_turn_states (turn_id TEXT PRIMARY KEY, state TEXT, error TEXT)
    """,
    # One row for each turn that is running: which process runs it, when that was last seen alive (in Unix time), and
    # what was sent. Then what came back so far, in the order of the numbers.
    """
    CREATE TABLE IF NOT EXISTS llm_journal (turn_id TEXT PRIMARY KEY, owner TEXT, seen REAL, header TEXT)
    """,
    """
    CREATE TABLE IF NOT EXISTS llm_journal_chunks (
        turn_id TEXT, number INTEGER, events TEXT, PRIMARY KEY (turn_id, number))
    """,
)


def llm_own_tables_1(db: HasConnection) -> None:
    """Create the tables that are not there; LLM 0.36 ignores both them and the name of this migration."""
    for table in _TABLES:
        execute(db.conn, table)
