"""Turns that did not come to their end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from llm.core.records import TurnRecord
from llm.store.connection import writing
from llm.store.database import Handle, open_connection, open_log_database
from llm.store.listing import merged_log_rows
from llm.store.logstore import LogStore
from llm.store.migrations import migrate
from llm.store.turn_states import TurnState, turn_states, write_state
from tests.store.samples import Logged, column, rows, turn


def unfinished(state: str = "failed", error: str | None = "no more tokens") -> TurnRecord:
    return turn(state=state, error=error).record


def test_state_of_turn_is_logged(store: LogStore, conn: sqlite3.Connection) -> None:
    """A turn that is not complete is logged like any other, with its state and error in a table of our own."""
    record = unfinished()
    store.log(Logged(record))
    assert column(conn, "SELECT id FROM turns") == [record.id]
    assert rows(conn, "llm_turn_states") == [{"turn_id": record.id, "state": "failed", "error": "no more tokens"}]


def test_complete_turn_has_no_row(store: LogStore, conn: sqlite3.Connection) -> None:
    """A complete turn needs no row of state."""
    store.log(turn())
    assert rows(conn, "llm_turn_states") == []


def test_turn_completed_later(store: LogStore, conn: sqlite3.Connection) -> None:
    """A turn that is logged again when it is complete has no state any more."""
    record = unfinished()
    store.log(Logged(record))
    store.log(Logged(replace(record, state="complete", error=None)))
    assert rows(conn, "llm_turn_states") == []


def test_turn_that_fails_again(store: LogStore, conn: sqlite3.Connection) -> None:
    """Of a turn that is logged again, the last state and error count."""
    record = unfinished()
    store.log(Logged(record))
    store.log(Logged(replace(record, state="interrupted", error=None)))
    assert rows(conn, "llm_turn_states") == [{"turn_id": record.id, "state": "interrupted", "error": None}]


def test_state_shares_the_fate_of_the_turn(store: LogStore, conn: sqlite3.Connection) -> None:
    """State and turn are written in one transaction: where the turn fails, no state stays."""
    conn.execute("CREATE TRIGGER refuse BEFORE INSERT ON turn_search BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(sqlite3.IntegrityError, match="no"):
        store.log(Logged(unfinished()))
    assert rows(conn, "llm_turn_states") == []


def test_rows_have_state(store: LogStore) -> None:
    """Rows of turns that are not complete have the keys `state` and `error`; others have neither."""
    store.log(turn())
    store.log(Logged(unfinished("interrupted", None)))
    interrupted, complete = merged_log_rows(store)
    assert (interrupted["state"], interrupted["error"]) == ("interrupted", None)
    assert not {"state", "error"} & complete.keys()


def test_surrogates_in_error(store: LogStore, conn: sqlite3.Connection) -> None:
    """An error text that UTF-8 has no form for does not keep the turn out of the log."""
    record = unfinished(error="bad \ud800 text")
    store.log(Logged(record))
    assert turn_states(conn, [record.id]) == {record.id: TurnState("failed", "bad \N{REPLACEMENT CHARACTER} text")}


@pytest.fixture
def without_own_tables(conn: sqlite3.Connection) -> sqlite3.Connection:
    """A database to which our own migration was never applied."""
    for table in ("llm_turn_states", "llm_journal", "llm_journal_chunks"):
        conn.execute(f"DROP TABLE {table}")
    conn.execute("DELETE FROM _llm_migrations WHERE name = 'llm_own_tables_1'")
    conn.commit()
    return conn


def test_reading_without_the_table(store: LogStore, without_own_tables: sqlite3.Connection) -> None:
    """A database without our table lists all its turns as complete."""
    found = merged_log_rows(store)
    assert found == []
    assert turn_states(without_own_tables, ["x"]) == {}


def test_writing_without_the_table(without_own_tables: sqlite3.Connection) -> None:
    """A database without our table gets it with the first turn that needs it."""

    record = unfinished()
    with writing(without_own_tables):
        write_state(without_own_tables, replace(record, state="complete"))
        assert turn_states(without_own_tables, [record.id]) == {}
        write_state(without_own_tables, record)
    assert turn_states(without_own_tables, [record.id]) == {record.id: TurnState("failed", "no more tokens")}


def test_own_migration_is_recorded_under_its_own_name(conn: sqlite3.Connection) -> None:
    """The migration has a name that no shared migration can have, and is applied once."""
    names = column(conn, "SELECT name FROM _llm_migrations WHERE name NOT GLOB 'm[0-9][0-9][0-9]_*' ORDER BY 1")
    assert names == ["llm_indexes_1", "llm_own_tables_1"]
    before = rows(conn, "_llm_migrations")
    migrate(Handle(conn))
    assert rows(conn, "_llm_migrations") == before


def test_file_with_own_tables_opens_read_only(log_path: Path) -> None:
    """A file that has our tables is opened for reading as it is."""
    with closing(open_log_database(log_path)) as conn:
        LogStore(Handle(conn)).log(Logged(unfinished()))
    with closing(open_connection(log_path, read_only=True)) as conn:
        [row] = merged_log_rows(LogStore(Handle(conn)))
    assert row["state"] == "failed"
