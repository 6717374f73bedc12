"""Processes that are killed while they show an answer, and many that log at once."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llm.features.journaling import recover_turns
from llm.store.database import Handle, open_log_database
from llm.store.listing import merged_log_rows
from llm.store.recovery import recovery_file
from tests.features.journal_child import TURNS

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


def start(path: Path, mode: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.features.journal_child", str(path), mode],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Child:
    """A process that shows an answer: what its model says is given to `say`, which returns when it was shown."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.process = start(path, "stream")
        assert self._shown() == "ready"
        self.said = ""

    def say(self, *words: str) -> None:
        for word in words:
            assert self.process.stdin is not None
            self.process.stdin.write(f"{word}\n")
            self.process.stdin.flush()
            self.said += self._shown()

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode

    def written(self) -> str:
        """Return what the journal has of the answer."""
        with closing(sqlite3.connect(self.path)) as conn:
            rows = conn.execute("SELECT events FROM llm_journal_chunks ORDER BY number").fetchall()
        return "".join(event["chunk"] for (events,) in rows for event in json.loads(events))

    def _shown(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().removesuffix("\n")


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Callable[[], Child]]:
    """The function that starts a child on the log database of the test."""
    started: list[Child] = []

    def child() -> Child:
        started.append(Child(tmp_path / "logs.db"))
        return started[-1]

    yield child
    for found in started:
        if found.process.poll() is None:
            found.process.kill()
        found.process.communicate()


def recovered(path: Path) -> list[dict[str, Any]]:
    """Open the log as the next command does, and return its rows, oldest first."""
    with closing(open_log_database(path)) as conn:
        recover_turns(conn)
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert conn.execute("SELECT count(*) FROM llm_journal").fetchone() == (0,)
        return merged_log_rows(Handle(conn))[::-1]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_killed_after_a_while(children: Callable[[], Child]) -> None:
    """Whatever was written before the process was killed is in the recovered turn, and nothing that was not shown."""
    child = children()
    child.say("one", "two", "three")
    wait_until(lambda: child.written() == "one two three ")
    child.say("four", "five")
    assert child.end(signal.SIGKILL) == -signal.SIGKILL
    [row] = recovered(child.path)
    assert (row["prompt"], row["state"]) == ("question", "recovered")
    assert row["response"].startswith("one two three ")
    assert child.said.startswith(row["response"])


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment(children: Callable[[], Child], seed: int) -> None:
    """A process that is killed at any moment leaves a prefix of what was shown, or nothing."""
    choice = random.Random(seed)
    child = children()
    child.say(*(str(number) for number in range(choice.randrange(1, 60))))
    child.end(signal.SIGKILL)
    rows = recovered(child.path)
    assert len(rows) <= 1
    for row in rows:
        assert row["state"] == "recovered"
        assert child.said.startswith(row["response"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_end(children: Callable[[], Child], number: signal.Signals) -> None:
    """Ctrl-C and termination leave exactly what was shown, marked as interrupted."""
    child = children()
    child.say("one", "two")
    assert child.end(number) != 0
    [row] = recovered(child.path)
    assert (row["response"], row["state"]) == ("one two ", "interrupted")


def test_killed_before_anything_was_said(children: Callable[[], Child]) -> None:
    """A process that is killed before the model said anything leaves no turn."""
    child = children()
    child.end(signal.SIGKILL)
    assert recovered(child.path) == []


def test_running_process_is_left_alone(children: Callable[[], Child]) -> None:
    """Other processes do not take the turn of a running one for lost; it logs its turn when it is complete."""
    child = children()
    child.say("one")
    wait_until(lambda: child.written() == "one ")
    with closing(open_log_database(child.path)) as conn:
        assert recover_turns(conn) == 0
        assert conn.execute("SELECT count(*) FROM turns").fetchone() == (0,)
    child.say("two")
    assert child.process.communicate(timeout=PATIENCE)[1] == ""
    [row] = recovered(child.path)
    assert row["response"] == "one two "
    assert "state" not in row


def test_many_writers(tmp_path: Path) -> None:
    """Eight processes that log twenty turns each at the same time: every turn is logged, none is marked."""
    path = tmp_path / "logs.db"
    processes = [start(path, "many") for _ in range(8)]
    endings = [(process.communicate(timeout=120)[1], process.returncode) for process in processes]
    assert endings == [("", 0)] * 8
    rows = recovered(path)
    assert len(rows) == 8 * TURNS
    assert {row["response"] for row in rows} == {"one two three"}
    assert not [row for row in rows if "state" in row]
    assert not recovery_file(path).exists()
