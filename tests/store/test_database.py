"""Opening databases and writing to them."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from llm.core.errors import LogStoreError
from llm.store.connection import patiently
from llm.store.database import as_database, execute, is_lock_error, open_connection, open_log_database, writing
from tests.store.samples import column

posix = pytest.mark.skipif(os.name == "nt", reason="file modes")


@pytest.fixture
def table(log_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a database with a table `t (x)`."""
    with closing(open_connection(log_path)) as conn:
        conn.execute("CREATE TABLE t (x)")
        yield conn


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_new_files_and_directories_are_private(tmp_path: Path) -> None:
    """A new database is 0600 (its side files too) and the directories made for it are 0700, whatever the umask."""
    before = os.umask(0)
    try:
        path = tmp_path / "a" / "b" / "logs.db"
        with closing(open_log_database(path)):
            assert [mode(found) for found in sorted(path.parent.iterdir())] == [0o600] * 3
            assert [mode(found) for found in (path.parent, path.parent.parent)] == [0o700] * 2
    finally:
        os.umask(before)


@posix
def test_existing_files_and_directories_keep_their_mode(tmp_path: Path) -> None:
    """Opening changes no mode of what was there."""
    path = tmp_path / "shared" / "logs.db"
    path.parent.mkdir()
    path.parent.chmod(0o755)
    path.touch()
    path.chmod(0o644)
    open_log_database(path).close()
    assert (mode(path), mode(path.parent)) == (0o644, 0o755)


def test_settings_of_a_connection(log_path: Path) -> None:
    """A file is in WAL mode with synchronous NORMAL, waits 30 s for locks and does not enforce foreign keys."""
    with closing(open_connection(log_path)) as conn:
        names = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        assert [column(conn, f"PRAGMA {name}")[0] for name in names] == ["wal", 1, 30000, 0]


def test_somebody_reading_does_not_stop_the_opening(log_path: Path) -> None:
    """Where WAL mode cannot be set because of a reader, the file is opened in its present mode, fully synchronous."""
    with closing(sqlite3.connect(log_path)) as reader:
        reader.execute("CREATE TABLE t (x)")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
        with closing(open_connection(log_path)) as conn:
            assert [column(conn, f"PRAGMA {name}")[0] for name in ("journal_mode", "synchronous")] == ["delete", 2]


def test_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`:memory:` is no file."""
    monkeypatch.chdir(tmp_path)
    with closing(open_log_database(":memory:")) as conn:
        assert column(conn, "SELECT count(*) FROM turns") == [0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_database(log_path: Path, read_only: bool) -> None:
    """The error names the file, the reason and the next step."""
    log_path.write_text("this is not SQLite" * 100)
    with pytest.raises(LogStoreError, match=r"logs\.db: file is not a database\. Move the file away"):
        open_connection(log_path, read_only=read_only)


def test_a_path_that_cannot_be_created(tmp_path: Path) -> None:
    """An error of the file system becomes one of the store."""
    (tmp_path / "file").touch()
    with pytest.raises(LogStoreError, match=r"file/logs\.db: .*Check that"):
        open_connection(tmp_path / "file" / "logs.db")


def test_an_error_of_a_migration_names_the_file(log_path: Path) -> None:
    """`open_log_database` reports a database that cannot be migrated, and leaves it alone."""
    with closing(sqlite3.connect(log_path)) as conn:
        conn.execute("CREATE TABLE messages (x)")
    with pytest.raises(LogStoreError, match=r"logs\.db: table messages already exists"):
        open_log_database(log_path)


def test_read_only(log_path: Path) -> None:
    """A read-only connection reads and refuses to write; a missing file is an error and is not created."""
    with pytest.raises(LogStoreError, match=r"logs\.db"):
        open_connection(log_path, read_only=True)
    assert not log_path.exists()
    open_log_database(log_path).close()
    with closing(open_connection(log_path, read_only=True)) as conn:
        assert column(conn, "SELECT count(*) FROM turns") == [0]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            conn.execute("DELETE FROM turns")


@pytest.mark.parametrize("name", ["a?b.db", "50%25.db", "with space#.db"])
def test_read_only_with_characters_that_mean_something_in_a_uri(tmp_path: Path, name: str) -> None:
    """Any file name can be opened read-only."""
    open_log_database(tmp_path / name).close()
    open_connection(tmp_path / name, read_only=True).close()


def test_a_file_in_wal_mode_on_a_read_only_medium(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the side files cannot be made and nobody can be writing, the file is read as it is."""
    open_log_database(log_path).close()
    connect = sqlite3.connect

    def without_side_files(name: str, **more: object) -> sqlite3.Connection:
        if "immutable" not in name:
            raise sqlite3.OperationalError("unable to open database file")
        return connect(name, uri=True)

    monkeypatch.setattr(sqlite3, "connect", without_side_files)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with closing(open_connection(log_path, read_only=True)) as conn:
        assert column(conn, "SELECT count(*) FROM turns") == [0]


