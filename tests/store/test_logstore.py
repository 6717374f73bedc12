"""`LogStore` as an object: what is shared with the caller's database, threads, and the seams others patch."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

import llm.logs
from llm.core.history import extend
from llm.core.messages import assistant, user
from llm.core.parts import Part, ToolCallPart
from llm.store.database import Handle, open_log_database
from llm.store.logstore import LogStore
from tests.store.samples import chain, column, counts, rows, turn


@pytest.fixture
def db(log_path: Path) -> Iterator[sqlite_utils.Database]:
    """A database that a caller opened, not migrated."""
    database = sqlite_utils.Database(log_path)
    with closing(database.conn):
        yield database


def test_the_database_is_the_callers(db: sqlite_utils.Database) -> None:
    """`db` is the object that was handed over, brought up to date."""
    assert LogStore(db).db is db
    assert db["turns"].count == 0


def test_in_memory() -> None:
    """A database in memory does."""
    database = sqlite_utils.Database(memory=True)
    with closing(database.conn):
        logged = turn()
        assert LogStore(database).log(logged) == logged.record.id


def test_several_stores_on_one_file(log_path: Path) -> None:
    """Each sees what the others have logged."""
    with closing(open_log_database(log_path)) as one, closing(open_log_database(log_path)) as two:
        first, second = LogStore(Handle(one)), LogStore(Handle(two))
        first.log(turn(thread_id="a"))
        second.log(turn(thread_id="b"))
        assert first.thread_messages("b") == second.thread_messages("a")


def test_migrated_once(db: sqlite_utils.Database) -> None:
    """A second store on the same connection does not read the list of migrations again, unless tables changed."""
    LogStore(db)
    seen: list[str] = []
    db.conn.set_trace_callback(seen.append)
    LogStore(db)
    assert not [sql for sql in seen if "_llm_migrations" in sql]
    db.conn.set_trace_callback(None)
    db.execute("DROP TABLE turn_search")
    db.execute("DELETE FROM _llm_migrations")
    with pytest.raises(sqlite3.OperationalError):
        LogStore(db)


def test_settings_of_the_caller(log_path: Path) -> None:
    """Row factory, isolation level and transaction state are as they were after logging and reading."""
    with closing(sqlite3.connect(log_path, isolation_level="EXCLUSIVE")) as conn:
        conn.row_factory = sqlite3.Row
        store = LogStore(Handle(conn))
        store.log(turn(thread_id="t", fragments=["f"], response_json={"a": 1}))
        assert len(store.thread_messages("t")) == 2
        assert (conn.row_factory, conn.isolation_level, conn.in_transaction) == (sqlite3.Row, "EXCLUSIVE", False)


def test_within_a_transaction_of_the_caller(db: sqlite_utils.Database) -> None:
    """What is logged becomes part of an open transaction: a savepoint in it, committed with it or not at all."""
    store = LogStore(db)
    with db.atomic():
        store.log(turn())
        assert db.conn.in_transaction
    assert counts(db.conn)["turns"] == 1
    db.conn.execute("BEGIN")
    store.log(turn())
    db.conn.rollback()
    assert counts(db.conn)["turns"] == 1


# Threads


def test_create_thread(store: LogStore, conn: sqlite3.Connection) -> None:
    """A thread gets a fresh id unless one is given; a taken id is an IntegrityError, and leaves nothing open."""
    fresh = store.create_thread("Name")
    store.create_thread(name="n", tip="b2:t", forked_from=fresh, id="mine")
    with pytest.raises(sqlite3.IntegrityError):
        store.create_thread(id="mine")
    assert not conn.in_transaction
    first, second = rows(conn, "threads")
    assert (len(first["id"]), first["name"], first["tip_message_hash"]) == (26, "Name", None)
    assert (second["id"], second["tip_message_hash"], second["forked_from"]) == ("mine", "b2:t", fresh)


def test_ensure_thread(store: LogStore, conn: sqlite3.Connection) -> None:
    """It creates what is missing and never renames."""
    assert [store.ensure_thread("t", name) for name in ("first", "second")] == ["t", "t"]
    assert column(conn, "SELECT name FROM threads") == ["first"]


def test_append_and_fork(store: LogStore, conn: sqlite3.Connection) -> None:
    """A fork starts at an existing message, copies nothing, and goes its own way."""
    store.create_thread(id="t")
    middle = store.append("t", [user("a"), assistant("b")])
    assert middle is not None
    tip = store.append("t", [user("c")])
    before = counts(conn)
    forked = store.fork(middle, "Fork", forked_from="t")
    assert counts(conn) == {**before, "threads": 2}
    store.append(forked, [user("d")])
    assert store.thread_messages("t") == [user("a"), assistant("b"), user("c")]
    assert store.thread_messages(forked) == [user("a"), assistant("b"), user("d")]
    assert store.thread_tip("t") == tip


def test_an_empty_thread(store: LogStore) -> None:
    """It has no tip and no messages."""
    store.create_thread(id="t")
    assert (store.thread_tip("t"), store.thread_messages("t")) == (None, [])


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("fork", ["x"]), ("thread_tip", ["x"]), ("thread_messages", ["x"]), ("append", ["x", []]),
     ("pending_tool_calls", ["x"]), ("load_chain", ["x"])],
)  # fmt: skip
def test_unknown_ids_and_hashes(store: LogStore, method: str, arguments: list[Any]) -> None:
    """They are KeyErrors, and nothing is written or left open."""
    with pytest.raises(KeyError):
        getattr(store, method)(*arguments)
    assert (counts(store.db.conn), store.db.conn.in_transaction) == ({}, False)


def test_pending_tool_calls(store: LogStore) -> None:
    """The calls of the last message that the provider has not run itself."""
    mine = ToolCallPart("mine", {}, "c1")
    tip = store.ensure_chain([user("a"), assistant("b", mine, ToolCallPart("web", {}, "s1", server_executed=True))])
    assert store.pending_tool_calls(tip) == [mine]
    assert store.pending_tool_calls(store.ensure_chain([user("c")], tip)) == []
    assert store.pending_tool_calls(None) == []


# Failures


def test_a_failed_log_stores_nothing(
    store: LogStore, conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When writing the last thing fails, nothing at all of the turn is there; a retry stores everything."""
    logged = turn(thread_id="t", fragments=["f"], schema={"a": 1}, response_json={"a": 1})
    with monkeypatch.context() as patched:
        patched.setattr(llm.logs, "TURN_SEARCH_INSERT_SQL", "INSERT INTO nonsense VALUES (:turn_id)")
        with pytest.raises(sqlite3.OperationalError, match="no such table: nonsense"):
            store.log(logged)
    assert (counts(conn), conn.in_transaction) == ({}, False)
    store.log(logged)
    assert counts(conn) == {
        "fragments": 1, "messages": 2, "parts": 2, "schemas": 1, "threads": 1, "turn_fragments": 1, "turn_search": 1,
        "turns": 1,
    }  # fmt: skip


