"""Bringing databases of any age up to date."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

from llm.store.database import Handle, open_connection, open_log_database
from llm.store.migrations import MIGRATIONS, ensure_migrations_table, is_current, migrate, migration
from tests.store.samples import column, rows
from tests.store.schema import EXPECTED, INDEXES, NAMES, TABLES, shape, stop_at


@pytest.fixture
def listed() -> Iterator[list[Callable[[Any], None]]]:
    """The list of migrations, to be changed; it is restored after the test."""
    before = [*MIGRATIONS]
    yield MIGRATIONS
    MIGRATIONS[:] = before


def test_the_names() -> None:
    """There are thirty shared migrations with fixed names in a fixed order."""
    assert [step.__name__ for step in MIGRATIONS] == NAMES


def test_a_new_database_has_the_final_form(empty: sqlite3.Connection) -> None:
    """Tables, columns, types, keys, indexes, triggers and the view are exactly those that are shared; all 30 names
    are recorded, and no column has a default or is NOT NULL."""
    migrate(Handle(empty))
    assert shape(empty) == EXPECTED
    assert set(NAMES) <= set(column(empty, "SELECT name FROM _llm_migrations"))
    for table in TABLES:
        assert all(row[3:5] == (0, None) for row in empty.execute(f'PRAGMA table_info("{table}")'))


def test_rows_have_numbers_and_keys_no_actions(conn: sqlite3.Connection) -> None:
    """No table is `WITHOUT ROWID`, a numeric `id` is the number of its row, and no foreign key says what happens to a
    row when the one that it refers to is deleted or changed."""
    for table in TABLES:
        conn.execute(f'INSERT INTO "{table}" DEFAULT VALUES')
        assert column(conn, f'SELECT count(rowid) FROM "{table}" WHERE rowid = last_insert_rowid()') == [1]
        if TABLES[table].startswith("id INTEGER"):
            assert column(conn, f'SELECT count(*) FROM "{table}" WHERE id = last_insert_rowid()') == [1]
        keys = conn.execute(f'PRAGMA foreign_key_list("{table}")')
        assert {row[5:7] for row in keys} <= {("NO ACTION", "NO ACTION")}


def test_marks_of_the_file(empty: sqlite3.Connection) -> None:
    """The numbers that a file may carry for its application, `user_version` and `application_id`, stay 0."""
    migrate(Handle(empty))
    assert column(empty, "PRAGMA user_version") + column(empty, "PRAGMA application_id") == [0, 0]


@pytest.mark.parametrize("name", NAMES)
def test_a_database_stopped_at_any_name(empty: sqlite3.Connection, name: str) -> None:
    """From every earlier state the final form is reached; an old table `logs` goes, as it is empty."""
    stop_at(empty, name)
    migrate(Handle(empty))
    assert shape(empty) == EXPECTED


@pytest.mark.parametrize("name", NAMES)
def test_each_migration_leaves_no_transaction_open(empty: sqlite3.Connection, name: str) -> None:
    """A migration that is called by itself commits what it does."""
    number = NAMES.index(name)
    if number:
        stop_at(empty, NAMES[number - 1])
    if column(empty, "SELECT name FROM sqlite_master WHERE name = 'log'"):
        empty.execute("INSERT INTO log (prompt) VALUES ('p')")
        empty.commit()
    MIGRATIONS[number](Handle(empty))
    assert not empty.in_transaction


def test_migrating_again_changes_nothing(conn: sqlite3.Connection) -> None:
    """The text of the schema and the recorded times stay."""
    before = rows(conn, "sqlite_master"), rows(conn, "_llm_migrations")
    migrate(Handle(conn))
    assert (rows(conn, "sqlite_master"), rows(conn, "_llm_migrations")) == before


def test_applied_at(conn: sqlite3.Connection) -> None:
    """The time is `str()` of an aware UTC datetime."""
    pattern = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*+00:00"
    assert column(conn, "SELECT count(*) FROM _llm_migrations WHERE applied_at NOT GLOB ?", (pattern,)) == [0]


def test_a_current_database_needs_no_lock(conn: sqlite3.Connection, log_path: Path) -> None:
    """Where nothing is pending, nothing is written: somebody else may be writing meanwhile."""
    conn.execute("BEGIN IMMEDIATE")
    with closing(sqlite3.connect(log_path, timeout=0)) as other:
        migrate(Handle(other))


def test_unknown_names_are_ignored(empty: sqlite3.Connection) -> None:
    """A newer program may have recorded migrations of its own."""
    ensure_migrations_table(Handle(empty))
    empty.execute("INSERT INTO _llm_migrations VALUES ('m099_future', 'later')")
    empty.commit()
    migrate(Handle(empty))
    assert shape(empty) == EXPECTED
    assert is_current(empty)


def test_is_current(empty: sqlite3.Connection) -> None:
    """A database with a pending migration is not current, and neither is an empty one."""
    assert not is_current(empty)
    stop_at(empty, NAMES[-2])
    assert not is_current(empty)
    stop_at(empty, NAMES[-1])
    assert is_current(empty)


def test_names_of_our_own_cannot_clash(conn: sqlite3.Connection) -> None:
    """What is recorded and created beyond the shared names starts with `llm_`; there are no further triggers."""
    own = set(column(conn, "SELECT name FROM _llm_migrations")) - set(NAMES)
    indexes = column(conn, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    assert own
    assert all(name.startswith("llm_") for name in own | set(indexes) - set(INDEXES))


def test_own_indexes_wait_for_the_tables(empty: sqlite3.Connection, listed: list[Any]) -> None:
    """As long as shared migrations are missing, indexes on their tables are not recorded as made."""
    later = listed[12:]
    del listed[12:]
    migrate(Handle(empty))
    assert column(empty, "SELECT name FROM _llm_migrations") == sorted(NAMES[:12])
    listed += later
    migrate(Handle(empty))
    assert column(empty, "SELECT count(*) FROM sqlite_master WHERE name = 'llm_turns_model'") == [1]


def test_own_indexes_are_made_where_nothing_else_is_pending(empty: sqlite3.Connection) -> None:
    """A file that another program brought up to date gets them when it is opened."""
    stop_at(empty, NAMES[-1])
    migrate(Handle(empty))
    assert column(empty, "SELECT count(*) FROM sqlite_master WHERE name = 'llm_turns_model'") == [1]


def test_what_is_ours_may_be_there_already(conn: sqlite3.Connection) -> None:
    """Tables and indexes of our own that are there without a record of it are no error, and are left alone."""
    before = rows(conn, "sqlite_master")
    conn.execute("DELETE FROM _llm_migrations WHERE name NOT GLOB 'm0*'")
    conn.commit()
    migrate(Handle(conn))
    assert rows(conn, "sqlite_master") == before


def test_a_current_file_without_our_indexes_can_be_read_only(empty: sqlite3.Connection, log_path: Path) -> None:
    """A connection that cannot write is no error as long as the tables are in their final form."""
    stop_at(empty, NAMES[-1])
    with closing(open_connection(log_path, read_only=True)) as reader:
        migrate(Handle(reader))
        assert shape(reader) == EXPECTED


def test_the_list_in_its_public_place_counts(empty: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that was put into `llm.migrations` instead is the one that is applied."""
    import llm.migrations

    monkeypatch.setattr(llm.migrations, "MIGRATIONS", MIGRATIONS[:12])
    migrate(Handle(empty))
    assert column(empty, "SELECT name FROM _llm_migrations") == sorted(NAMES[:12])


