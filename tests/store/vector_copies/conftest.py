"""Small collections have copies here, in files of ten rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from llm.store import vector_cache, vector_segments, vectors
from llm.store.connection import Handle
from llm.store.embeddings import add_collection, migrate
from tests.store.vector_copies.copies import (
    DIMENSIONS,
    ROWS,
    rest,
    vector,
    write,
)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have copies of small collections, in files of ten rows."""
    monkeypatch.setattr(vector_cache, "WORTH_IT", 0)
    monkeypatch.setattr(vector_cache, "COPY_AT_ONCE", True)
    monkeypatch.setattr(vector_segments, "SEGMENT_BYTES", 10 * 4 * DIMENSIONS)
    monkeypatch.setattr(vectors, "_BLOCK_BYTES", 3 * 4 * DIMENSIONS)
    yield
    vector_cache._copies.clear()


@pytest.fixture(params=["delete", "wal"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database of the rows `0` to `39`, in either journal mode."""
    path = tmp_path / "e.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute(f"PRAGMA journal_mode = {request.param}")
        migrate(Handle(conn))
        add_collection(conn, "c", "m")
        write(conn, {str(n): vector() for n in range(ROWS)})
    rest(path)
    return path


@pytest.fixture
def conn(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as conn:
        yield conn
