"""Answers that the log database does not take: the recovery file, and the way from there into the log."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

import llm
from llm.core.errors import LogStoreError
from llm.features import journaling
from llm.features.journaling import recover_log
from llm.store.database import open_log_database, writing
from llm.store.recovery import recovery_file
from tests.engine.faces import BlockingFace
from tests.features.journal_log import Log, upper


@pytest.fixture
def log(tmp_path: Path, conn: sqlite3.Connection) -> Log:
    """A new log database."""
    return Log(tmp_path / "logs.db", conn)


@pytest.fixture
def blocking() -> BlockingFace:
    """Ordinary code."""
    return BlockingFace()


def test_write_that_fails(blocking: BlockingFace, log: Log) -> None:
    """A turn that the database does not take goes to a private file beside it, the user is told, nothing is raised."""
    answer = blocking.model(["the answer"]).prompt("x")
    log.conn.execute("CREATE TRIGGER refuse BEFORE INSERT ON turns BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    log.conn.commit()
    with log.journaled(answer):
        answer.text()
    saved = recovery_file(log.path)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    [warning] = log.warnings
    assert all(part in warning for part in ("disk is full", str(saved), "llm logs recover"))
    assert log.turns() == []
    log.conn.execute("DROP TRIGGER refuse")
    log.conn.commit()
    assert recover_log(log.path) == (1, 0)
    assert log.turns() == [("the answer", None, None)]
    assert not saved.exists()


def test_one_turn_that_fails(blocking: BlockingFace, log: Log) -> None:
    """Where the database refuses one turn of a chain, the others are logged."""
    model = blocking.model(["a ", llm.ToolCall("upper", {"text": "a"}, "c1")], ["b"])
    answer = model.conversation().chain("x", tools=[upper])
    log.conn.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON turn_search WHEN NEW.response = 'b' "
        "BEGIN SELECT RAISE(ABORT, 'not this'); END"
    )
    log.conn.commit()
    with log.journaled(answer):
        answer.text()
    assert log.turns() == [("a ", None, None)]
    assert len(recovery_file(log.path).read_text().splitlines()) == 1


def test_locked_database(blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn for which the lock was waited for in vain goes to the file."""
    monkeypatch.setattr("llm.store.connection.BUSY_SECONDS", 0.0)
    log.conn.execute("PRAGMA busy_timeout = 0")
    answer = blocking.model(["the answer"]).prompt("x")
    with closing(open_log_database(log.path)) as other, writing(other), log.journaled(answer):
        answer.text()
        assert log.turns() == []
    assert "locked" in log.warnings[0]
    assert recover_log(log.path) == (1, 0)


def test_ctrl_c_while_writing(blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not want to wait for the database has the turn in the file."""
    answer = blocking.model(["the answer"]).prompt("x")

    def interrupted(_db: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(answer, "log_to_db", interrupted)
    with log.journaled(answer):
        answer.text()
    assert "KeyboardInterrupt" in log.warnings[0]
    assert recover_log(log.path) == (1, 0)


def test_nowhere_to_go(blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written at all, the user is told; the error of the answer goes on."""

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journaling, "save_to_file", full)
    monkeypatch.setattr(journaling, "save_to_temporary_file", full)
    answer = blocking.model(["a", llm.ModelError("the first error")]).prompt("x")
    log.conn.close()
    with pytest.raises(llm.ModelError, match="the first error"), log.journaled(answer):
        answer.text()
    assert "The log will not have it" in log.warnings[0]


def test_temporary_directory(
    blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Where the directory of the database takes no file, the turn goes to the directory for temporary files."""
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    recovery_file(log.path).mkdir()
    answer = blocking.model(["a"]).prompt("x")
    monkeypatch.setattr(answer, "log_to_db", lambda _db: 1 / 0)
    with log.journaled(answer):
        answer.text()
    [saved] = temporary.iterdir()
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert f"llm logs recover {saved}" in log.warnings[0]
    assert recover_log(log.path, saved) == (1, 0)
    assert list(temporary.iterdir()) == []


def test_unreadable_lines_stay(blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an import cannot read stays in the file; the rest is imported."""
    answer = blocking.model(["a"]).prompt("x")
    monkeypatch.setattr(answer, "log_to_db", lambda _db: 1 / 0)
    with log.journaled(answer):
        answer.text()
    saved = recovery_file(log.path)
    saved.write_text(f"damaged\n{saved.read_text()}")
    assert recover_log(log.path) == (1, 1)
    assert saved.read_text() == "damaged\n"
    assert log.turns() == [("a", None, None)]


def test_import_that_was_cut_short(log: Log, blocking: BlockingFace, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that was cut short is finished by the next one."""
    answer = blocking.model(["a"]).prompt("x")
    monkeypatch.setattr(answer, "log_to_db", lambda _db: 1 / 0)
    with log.journaled(answer):
        answer.text()
    saved = recovery_file(log.path)
    text = saved.read_text()
    saved.rename(saved.with_name(f"{saved.name}.importing"))
    assert recover_log(log.path) == (1, 0)
    assert log.turns() == [("a", None, None)]
    saved.with_name(f"{saved.name}.importing").write_text("damaged\n")
    saved.write_text(text)
    assert recover_log(log.path) == (1, 1)
    assert saved.read_text() == "damaged\n"
    assert not saved.with_name(f"{saved.name}.importing").exists()


def test_nothing_to_recover(log: Log, tmp_path: Path) -> None:
    """Without anything to recover, nothing is; a recovery file that was named has to exist."""
    assert recover_log(log.path) == (0, 0)
    with pytest.raises(LogStoreError, match="nowhere"):
        recover_log(log.path, tmp_path / "nowhere")