@pytest.mark.parametrize("name", [None, "m022_response_reasoning"])
def test_a_table_that_is_there_already(empty: sqlite3.Connection, name: str | None) -> None:
    """A table of the second generation that was not made by a migration is neither dropped nor adapted: an error, and
    nothing has been applied."""
    if name:
        stop_at(empty, name)
    empty.execute("CREATE TABLE parts (mine)")
    before = rows(empty, "sqlite_master")
    with pytest.raises(sqlite3.OperationalError, match="table parts already exists"):
        migrate(Handle(empty))
    assert rows(empty, "sqlite_master") == before
    assert not empty.in_transaction


def test_settings_and_transaction_of_the_caller(log_path: Path) -> None:
    """Any row factory, isolation level, legacy ALTER TABLE and enforced foreign keys do, and are left as found."""
    with closing(sqlite3.connect(log_path, isolation_level=None)) as conn:
        conn.row_factory = sqlite3.Row
        conn.execute("PRAGMA legacy_alter_table = ON")
        conn.execute("PRAGMA foreign_keys = ON")
        stop_at(conn, "m015_fragments_tables")
        conn.execute("INSERT INTO responses (id) VALUES ('r1')")
        conn.execute("INSERT INTO fragments (id) VALUES (1)")
        conn.execute("INSERT INTO prompt_fragments VALUES ('r1', 1, 0)")
        migrate(Handle(conn))
        assert column(conn, "PRAGMA legacy_alter_table") == [1]
        assert column(conn, "PRAGMA foreign_keys") == [1]
        assert (conn.row_factory, conn.isolation_level, conn.in_transaction) == (sqlite3.Row, None, False)
        assert rows(conn, "prompt_fragments") == [{"response_id": "r1", "fragment_id": 1, "order": 0}]
        conn.row_factory = None
        assert shape(conn) == EXPECTED


