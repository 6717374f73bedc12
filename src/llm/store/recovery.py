"""Turns that could not be written to the log when they ended, written to it later.

Either the process was killed: then the journal holds what it had so far. Or the database could not be written to: then
the turn is in a file beside it, one turn a line.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from llm.core.errors import LogStoreError
from llm.core.records import TurnRecord
from llm.store.connection import Handle, execute, writing
from llm.store.journal import forget
from llm.store.journaled import UNREADABLE, Assembler, Late, journaled_turn, stored_history
from llm.store.logstore import LogStore
from llm.store.orphans import orphans
from llm.store.reading import select
from llm.store.record_form import record_of, record_text


class ImportResult(NamedTuple):
    """What came of importing a recovery file."""

    written: int
    unreadable: int  #: lines that stay in the file


def recover(conn: sqlite3.Connection, assemble: Assembler, *, now: float | None = None) -> int:
    """Turn the journal's entries of dead processes into turns, and return how many turns that gave.

    An entry that cannot be read is left where it is. Raises what SQLite raises.
    """
    recovered = 0
    for turn_id in orphans(conn, now=now):
        with contextlib.suppress(*UNREADABLE), writing(conn):
            recovered += _recover_turn(conn, turn_id, assemble)
    return recovered


def recovery_file(database: str | os.PathLike[str]) -> Path:
    """Return where turns go that the log database `database` does not take."""
    path = Path(database)
    return path.with_name(f"{path.name}.recovery.jsonl")


def save_to_file(path: Path, records: Iterable[TurnRecord]) -> Path:
    """Append turns to the recovery file `path`, which is private to the user. Raises `OSError`."""
    _append(path, [record_text(record) for record in records])
    return path


def save_to_temporary_file(records: Iterable[TurnRecord]) -> Path:
    """Write turns to a new recovery file among the temporary files, private as well. Raises `OSError`."""
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix="llm-logs-", suffix=".recovery.jsonl")
    os.close(descriptor)
    return save_to_file(Path(name), records)


def import_file(conn: sqlite3.Connection, path: Path) -> ImportResult:
    """Write the turns of a recovery file to the log and remove the file; lines that cannot be read stay in it.

    A turn that is in the log already is written again. Raises `FileNotFoundError`, `LogStoreError` for what is no plain
    file, and what SQLite raises: then the turns that were not written are still in a file.
    """
    if path.exists() and not path.is_file():  # a device, such as /dev/null, would be gone for all
        raise LogStoreError(f"{path} is no file with turns")
    # Renamed, so that turns which are saved meanwhile go to a new file. One of that name was left behind by an import
    # that was cut short.
    taken = path.with_name(f"{path.name}.importing")
    if not taken.exists():
        path.rename(taken)
    written, unreadable = _import_lines(conn, taken)
    if path.exists():
        path.rename(taken)
        more = _import_lines(conn, taken)
        written, unreadable = written + more[0], unreadable + more[1]
    if unreadable:
        _append(path, unreadable)
    return ImportResult(written, len(unreadable))


def _import_lines(conn: sqlite3.Connection, path: Path) -> tuple[int, list[str]]:
    """Write the turns of a file to the log and remove it; return how many, and the lines that cannot be read."""
    written, unreadable = 0, []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            with writing(conn):
                record = record_of(line, lambda tip: stored_history(conn, tip))
                forget(conn, record.id)
                _log_late(conn, record)
            written += 1
        except UNREADABLE:
            unreadable.append(line)
    path.unlink(missing_ok=True)
    return written, unreadable


def _recover_turn(conn: sqlite3.Connection, turn_id: str, assemble: Assembler) -> int:
    # Read again, under the lock: another process may have been faster.
    rows = select(conn, "SELECT header FROM llm_journal WHERE turn_id = ?", (turn_id,))
    if not rows:
        return 0
    is_logged = bool(select(conn, "SELECT 1 FROM turns WHERE id = ?", (turn_id,)))
    if not is_logged:
        _log_late(conn, journaled_turn(conn, turn_id, rows[0][0], assemble))
    forget(conn, turn_id)
    return int(not is_logged)


def _log_late(conn: sqlite3.Connection, record: TurnRecord) -> None:
    """Write a turn after its time: a thread that has gone on since is continued from its newest turn, as before."""
    newest = select(
        conn,
        """
        SELECT threads.id, threads.tip_message_hash FROM threads
        WHERE threads.id = ? AND EXISTS (SELECT 1 FROM turns WHERE turns.thread_id = threads.id AND turns.id > ?)
        """,
        (record.thread_id, record.id),
    )
    LogStore(Handle(conn)).log(Late(record))
    for thread_id, tip in newest:
        execute(conn, "UPDATE threads SET tip_message_hash = ? WHERE id = ?", (tip, thread_id))


def _append(path: Path, lines: Iterable[str]) -> None:
    """Append lines in one go, so that processes which do so at the same time do not mix theirs."""
    data = "".join(f"{line}\n" for line in lines).encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