def test_as_database(table: sqlite3.Connection) -> None:
    """A connection becomes a sqlite_utils.Database that uses it."""
    assert as_database(table).conn is table


def test_sqlite_utils_is_not_imported() -> None:
    """Opening and migrating a database does without sqlite_utils, which takes long to import."""
    code = "import sys; from llm.store.logstore import LogStore; from llm.store.database import *; "
    code += "LogStore(Handle(open_log_database(':memory:'))); print('sqlite_utils' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"


def test_writing_commits(table: sqlite3.Connection, log_path: Path) -> None:
    """What was written is there for others afterwards, and no transaction is open."""
    with writing(table):
        execute(table, "INSERT INTO t VALUES (1)")
    assert not table.in_transaction
    with closing(sqlite3.connect(log_path)) as other:
        assert column(other, "SELECT x FROM t") == [1]


def test_writing_takes_the_lock_at_once(table: sqlite3.Connection, log_path: Path) -> None:
    """The block owns the write lock before its first statement, so it cannot be refused later."""
    locked = pytest.raises(sqlite3.OperationalError, match="locked")
    with closing(sqlite3.connect(log_path, timeout=0)) as other, writing(table), locked:
        other.execute("BEGIN IMMEDIATE")


def test_an_error_undoes_everything(table: sqlite3.Connection) -> None:
    """The error goes on unchanged, nothing is stored and no transaction is open."""
    error = KeyboardInterrupt()

    def fail() -> None:
        with writing(table):
            execute(table, "INSERT INTO t VALUES (1)")
            raise error

    with pytest.raises(KeyboardInterrupt) as raised:
        fail()
    assert raised.value is error
    assert (table.in_transaction, column(table, "SELECT x FROM t")) == (False, [])


def test_within_a_transaction_of_the_caller(table: sqlite3.Connection) -> None:
    """An open transaction stays open: it keeps what was written before a failed block, and can still be rolled back."""
    table.execute("INSERT INTO t VALUES (1)")
    with suppress(ValueError), writing(table):
        execute(table, "INSERT INTO t VALUES (2)")
        raise ValueError
    with writing(table):
        execute(table, "INSERT INTO t VALUES (3)")
    assert (table.in_transaction, column(table, "SELECT x FROM t")) == (True, [1, 3])
    table.rollback()
    assert column(table, "SELECT x FROM t") == []


@pytest.mark.parametrize("isolation_level", [None, "DEFERRED", "IMMEDIATE", "EXCLUSIVE"])
def test_any_isolation_level_and_row_factory(log_path: Path, isolation_level: Any) -> None:
    """Blocks work with whatever settings the connection has, and leave them; rows are tuples."""
    with closing(sqlite3.connect(log_path, isolation_level=isolation_level)) as conn:
        conn.row_factory = sqlite3.Row
        with writing(conn):
            execute(conn, "CREATE TABLE t (x)")
            with writing(conn):
                execute(conn, "INSERT INTO t VALUES (1)")
        assert execute(conn, "SELECT x FROM t").fetchall() == [(1,)]
        assert (conn.in_transaction, conn.isolation_level, conn.row_factory) == (False, isolation_level, sqlite3.Row)


