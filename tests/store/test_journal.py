"""The journal of running turns, and what becomes of what it holds."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.events import StreamEvent
from llm.core.history import History
from llm.core.messages import user
from llm.core.records import TurnRecord
from llm.engine.recording import messages_so_far
from llm.store.chain_reading import load_history
from llm.store.database import Handle, open_connection, open_log_database, writing
from llm.store.journal import Journal, JournalEntry, forget
from llm.store.listing import merged_log_rows
from llm.store.logstore import LogStore
from llm.store.orphans import has_orphans, orphans
from llm.store.processes import GRACE_SECONDS, is_running, this_process
from llm.store.recovery import recover
from tests.store.samples import Logged, column, rows, turn

DEAD = f"{this_process().rsplit(' ', 2)[0]} 999999999 1"  # a process of this boot of this machine that is not there


def running(prompt: str = "hello", thread_id: str | None = None) -> TurnRecord:
    """Return the record of a turn that has begun."""
    return turn(prompt, thread_id=thread_id, output=(), state="recovered").record


def text(chunk: str, part_index: int = 0) -> StreamEvent:
    return StreamEvent("text", chunk, part_index)


def say(entry: JournalEntry, *chunks: str) -> None:
    for chunk in chunks:
        entry.append(text(chunk))


@pytest.fixture
def journal(conn: sqlite3.Connection, log_path: Path) -> Iterator[Journal]:
    """A journal that writes when it is told to, of a process that is no more."""
    made = Journal(str(log_path), interval=None, owner=DEAD)
    yield made
    made.close()


def listed(conn: sqlite3.Connection) -> list[tuple[str, str, str | None]]:
    """Return prompt, response and state of all turns, oldest first."""
    found = merged_log_rows(LogStore(Handle(conn)))[::-1]
    return [(row["prompt"], row["response"], row.get("state")) for row in found]


def test_nothing_is_written_before_a_flush(journal: Journal, conn: sqlite3.Connection) -> None:
    """A turn that ends before the first interval is over costs no writing."""
    entry = journal.begin(running())
    say(entry, "a")
    entry.close()
    assert journal.flush()
    assert rows(conn, "llm_journal") == []


def test_flush_appends_what_is_new(journal: Journal, conn: sqlite3.Connection) -> None:
    """Each write appends what came since the last; the header is written once."""
    entry = journal.begin(running())
    say(entry, "a", "b")
    assert journal.flush()
    say(entry, "c")
    assert journal.flush()
    assert journal.flush()
    chunks = column(conn, "SELECT json_extract(events, '$[0].chunk') FROM llm_journal_chunks ORDER BY number")
    assert chunks == ["ab", "c"]
    assert column(conn, "SELECT turn_id FROM llm_journal") == [entry.turn_id]


def test_recovered_turn(journal: Journal, conn: sqlite3.Connection) -> None:
    """What a dead process has left becomes a turn with the state `recovered`, and leaves the journal."""
    say(journal.begin(running("question")), "half an ", "answer")
    journal.flush()
    assert recover(conn, messages_so_far) == 1
    assert listed(conn) == [("question", "half an answer", "recovered")]
    assert (rows(conn, "llm_journal"), rows(conn, "llm_journal_chunks")) == ([], [])
    assert recover(conn, messages_so_far) == 0


def test_turn_of_a_living_process_is_left_alone(conn: sqlite3.Connection, log_path: Path) -> None:
    """What a living process is working on is not taken for dead, however long ago it gave a sign of life."""
    journal = Journal(str(log_path), interval=None, clock=lambda: 0.0)
    with closing(journal):
        say(journal.begin(running()), "a")
        journal.flush()
    assert orphans(conn) == []
    assert recover(conn, messages_so_far) == 0
    assert len(rows(conn, "llm_journal")) == 1


def test_forgotten_with_the_turn(journal: Journal, store: LogStore, conn: sqlite3.Connection) -> None:
    """A finished turn takes what the journal has of it away in the same transaction."""
    record = running()
    entry = journal.begin(record)
    say(entry, "a")
    journal.flush()
    entry.close()
    with contextlib.suppress(ZeroDivisionError), writing(conn):
        store.log(Logged(record))
        forget(conn, entry.turn_id)
        raise ZeroDivisionError
    assert len(rows(conn, "llm_journal")) == len(rows(conn, "llm_journal_chunks")) == 1
    with writing(conn):
        store.log(Logged(record))
        forget(conn, entry.turn_id)
    assert rows(conn, "llm_journal") == rows(conn, "llm_journal_chunks") == []


def test_closed_entry_is_not_written(journal: Journal, conn: sqlite3.Connection) -> None:
    """After `close`, nothing of a turn gets into the journal any more."""
    entry = journal.begin(running())
    say(entry, "a")
    entry.close()
    say(entry, "b")
    journal.flush()
    assert rows(conn, "llm_journal") == []


def test_complete_turn_that_was_not_logged(journal: Journal, conn: sqlite3.Connection) -> None:
    """A round that was complete when its process was killed becomes a complete turn."""
    record = running("question")
    entry = journal.begin(record)
    say(entry, "the ans")
    journal.flush()
    finished = turn("question", "the answer", id=record.id).record
    entry.complete(finished)
    journal.flush()
    recover(conn, messages_so_far)
    assert listed(conn) == [("question", "the answer", None)]


def test_flush_does_not_wait_for_a_lock(journal: Journal, conn: sqlite3.Connection) -> None:
    """Where somebody else is writing, the journal is back later, with everything."""
    entry = journal.begin(running())
    say(entry, "a")
    journal.flush()
    say(entry, "b")
    with writing(conn):
        assert not journal.flush()
        say(entry, "c")
    assert journal.flush()
    recover(conn, messages_so_far)
    assert listed(conn) == [("hello", "abc", "recovered")]


def test_history_is_referred_to(journal: Journal, store: LogStore, conn: sqlite3.Connection) -> None:
    """Messages that are stored are not written again; the recovered turn continues them."""
    first = turn("one", "two", thread_id="t").record
    store.log(Logged(first))
    assert first.input is not None
    tip = store.thread_tip("t")

    record = replace(running("three", "t"), input=History(user("three"), load_history(conn, tip)))
    say(journal.begin(record), "fo")
    journal.flush()
    [header] = column(conn, "SELECT header FROM llm_journal")
    assert "two" not in header
    recover(conn, messages_so_far)
    texts = [message.parts[0].to_dict()["text"] for message in store.thread_messages("t")]  # type: ignore[typeddict-item]
    assert texts == ["one", "two", "three", "fo"]


def test_thread_that_has_gone_on(journal: Journal, store: LogStore, conn: sqlite3.Connection) -> None:
    """A conversation that was continued before a turn was recovered is continued from its newest turn."""
    say(journal.begin(running("old", "t")), "x")
    journal.flush()
    store.log(Logged(turn("new", "answer", thread_id="t").record))
    tip = store.thread_tip("t")
    recover(conn, messages_so_far)
    assert store.thread_tip("t") == tip
    assert listed(conn) == [("old", "x", "recovered"), ("new", "answer", None)]


def test_logged_turn_is_not_replaced(journal: Journal, store: LogStore, conn: sqlite3.Connection) -> None:
    """A turn that is in the log is never replaced by the part of it that the journal has."""
    record = running("question")
    say(journal.begin(record), "the ans")
    journal.flush()
    store.log(Logged(turn("question", "the answer", id=record.id).record))
    assert recover(conn, messages_so_far) == 0
    assert listed(conn) == [("question", "the answer", None)]
    assert rows(conn, "llm_journal") == []


def test_damaged_entry_stays(journal: Journal, conn: sqlite3.Connection) -> None:
    """An entry that cannot be read is left where it is, and keeps no other one from being recovered."""
    say(journal.begin(running("one")), "1")
    say(journal.begin(running("two")), "2")
    journal.flush()
    conn.execute("UPDATE llm_journal SET header = '{' WHERE turn_id = (SELECT min(turn_id) FROM llm_journal)")
    conn.commit()
    assert recover(conn, messages_so_far) == 1
    assert listed(conn) == [("two", "2", "recovered")]
    assert len(rows(conn, "llm_journal")) == len(rows(conn, "llm_journal_chunks")) == 1


def test_tool_call_that_was_cut_short(journal: Journal, conn: sqlite3.Connection) -> None:
    """A tool call that the model may not have finished is no part of the recovered turn: nobody must run it."""
    entry = journal.begin(running())
    entry.append(text("I will look. "))
    entry.append(StreamEvent("tool_call_name", "search", 1, tool_call_id="c"))
    entry.append(StreamEvent("tool_call_args", '{"q": "ha', 1, tool_call_id="c"))
    journal.flush()
    recover(conn, messages_so_far)
    assert column(conn, "SELECT type FROM parts WHERE text IS NOT 'hello'") == ["text"]


def test_signs_of_life(conn: sqlite3.Connection, log_path: Path) -> None:
    """A turn that says nothing for long is marked as seen now and then."""
    now = [1000.0]
    with closing(Journal(str(log_path), interval=None, clock=lambda: now[0])) as journal:
        say(journal.begin(running()), "a")
        seen = []
        for passed in (0, 10, 60, 10):
            now[0] += passed
            journal.flush()
            seen += column(conn, "SELECT seen FROM llm_journal")
    assert seen == [1000.0, 1000.0, 1070.0, 1070.0]


def test_journal_without_own_tables(journal: Journal, conn: sqlite3.Connection) -> None:
    """The side tables are made where a database has none, and reading copes without them."""
    for table in ("llm_turn_states", "llm_journal", "llm_journal_chunks"):
        conn.execute(f"DROP TABLE {table}")
    conn.commit()
    assert not has_orphans(conn)
    with writing(conn):
        forget(conn, "x")
    say(journal.begin(running()), "a")
    assert journal.flush()
    assert has_orphans(conn)
    assert recover(conn, messages_so_far) == 1


@pytest.mark.parametrize("seen", [b"\xff", "yesterday", None])
@pytest.mark.parametrize("owner", [b"\xff", "somewhere 1\u00b2 3", None])
def test_orphans_of_damaged_rows(journal: Journal, conn: sqlite3.Connection, seen: object, owner: object) -> None:
    """A turn whose owner and time say nothing was left behind."""
    entry = journal.begin(running())
    say(entry, "a")
    assert journal.flush()
    conn.execute("UPDATE llm_journal SET seen = ?, owner = ?", (seen, owner))
    conn.commit()
    assert len(orphans(conn)) == 1
    assert recover(conn, messages_so_far) == 1


def test_orphans_of_what_is_no_log() -> None:
    """A database that is no log has nothing to recover."""
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.execute("CREATE TABLE llm_journal (x)")
        assert not has_orphans(conn)


def test_writing_by_itself(conn: sqlite3.Connection, log_path: Path) -> None:
    """A thread writes what is new without being asked, and ends with the journal."""

    written = threading.Event()

    class Watched(Journal):
        def flush(self) -> bool:
            done = super().flush()
            written.set()
            return done

    journal = Watched(str(log_path), interval=0.001, owner=DEAD)
    say(journal.begin(running()), "a")
    written.clear()
    assert written.wait(10)
    journal.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "llm-journal"]
    assert recover(conn, messages_so_far) == 1


def test_database_that_cannot_be_opened(tmp_path: Path) -> None:
    """A journal whose database is out of reach says so by waiting; the turn itself reports it later."""
    path = tmp_path / "logs.db"
    path.write_text("this is no database" * 100)
    journal = Journal(str(path), interval=None)
    say(journal.begin(running()), "a")
    assert not journal.flush()
    journal.close()


def test_processes() -> None:
    """A process runs if it runs under the same id since the same time; where nothing is known, if seen lately."""
    own = this_process()
    place, pid, start = own.rsplit(" ", 2)
    assert is_running(own, seen=0.0, now=1e9) or place == "None"
    assert not is_running(f"{place} {pid} {start}1", seen=0.0, now=1e9)
    assert not is_running(DEAD, seen=0.0, now=1e9)
    for elsewhere in (f"another {pid} {start}", "", "x"):
        assert is_running(elsewhere, seen=1000.0, now=1000.0 + GRACE_SECONDS - 1)
        assert not is_running(elsewhere, seen=1000.0, now=1000.0 + GRACE_SECONDS)


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "append", "flush", "complete", "finish", "lock"]), st.integers(0, 2)),
    max_size=25,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(STEPS)
def test_any_course_of_events(steps: list[tuple[str, int]]) -> None:
    """However turns run side by side, and whenever the process is killed: finished turns are whole, the others hold
    exactly what had been written of them, and nothing is left in the journal."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "logs.db")
        with closing(open_log_database(path)) as conn:
            course = _Course(conn, path)
            for name, number in steps:
                getattr(course, name)(number)
            course.kill()
            with closing(open_connection(path)) as later:
                recover(later, messages_so_far)
                assert listed(later) == course.expected()
                assert rows(later, "llm_journal") == rows(later, "llm_journal_chunks") == []
                assert column(later, "PRAGMA integrity_check") == ["ok"]


