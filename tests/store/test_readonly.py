"""Opening a log to look at it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from llm.core.errors import LogStoreError
from llm.store.database import Handle, open_log_database
from llm.store.filters import LogFilters
from llm.store.listing import iter_rows
from llm.store.logstore import LogStore
from llm.store.migrations import is_current
from llm.store.readonly import open_to_read
from tests.store.legacy import legacy_response
from tests.store.samples import turn


def prompts(path: Path, *, own: bool = False) -> list[str]:
    with open_to_read(path, own=own) as conn:
        return [row["prompt"] for row in iter_rows(conn, LogFilters())]


@pytest.fixture
def outdated(log_path: Path) -> Path:
    """A database as an older version left it: with a legacy response, without the tables of turns."""
    with closing(open_log_database(log_path)) as conn:
        legacy_response(conn, "1", prompt="from long ago")
        conn.execute("PRAGMA journal_mode = delete")
        conn.execute("DROP VIEW message_tree")
        conn.execute("DROP TABLE turn_search_fts")
        tables = "messages parts part_attachments part_fragments threads turns turn_tools turn_fragments turn_search"
        for table in [*tables.split(), "tool_instantiations"]:
            conn.execute(f"DROP TABLE {table}")
        conn.execute("DELETE FROM _llm_migrations WHERE name > 'm023' OR name LIKE 'llm%'")
        conn.commit()
    return log_path


def test_current_file_is_not_touched(log_path: Path) -> None:
    """A file that is up to date is opened read-only."""
    with closing(open_log_database(log_path)) as conn:
        LogStore(Handle(conn)).log(turn("kept"))
    log_path.chmod(0o400)
    before = log_path.read_bytes()
    with open_to_read(log_path, own=True) as conn, pytest.raises(sqlite3.OperationalError, match="readonly"):
        conn.execute("DELETE FROM turns")
    assert prompts(log_path) == ["kept"]
    assert log_path.read_bytes() == before


def test_outdated_log_of_the_user_is_migrated(outdated: Path) -> None:
    """The user's own log is brought up to date in place."""
    assert prompts(outdated, own=True) == ["from long ago"]
    with closing(sqlite3.connect(outdated)) as conn:
        assert is_current(conn)


def test_outdated_file_is_migrated_in_a_copy(outdated: Path) -> None:
    """Any other file is read through a migrated copy, and is the same afterwards, byte for byte."""
    before = outdated.read_bytes()
    assert prompts(outdated) == ["from long ago"]
    assert outdated.read_bytes() == before
    assert list(outdated.parent.iterdir()) == [outdated]


def test_copy_is_removed(outdated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left of the copy, even if reading fails."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with open_to_read(outdated, own=False):
        assert list(temporary.iterdir())
    with pytest.raises(ZeroDivisionError), open_to_read(outdated, own=False):
        raise ZeroDivisionError
    assert not list(temporary.iterdir())


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """The error names the file."""
    path = tmp_path / "text.db"
    path.write_text("not a database " * 100)
    with pytest.raises(LogStoreError, match=r"text\.db"), open_to_read(path, own=False):
        pass


def test_errors_while_reading(log_path: Path) -> None:
    """An error of SQLite in the block becomes one that names the file; others go through."""
    open_log_database(log_path).close()
    with (
        pytest.raises(LogStoreError, match=r"logs\.db.*no such table: nonsense"),
        open_to_read(log_path, own=False) as conn,
    ):
        conn.execute("SELECT * FROM nonsense")
    with pytest.raises(OSError, match="pipe"), open_to_read(log_path, own=False):
        raise BrokenPipeError("pipe")
