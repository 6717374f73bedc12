"""`llm logs path`, `status`, `on`, `off` and `backup`."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from llm.store.database import Handle, open_log_database
from llm.store.logstore import LogStore
from tests.cli.log_runs import run, shown
from tests.store.legacy import insert, legacy_response
from tests.store.samples import turn


def test_path(user_path: Path) -> None:
    """The path is printed though there is no file."""
    assert shown("path") == f"{user_path / 'logs.db'}\n"
    assert not (user_path / "logs.db").exists()


def test_on_and_off(user_path: Path) -> None:
    """Switching is silent, can be repeated, and is kept as an empty file."""
    switch = user_path / "logs-off"
    for command, exists in (("off", True), ("off", True), ("on", False), ("on", False)):
        assert shown(command) == ""
        assert switch.exists() == exists
        assert not exists or switch.read_bytes() == b""


def test_status_without_a_log(user_path: Path) -> None:
    """Without a log the state is shown all the same, and none is created."""
    path = user_path / "logs.db"
    assert shown("status") == f"Logging is ON for all prompts\nNo log database found at {path}\n"
    shown("off")
    assert shown("status") == f"Logging is OFF\nNo log database found at {path}\n"
    assert not path.exists()


def test_status(user_path: Path) -> None:
    """The status counts what is in the log; legacy rows only if there are any."""
    path = user_path / "logs.db"
    with closing(open_log_database(path)) as conn:
        store = LogStore(Handle(conn))
        for _ in range(2):
            store.log(turn(thread_id="t"))
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = f"{path.stat().st_size / 1024:.2f}KB"
        lines = [
            "Logging is ON for all prompts",
            f"Found log database at {path}",
            "Number of threads logged:\t1",
            "Number of turns logged:\t\t2",
            f"Database file size: \t\t{size}",
        ]
        assert shown("status").splitlines() == lines
        insert(conn, "conversations", id="c")
    lines[4:4] = ["Number of legacy conversations:\t1", "Number of legacy responses:\t0"]
    assert shown("status").splitlines()[:6] == lines[:6]
    shown("off")
    assert shown("status").startswith("Logging is OFF\nFound log database at ")


def test_status_of_an_outdated_log(user_path: Path) -> None:
    """An outdated log is brought up to date first."""
    path = user_path / "logs.db"
    sqlite3.connect(path).close()
    path.touch()
    assert "Number of turns logged:\t\t0\n" in shown("status")


def test_backup(user_path: Path, tmp_path: Path) -> None:
    """The copy is complete and private, and its size is reported."""
    with closing(open_log_database(user_path / "logs.db")) as conn:
        LogStore(Handle(conn)).log(turn("kept"))
        legacy_response(conn, "old")
    target = tmp_path / "copy.db"
    output = shown("backup", str(target))
    assert output == f"Backed up {target.stat().st_size / 1024:.2f}KB to {target}\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "kept" in shown("-d", str(target))


def test_backup_to_a_relative_path(user_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of the copy is shown as it was typed."""
    open_log_database(user_path / "logs.db").close()
    monkeypatch.chdir(tmp_path)
    assert shown("backup", "./copy.db").endswith("KB to ./copy.db\n")
    assert (tmp_path / "copy.db").exists()


def test_backup_to_an_existing_file(user_path: Path, tmp_path: Path) -> None:
    """An existing target is an error with SQLite's words, and is left alone."""
    open_log_database(user_path / "logs.db").close()
    target = tmp_path / "copy.db"
    shown("backup", str(target))
    before = target.read_bytes()
    result = run("backup", str(target))
    assert result.exit_code == 1
    assert "output file already exists" in result.stderr
    assert target.read_bytes() == before


def test_backup_into_a_missing_directory(user_path: Path, tmp_path: Path) -> None:
    """A target that cannot be written is an error."""
    open_log_database(user_path / "logs.db").close()
    result = run("backup", str(tmp_path / "nowhere" / "copy.db"))
    assert result.exit_code == 1
    assert "unable to open database" in result.stderr


def test_backup_without_a_log(user_path: Path, tmp_path: Path) -> None:
    """Without a log there is nothing to back up: an error, and no file is made."""
    result = run("backup", str(tmp_path / "copy.db"))
    assert result.exit_code == 1
    assert str(user_path / "logs.db") in result.stderr
    assert not (tmp_path / "copy.db").exists()
    assert not (user_path / "logs.db").exists()


def test_help() -> None:
    """The group and each command explain themselves; the default command is marked."""
    text = shown("--help")
    assert "list*" in text
    for name in ("list", "path", "status", "backup", "on", "off"):
        assert name in text
        assert shown(name, "-h").startswith("Usage: ")
