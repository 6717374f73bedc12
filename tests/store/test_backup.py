"""Copying the log."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from llm.core.errors import LogStoreError
from llm.store.backup import back_up
from llm.store.database import Handle, open_connection
from llm.store.listing import merged_log_rows
from llm.store.logstore import LogStore
from tests.store.legacy import legacy_response
from tests.store.samples import turn


def test_copy_holds_everything(store: LogStore, log_path: Path, tmp_path: Path) -> None:
    """The copy lists the same, is one file, private to the user, and its size is returned."""
    store.log(turn("kept"))
    target = tmp_path / "copy.db"
    assert back_up(log_path, target) == target.stat().st_size > 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with closing(open_connection(target, read_only=True)) as copy:
        assert merged_log_rows(Handle(copy)) == merged_log_rows(store)


def test_copy_while_others_write(store: LogStore, log_path: Path, tmp_path: Path) -> None:
    """A writer in the middle of a transaction does not prevent the copy, and is not in it."""
    store.log(turn("kept"))
    store.db.conn.execute("BEGIN IMMEDIATE")
    store.db.conn.execute("DELETE FROM turns")
    back_up(log_path, tmp_path / "copy.db")
    store.db.conn.execute("ROLLBACK")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM turns").fetchone() == (1,)


def test_search_in_the_copy(store: LogStore, conn: sqlite3.Connection, log_path: Path, tmp_path: Path) -> None:
    """Where the search index of legacy responses does not fit their row numbers, it is rebuilt in the copy."""
    for response_id in "abcd":
        legacy_response(conn, response_id, prompt=f"word{response_id}")
    # As VACUUM may do it: other row numbers, and an index that does not know of them.
    conn.execute("DROP TRIGGER responses_au")
    conn.execute("UPDATE responses SET rowid = rowid + 10")
    conn.commit()
    assert merged_log_rows(store, query="wordb") == []
    back_up(log_path, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        for response_id in "abcd":
            [row] = merged_log_rows(Handle(copy), query=f"word{response_id}")
            assert row["id"] == response_id


def test_sound_index_is_left_alone(store: LogStore, conn: sqlite3.Connection, log_path: Path, tmp_path: Path) -> None:
    """A copy whose index fits is not written to again."""
    legacy_response(conn, "a", prompt="word")
    back_up(log_path, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        index = "SELECT id, block FROM responses_fts_data ORDER BY id"
        assert copy.execute(index).fetchall() == conn.execute(index).fetchall()


def test_existing_target(store: LogStore, log_path: Path, tmp_path: Path) -> None:
    """An existing file is not overwritten."""
    target = tmp_path / "copy.db"
    target.write_bytes(b"precious")
    with pytest.raises(LogStoreError, match=r"copy\.db: output file already exists"):
        back_up(log_path, target)
    assert target.read_bytes() == b"precious"


def test_target_that_cannot_be_written(store: LogStore, log_path: Path, tmp_path: Path) -> None:
    """The error says why; nothing is left behind."""
    with pytest.raises(LogStoreError, match=r"nowhere.*unable to open database"):
        back_up(log_path, tmp_path / "nowhere" / "copy.db")
    with pytest.raises(LogStoreError):
        back_up(log_path, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("logs.db")] == []


def test_no_log(tmp_path: Path) -> None:
    """Without a log there is nothing to copy, and none is created."""
    with pytest.raises(LogStoreError, match=r"logs\.db"):
        back_up(tmp_path / "logs.db", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_damaged_log(log_path: Path, tmp_path: Path) -> None:
    """A copy that fails half-way leaves no file."""
    with closing(open_connection(log_path)) as conn:
        LogStore(Handle(conn))
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(log_path.read_bytes())
    content[4096 * 3 :] = b"\xff" * (len(content) - 4096 * 3)
    log_path.write_bytes(content)
    with pytest.raises(LogStoreError, match=r"copy\.db"):
        back_up(log_path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