def test_within_a_transaction_of_the_caller(empty: sqlite3.Connection) -> None:
    """An open transaction stays open and can be rolled back."""
    empty.execute("BEGIN")
    migrate(Handle(empty))
    assert empty.in_transaction
    empty.rollback()
    assert rows(empty, "sqlite_master") == []


def test_a_sqlite_utils_database_in_memory() -> None:
    """The public form: any `sqlite_utils.Database`; its settings stay."""
    db = sqlite_utils.Database(memory=True, recursive_triggers=False)
    with closing(db.conn):
        migrate(db)
        assert shape(db.conn) == EXPECTED
        assert column(db.conn, "PRAGMA recursive_triggers") == [0]


def test_started_together(log_path: Path) -> None:
    """Programs that open a new file at the same time all succeed, and each migration is applied once."""
    barrier = threading.Barrier(6)
    errors: list[BaseException] = []

    def start() -> None:
        barrier.wait()
        try:
            open_log_database(log_path).close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with closing(open_connection(log_path)) as conn:
        assert shape(conn) == EXPECTED


# What plugins append


@pytest.mark.usefixtures("listed")
def test_a_migration_of_a_plugin(empty: sqlite3.Connection) -> None:
    """It gets a sqlite_utils.Database, sees the finished tables, runs once and is recorded."""
    given: list[Any] = []

    @migration
    def head_state(db: sqlite_utils.Database) -> None:
        given.append(db)
        db["responses"].add_column("head", str)  # type: ignore[union-attr]
        db["state"].insert({"id": 1})  # type: ignore[union-attr]

    migrate(Handle(empty))
    migrate(Handle(empty))
    assert [type(db) for db in given] == [sqlite_utils.Database]
    assert column(empty, "SELECT name FROM _llm_migrations WHERE name NOT LIKE 'm0%' AND name NOT LIKE 'llm%'") == [
        "head_state"
    ]
    assert (rows(empty, "state"), empty.in_transaction) == ([{"id": 1}], False)


@pytest.mark.usefixtures("listed")
def test_a_migration_of_a_plugin_gets_the_database_itself() -> None:
    """What was handed to `migrate` is what the plugin's function gets, if it is a sqlite_utils.Database."""
    given: list[Any] = []

    @migration
    def look(db: Any) -> None:
        given.append(db)

    db = sqlite_utils.Database(memory=True)
    with closing(db.conn):
        migrate(db)
    assert given[0] is db


@pytest.mark.usefixtures("listed")
def test_a_migration_of_a_plugin_that_fails(empty: sqlite3.Connection) -> None:
    """Its error is the caller's, it is undone and not recorded; what came before stays."""

    @migration
    def broken(db: sqlite_utils.Database) -> None:
        db["half"].insert({"id": 1})  # type: ignore[union-attr]
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        migrate(Handle(empty))
    assert shape(empty) == EXPECTED
    assert "broken" not in column(empty, "SELECT name FROM _llm_migrations")


@pytest.mark.usefixtures("listed")
def test_a_migration_of_a_plugin_that_commits(empty: sqlite3.Connection) -> None:
    """A function that ends the transaction by itself is recorded all the same."""

    @migration
    def commits(db: sqlite_utils.Database) -> None:
        db.conn.executescript("CREATE TABLE a (x); CREATE TABLE b (x);")

    migrate(Handle(empty))
    assert "commits" in column(empty, "SELECT name FROM _llm_migrations")
    assert not empty.in_transaction