class _Turn:
    def __init__(self, number: int, entry: JournalEntry, record: TurnRecord) -> None:
        self.prompt = f"prompt {number}"
        self.entry = entry
        self.record = record
        self.said = ""
        self.is_complete = False
        self.written: tuple[str, str | None] | None = None


class _Course:
    """What happened so far, in the database and as it should be."""

    def __init__(self, conn: sqlite3.Connection, path: str) -> None:
        self.conn = conn
        self.journal = Journal(path, interval=None, owner=DEAD)
        self.open: dict[int, _Turn] = {}
        self.turns: list[_Turn] = []

    def begin(self, slot: int) -> None:
        if slot not in self.open:
            record = running(f"prompt {len(self.turns)}")
            made = _Turn(len(self.turns), self.journal.begin(record), record)
            self.open[slot] = made
            self.turns.append(made)
            self.append(slot)

    def append(self, slot: int) -> None:
        found = self.open.get(slot)
        if found and not found.is_complete:
            found.said += f"{len(found.said)} "
            found.entry.append(text(found.said.split()[-1] + " "))

    def flush(self, _slot: int) -> None:
        assert self.journal.flush()
        for found in self.open.values():
            found.written = (found.said, None if found.is_complete else "recovered")

    def lock(self, _slot: int) -> None:
        with writing(self.conn):
            self.journal.flush()

    def complete(self, slot: int) -> None:
        found = self.open.get(slot)
        if found:
            found.is_complete = True
            found.entry.complete(turn(found.prompt, found.said, id=found.record.id).record)

    def finish(self, slot: int) -> None:
        found = self.open.pop(slot, None)
        if found:
            found.entry.close()
            with writing(self.conn):
                LogStore(Handle(self.conn)).log(turn(found.prompt, found.said, id=found.record.id))
                forget(self.conn, found.record.id)
            found.written = (found.said, None)

    def kill(self) -> None:
        self.journal.close()

    def expected(self) -> list[tuple[str, str, str | None]]:
        return [(found.prompt, *found.written) for found in self.turns if found.written]
