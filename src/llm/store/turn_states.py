"""Whether a turn came to its end: only those that did not have a row, in a table of our own.

LLM 0.36 logs finished turns only and knows no states. What it writes is complete, and what it reads of ours looks so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from llm.core.records import TurnRecord
from llm.core.text import plain_text
from llm.store.connection import Handle, execute, has_table
from llm.store.migrations.own_tables import llm_own_tables_1
from llm.store.reading import ONE_OF, json_list, select

_TABLE = "llm_turn_states"


class TurnState(NamedTuple):
    """Why a turn is not complete."""

    state: str  #: `interrupted`, `failed` or `recovered`; `running` in listings
    error: str | None


def write_state(conn: sqlite3.Connection, record: TurnRecord) -> None:
    """Write the state of a turn, or remove it if the turn is complete by now; needs an open transaction."""
    exists = has_table(conn, _TABLE)
    if record.state == "complete":
        if exists:
            execute(conn, f"DELETE FROM {_TABLE} WHERE turn_id = ?", (record.id,))
        return
    if not exists:
        llm_own_tables_1(Handle(conn))
    error = None if record.error is None else plain_text(record.error)
    sql = f"INSERT OR REPLACE INTO {_TABLE} (turn_id, state, error) VALUES (?, ?, ?)"
    execute(conn, sql, (record.id, record.state, error))


def turn_states(conn: sqlite3.Connection, turn_ids: Iterable[str]) -> dict[str, TurnState]:
    """Return the states of those of these turns that are not complete."""
    if not has_table(conn, _TABLE):
        return {}
    sql = f"SELECT turn_id, state, error FROM {_TABLE} WHERE turn_id {ONE_OF}"
    return {turn_id: TurnState(state, error) for turn_id, state, error in select(conn, sql, (json_list(turn_ids),))}
