"""Signals that end a command while it shows or logs an answer."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llm.features.journaling import recover_log
from llm.store.database import open_log_database
from tests.engine.faces import BlockingFace
from tests.features.journal_log import Log


@pytest.fixture
def log(tmp_path: Path, conn: sqlite3.Connection) -> Log:
    """A new log database."""
    return Log(tmp_path / "logs.db", conn)


@pytest.fixture
def blocking() -> BlockingFace:
    """Ordinary code."""
    return BlockingFace()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_termination_signal(blocking: BlockingFace, log: Log, number: signal.Signals) -> None:
    """A termination signal ends the block with an exit code that tells of it; afterwards it does what it did."""

    def kill(_response: Any) -> None:
        os.kill(os.getpid(), number)

    answer = blocking.model(["a", kill, "b"]).prompt("x")
    with pytest.raises(SystemExit) as caught, log.journaled(answer):
        answer.text()
    assert caught.value.code == 128 + number
    assert log.turns() == [("a", "interrupted", "Terminated")]
    assert signal.getsignal(number) is signal.SIG_DFL


def test_termination_while_writing(blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A termination signal while the turn is being written takes effect once it is written."""
    answer = blocking.model(["a"]).prompt("x")
    original = answer.log_to_db

    def log_to_db(db: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        original(db)

    monkeypatch.setattr(answer, "log_to_db", log_to_db)
    with pytest.raises(SystemExit) as caught, log.journaled(answer):
        answer.text()
    assert caught.value.code == 128 + signal.SIGTERM
    assert log.turns() == [("a", None, None)]


def test_ctrl_c_just_before_writing(blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """One Ctrl-C while the turn is being written takes effect once it is written."""
    answer = blocking.model(["a"]).prompt("x")
    original = answer.log_to_db

    def log_to_db(db: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        original(db)

    monkeypatch.setattr(answer, "log_to_db", log_to_db)
    with pytest.raises(KeyboardInterrupt), log.journaled(answer):
        answer.text()
    assert log.turns() == [("a", None, None)]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_second_ctrl_c(blocking: BlockingFace, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second Ctrl-C ends the waiting for the database: the turn goes to the file."""
    answer = blocking.model(["a"]).prompt("x")

    def wait(_db: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(answer, "log_to_db", wait)
    with pytest.raises(KeyboardInterrupt), log.journaled(answer):
        answer.text()
    assert recover_log(log.path) == (1, 0)
    assert log.turns() == [("a", None, None)]


def test_handler_of_the_program_stays(blocking: BlockingFace, log: Log) -> None:
    """A program that handles a signal itself, or ignores it, goes on doing so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        answer = blocking.model(["a", lambda _: os.kill(os.getpid(), signal.SIGHUP), "b"]).prompt("x")
        with log.journaled(answer):
            assert answer.text() == "ab"
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads(blocking: BlockingFace, log: Log) -> None:
    """Outside the main thread, which alone may handle signals, everything else works."""
    from concurrent.futures import ThreadPoolExecutor

    def run() -> list[Any]:
        with closing(open_log_database(log.path)) as conn:
            inner = Log(log.path, conn)
            answer = blocking.model(["a"]).prompt("x")
            with inner.journaled(answer):
                answer.text()
            return inner.turns()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run).result() == [("a", None, None)]