def test_a_block_that_committed_by_itself(table: sqlite3.Connection) -> None:
    """Code inside the block (a migration of a plugin) may end the transaction."""
    with writing(table):
        execute(table, "INSERT INTO t VALUES (1)")
        table.commit()
    assert column(table, "SELECT x FROM t") == [1]


def test_waits_longer_than_the_connection_would(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a connection without any timeout of its own waits until another one has finished writing."""
    with closing(open_connection(log_path)) as holder, closing(sqlite3.connect(log_path, timeout=0)) as waiting:
        holder.execute("CREATE TABLE t (x)")
        holder.execute("BEGIN IMMEDIATE")
        slept: list[float] = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 3:
                holder.execute("COMMIT")

        monkeypatch.setattr("llm.store.connection.time.sleep", sleep)
        with writing(waiting):
            execute(waiting, "INSERT INTO t VALUES (1)")
        assert len(slept) == 3


def test_gives_up_after_the_busy_time(log_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 30 seconds the lock error goes to the caller."""
    with closing(open_connection(log_path)) as holder, closing(sqlite3.connect(log_path, timeout=0)) as waiting:
        holder.execute("BEGIN IMMEDIATE")
        now = [0.0]
        monkeypatch.setattr("llm.store.connection.time.monotonic", lambda: now[0])
        monkeypatch.setattr("llm.store.connection.time.sleep", lambda seconds: now.__setitem__(0, now[0] + 10))
        with pytest.raises(sqlite3.OperationalError, match="locked"), writing(waiting):
            pytest.fail("The block must not run without the lock")
        assert 30 <= now[0] < 50


def test_waits_on_as_long_as_others_write(
    table: sqlite3.Connection, log_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among many writers a turn may wait longer than 30 seconds: it is given up when none of them has written since."""
    monkeypatch.setattr("llm.store.connection.BUSY_SECONDS", 0.0)
    attempts: list[int] = []

    def refused_three_times() -> None:
        attempts.append(len(attempts))
        if len(attempts) < 4:
            other.execute("INSERT INTO t VALUES (?)", attempts[-1:])
            other.commit()
            raise sqlite3.OperationalError("database is locked")

    with closing(open_connection(log_path)) as other:
        patiently(table, refused_three_times)
    assert attempts == [0, 1, 2, 3]


def test_only_lock_errors_are_waited_for() -> None:
    """What is wrong in another way is no reason to try again."""
    with closing(sqlite3.connect(":memory:")) as conn, pytest.raises(sqlite3.OperationalError) as raised:
        conn.execute("SELECT nonsense")
    assert not is_lock_error(raised.value)
    assert not is_lock_error(ValueError("locked"))


def test_lock_errors_without_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.10 gives no error code; the text must do."""
    assert is_lock_error(sqlite3.OperationalError("database is locked"))
    assert not is_lock_error(sqlite3.OperationalError("no such table: t"))


def test_parallel_writers_lose_nothing(log_path: Path) -> None:
    """Several connections that read and then write within a block all get their turn."""
    with closing(open_connection(log_path)) as conn:
        conn.execute("CREATE TABLE t (x)")

    def work() -> None:
        with closing(sqlite3.connect(log_path, timeout=0.01)) as own:
            for _ in range(25):
                with writing(own):
                    (count,) = execute(own, "SELECT count(*) FROM t").fetchone()
                    execute(own, "INSERT INTO t VALUES (?)", (count,))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(open_connection(log_path)) as conn:
        assert column(conn, "SELECT x FROM t ORDER BY x") == list(range(100))
