"""`llm embed-multi` as processes: killed in the middle, and two at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

PROGRAM = """
import os, signal, sys
import llm
from llm.cli.commands.embed_multi import embed_multi

class Model(llm.EmbeddingModel):
    model_id = "m"
    batch_size = 7
    def embed_batch(self, items, *, key=None):
        for item in items:
            if item == os.environ.get("KILLED_BY"):
                os.kill(os.getpid(), signal.SIGKILL)
            yield [float(len(item)), 1.0]

class Plugin:
    @llm.hookimpl
    def register_embedding_models(self, register):
        register(Model())

llm.pm.register(Plugin())
embed_multi(sys.argv[1:])
"""
COUNT = 200


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A command that embeds `COUNT` rows; the database is to follow."""
    rows = tmp_path / "rows.csv"
    rows.write_text("id,text\n" + "".join(f"{n},{'x' * n}\n" for n in range(COUNT)))
    return [sys.executable, "-c", PROGRAM, "c", str(rows), "-m", "m", "--store", "-d"]


def table(path: Path) -> list[tuple[Any, ...]]:
    db = sqlite_utils.Database(path)
    rows: list[tuple[Any, ...]] = db.execute(
        "SELECT collection_id, id, embedding, content, content_hash FROM embeddings ORDER BY id"
    ).fetchall()
    db.close()
    return rows


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_killed(words: list[str], tmp_path: Path) -> None:
    """After a kill the finished batches are there, and a second run completes the table as one clean run does."""
    killed = subprocess.run(
        [*words, "killed.db"], cwd=tmp_path, env={**os.environ, "KILLED_BY": "x" * 150}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert 0 < len(table(tmp_path / "killed.db")) < COUNT
    for name in ("killed.db", "clean.db"):
        subprocess.run([*words, name], cwd=tmp_path, check=True)
    assert table(tmp_path / "killed.db") == table(tmp_path / "clean.db")
    assert len(table(tmp_path / "clean.db")) == COUNT


def test_two_at_once(words: list[str], tmp_path: Path) -> None:
    """Two runs on one new collection: neither fails, and nothing is there twice."""
    running = [
        subprocess.Popen([*words, "both.db"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in running:
        assert process.communicate() == ("Embedding\n", "")
        assert process.returncode == 0
    assert [row[:2] for row in table(tmp_path / "both.db")] == sorted((1, str(n)) for n in range(COUNT))
