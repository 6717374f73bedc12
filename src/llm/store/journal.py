"""Turns that are being answered right now, in side tables of the log, so that a killed process loses next to nothing.

What a model says is only appended to a list while it streams. A thread with a connection of its own writes it down a
few times a second; it never waits long for a lock, as it will be back soon, and nobody ever waits for it. The thread
starts with the first turn. Whoever finishes a turn closes its entry, and removes what was written of it (`forget`) in
the transaction that writes the turn. What dead processes have left is `recovery`'s.

With WAL and `synchronous=NORMAL` (see `connection`), what was written survives the end of the process however it comes,
but not for certain a power failure.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from llm.core.errors import LogStoreError
from llm.core.events import StreamEvent
from llm.core.records import TurnRecord
from llm.store.chain_reading import has_message
from llm.store.connection import Handle, execute, has_table, open_connection
from llm.store.migrations.own_tables import llm_own_tables_1
from llm.store.processes import this_process
from llm.store.record_form import events_text, record_text

#: Seconds between two writes: what is lost when the process is killed. The first comes earlier, for the prompt's sake.
INTERVAL = 0.2
_FIRST = 0.05

_LOCK_MILLISECONDS = 50
_SIGN_OF_LIFE_SECONDS = 60.0


class JournalEntry:
    """One turn that is running. `append(event)` is all that its stream does: nothing more than a list's `append`."""

    def __init__(self, journal: Journal, record: TurnRecord) -> None:
        self._journal = journal
        self._record = record
        self._new: list[StreamEvent] = []
        self._unwritten: list[StreamEvent] = []
        self._written_header: TurnRecord | None = None
        self._chunks = 0
        self._seen = 0.0
        self.append: Callable[[StreamEvent], None] = self._new.append

    @property
    def turn_id(self) -> str:
        """The id of the turn."""
        return self._record.id

    def complete(self, record: TurnRecord) -> None:
        """Note that the turn has come to its end, though it is not in the log yet: the record holds all of it."""
        self._record = record

    def close(self) -> None:
        """Write nothing of this turn any more; what was written stays until somebody forgets it."""
        self._journal._remove(self)

    def _gather(self) -> None:
        taken = self._new[:]
        del self._new[: len(taken)]
        self._unwritten += taken


class _Writes(NamedTuple):
    """What is to be written of an entry."""

    entry: JournalEntry
    record: TurnRecord | None  #: if it has to be written (again)
    events: str | None
    seen: float


class Journal:
    """The running turns of this process in one database file.

    `interval` None means that nothing is written unless `flush` is called. `clock` tells the Unix time.
    """

    def __init__(
        self, path: str, *, interval: float | None = INTERVAL, clock: Callable[[], float] = time.time, owner: str = ""
    ) -> None:
        self._path = path
        self._interval = interval
        self._clock = clock
        self._owner = owner or this_process()
        self._entries: list[JournalEntry] = []
        self._lock = threading.Lock()  # held while writing: what is closed is not written
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._conn: sqlite3.Connection | None = None

    def begin(self, record: TurnRecord) -> JournalEntry:
        """Return the entry for a turn that has begun; `record` has all of it but the output."""
        entry = JournalEntry(self, record)
        self._entries.append(entry)  # without the lock: the stream must not wait for a write
        if self._thread is None and self._interval is not None:
            self._thread = threading.Thread(target=self._write_regularly, name="llm-journal", daemon=True)
            self._thread.start()
        return entry

    def flush(self) -> bool:
        """Write what is new; False if that has to wait, for a lock or for room on the disk."""
        with self._lock:
            now = self._clock()
            writes = [found for entry in list(self._entries) if (found := self._writes(entry, now))]
            if not writes:
                return True
            try:
                self._write(writes)
            except (sqlite3.Error, LogStoreError):
                return False
            for written in writes:
                _mark_written(written)
            return True

    def close(self) -> None:
        """End the thread. Entries that are still open stay in the database."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        else:
            self._disconnect()

    def _remove(self, entry: JournalEntry) -> None:
        with self._lock:
            if entry in self._entries:
                self._entries.remove(entry)

    def _write_regularly(self) -> None:
        pause = min(_FIRST, self._interval or 0.0)
        while not self._stopped.wait(pause):
            pause = self._interval or 0.0
            # Whatever goes wrong here, the turn itself will be written by somebody who can report it.
            with contextlib.suppress(Exception):
                self.flush()
        self._disconnect()

    def _writes(self, entry: JournalEntry, now: float) -> _Writes | None:
        entry._gather()
        record = entry._record if entry._record is not entry._written_header else None
        alive = now - entry._seen >= _SIGN_OF_LIFE_SECONDS
        if not (record or entry._unwritten or alive):
            return None
        return _Writes(entry, record, events_text(entry._unwritten) if entry._unwritten else None, now)

    def _write(self, writes: list[_Writes]) -> None:
        conn = self._connection()
        texts = [
            record_text(found.record, is_stored=lambda hash_: has_message(conn, hash_)) if found.record else None
            for found in writes
        ]
        conn.execute("BEGIN IMMEDIATE")
        try:
            llm_own_tables_1(Handle(conn))
            for found, text in zip(writes, texts, strict=True):
                self._write_entry(conn, found, text)
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise

    def _write_entry(self, conn: sqlite3.Connection, found: _Writes, text: str | None) -> None:
        turn_id = found.entry.turn_id
        if text is not None:
            sql = "INSERT OR REPLACE INTO llm_journal (turn_id, owner, seen, header) VALUES (?, ?, ?, ?)"
            execute(conn, sql, (turn_id, self._owner, found.seen, text))
        else:
            execute(conn, "UPDATE llm_journal SET seen = ? WHERE turn_id = ?", (found.seen, turn_id))
        if found.events is not None:
            sql = "INSERT INTO llm_journal_chunks (turn_id, number, events) VALUES (?, ?, ?)"
            execute(conn, sql, (turn_id, found.entry._chunks, found.events))

    def _connection(self) -> sqlite3.Connection:
        if self._conn is None:
            self._conn = open_connection(self._path)
            self._conn.execute(f"PRAGMA busy_timeout = {_LOCK_MILLISECONDS}")
        return self._conn

    def _disconnect(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None


def forget(conn: sqlite3.Connection, turn_id: str) -> None:
    """Remove what was written of a running turn; needs an open transaction."""
    if has_table(conn, "llm_journal"):
        execute(conn, "DELETE FROM llm_journal WHERE turn_id = ?", (turn_id,))
        execute(conn, "DELETE FROM llm_journal_chunks WHERE turn_id = ?", (turn_id,))


def _mark_written(written: _Writes) -> None:
    entry = written.entry
    entry._seen = written.seen
    if written.record is not None:
        entry._written_header = written.record
    if written.events is not None:
        entry._unwritten.clear()
        entry._chunks += 1