def test_a_failure_within_a_transaction(db: sqlite_utils.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller wrote before stays, and the transaction is open."""
    store = LogStore(db)
    db.conn.execute("BEGIN")
    store.log(turn("first"))
    monkeypatch.setattr(llm.logs, "TURN_SEARCH_INSERT_SQL", "nonsense")
    with pytest.raises(sqlite3.OperationalError):
        store.log(turn("second"))
    assert db.conn.in_transaction
    db.conn.commit()
    assert counts(db.conn)["turns"] == 1


def test_hashes_of_a_failed_log_are_not_remembered(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes of the history get their hash only when it is stored for good."""
    history = chain(user("a"))
    with monkeypatch.context() as patched:
        patched.setattr(llm.logs, "TURN_SEARCH_INSERT_SQL", "nonsense")
        with pytest.raises(sqlite3.OperationalError):
            store.log(turn(input=history))
    assert history is not None
    assert history.stored_hash is None
    store.log(turn(input=history))
    assert history.stored_hash is not None


# Seams


def test_the_search_statement_can_be_replaced(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The statement in `llm.logs` at the time of the call is the one that is executed."""
    sql = "INSERT INTO turn_search (turn_id, prompt, response) VALUES (:turn_id, 'p', 'r')"
    monkeypatch.setattr(llm.logs, "TURN_SEARCH_INSERT_SQL", sql)
    store.log(turn())
    assert column(store.db.conn, "SELECT prompt FROM turn_search") == ["p"]


def test_parts_are_written_through_a_method(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrapper that is set on the class sees every part, with four positional arguments."""
    seen: list[tuple[str, int, Part]] = []
    inner = LogStore._write_part

    def wrapper(self: LogStore, *arguments: Any) -> None:
        message_hash, position, part, _ = arguments
        seen.append((message_hash[:3], position, part))
        inner(self, *arguments)

    monkeypatch.setattr(LogStore, "_write_part", wrapper)
    store.log(turn("q", "a"))
    assert [(prefix, position, part.to_dict()["type"]) for prefix, position, part in seen] == [("b2:", 0, "text")] * 2
    assert len(store.load_chain(column(store.db.conn, "SELECT tip_message_hash FROM turns")[0])) == 2


def test_the_module(store: LogStore) -> None:
    """The class is at home in `llm.logs`."""
    assert (llm.logs.LogStore, LogStore.__module__) == (LogStore, "llm.logs")


# Many at a time


def test_parallel_logging_loses_nothing(log_path: Path) -> None:
    """Several writers with connections of their own, also with a short timeout, log all their turns."""
    open_log_database(log_path).close()
    errors: list[BaseException] = []

    def work(name: str) -> None:
        try:
            with closing(sqlite3.connect(log_path, timeout=0.05)) as conn:
                store = LogStore(Handle(conn))
                for number in range(10):
                    store.log(turn(f"{name} {number}", thread_id=name))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(f"writer {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with closing(open_log_database(log_path)) as conn:
        assert counts(conn)["turns"] == 40
        assert LogStore(Handle(conn)).verify() == []


def test_a_long_conversation_costs_no_more_a_turn(store: LogStore, conn: sqlite3.Connection) -> None:
    """Logging one more turn takes SQLite as many steps after 200 turns as after 20 (pages of indexes apart)."""
    history = chain(user("q"))
    steps: list[int] = []
    for number in range(200):
        taken: list[None] = []
        conn.set_progress_handler(lambda taken=taken: taken.append(None), 1)  # type: ignore[misc]
        store.log(turn(answer=f"a{number}", thread_id="t", input=history))
        steps.append(len(taken))
        history = extend(history, [assistant(f"a{number}"), user("q")])
    conn.set_progress_handler(None, 0)
    assert steps[-1] < steps[20] * 1.1


def test_opening_while_somebody_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a file without WAL, readers are shut out too: a store waits longer for its turn than its connection would."""
    path = tmp_path / "logs.db"
    with closing(sqlite3.connect(path)) as writer, closing(sqlite3.connect(path, timeout=0)) as reader:
        LogStore(Handle(writer))
        writer.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr("llm.store.connection.time.sleep", lambda _: writer.rollback())
        LogStore(Handle(reader))
        assert not writer.in_transaction
