"""`llm embed-multi` as processes: killed in the middle, and two at once."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.embed_multi_child import COMMAND, COUNT, table, write_rows
from tests.cli.embed_multi_kills import rounds

ROOT = Path(__file__).parents[2]


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A command that embeds `COUNT` rows; the database is to follow."""
    return [*COMMAND, str(write_rows(tmp_path / "rows.csv")), "-m", "m", "--store", "-d"]


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("concurrency", ["1", "3"])
@pytest.mark.parametrize("at", [0, 7, 150])
def test_killed(words: list[str], tmp_path: Path, at: int, concurrency: str) -> None:
    """After a kill the finished batches are there, and a second run completes the table as one clean run does."""
    killed, clean = tmp_path / "killed.db", tmp_path / "clean.db"
    environment = {**os.environ, "KILLED_BY": "x" * at}
    ran = subprocess.run(
        [*words, str(killed), "--concurrency", concurrency], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    assert ran.returncode == -signal.SIGKILL
    assert len(table(killed)) < COUNT
    if concurrency == "1":
        assert len(table(killed)) == at // 7 * 7
    for database in (killed, clean):
        subprocess.run([*words, str(database)], cwd=ROOT, capture_output=True, check=True)
    assert table(killed) == table(clean)
    assert len(table(clean)) == COUNT


@pytest.mark.parametrize("concurrency", ["1", "4"])
def test_two_at_once(words: list[str], tmp_path: Path, concurrency: str) -> None:
    """Two runs on one new collection: neither fails, and nothing is there twice."""
    database = tmp_path / "both.db"
    running = [
        subprocess.Popen(
            [*words, str(database), "--concurrency", concurrency], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in running:
        assert process.communicate() == ("Embedding\n", "")
        assert process.returncode == 0
    assert [row[:2] for row in table(database)] == sorted((1, str(n)) for n in range(COUNT))


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_the_script(tmp_path: Path) -> None:
    """The script that kills at random moments finds no difference."""
    assert list(rounds(1, tmp_path)) == []
