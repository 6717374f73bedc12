"""What is shown while many items are embedded."""

from __future__ import annotations

import io
import sys

import pytest

from llm.cli import embedding_progress
from llm.cli.embedding_progress import with_progress
from llm.features.embedding_input import Entry, Source


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, stdout: io.StringIO, stderr: io.StringIO, total: int | None) -> None:
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(embedding_progress, "_PAUSE", -1)
    entries: list[Entry] = [(str(n), "x") for n in range(4)]
    source = Source((entry for entry in entries[1:]), total)
    assert list(with_progress(source, entries[:1])) == entries


@pytest.mark.parametrize("total", [4, None])
def test_terminal(monkeypatch: pytest.MonkeyPatch, total: int | None) -> None:
    """On a terminal there is a bar on standard output, with the number of items and the rate."""
    stdout, stderr = Terminal(), Terminal()
    shown(monkeypatch, stdout, stderr, total)
    assert "Embedding" in stdout.getvalue()
    assert "4 items, " in stdout.getvalue()
    assert "/s" in stdout.getvalue()
    assert ("100%" in stdout.getvalue()) == (total is not None)
    assert stderr.getvalue() == ""


def test_remaining_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is known how much there is, the remaining time is shown."""
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr("time.time", lambda: next(clock))
    stdout = Terminal()
    shown(monkeypatch, stdout, Terminal(), 4)
    assert "00:00:" in stdout.getvalue()


def test_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal there is the label and nothing else."""
    stdout, stderr = io.StringIO(), io.StringIO()
    shown(monkeypatch, stdout, stderr, 4)
    assert (stdout.getvalue(), stderr.getvalue()) == ("Embedding\n", "")


def test_output_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """When only standard error is a terminal, the bar is there."""
    stdout, stderr = io.StringIO(), Terminal()
    shown(monkeypatch, stdout, stderr, 4)
    assert stdout.getvalue() == "Embedding\n"
    assert "4 items, " in stderr.getvalue()
