"""Where there is no copy of vectors: other people's files, full disks, and whatever is no file of its own."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from llm.store import vector_cache, vector_segments
from llm.store.connection import Handle
from llm.store.embeddings import migrate
from llm.store.vector_cache import SWITCH, cache_of
from tests.store.vector_copies.copies import (
    definition,
    files,
    folder,
    reads_the_table,
    search,
)


def test_private(conn: sqlite3.Connection, path: Path) -> None:
    """Only the user can read the copy: texts can be guessed from their vectors."""
    path.chmod(0o644)
    search(conn)
    assert files(path)
    assert stat.S_IMODE(folder(path).stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder(path).iterdir()} == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="files have no owners there")
@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_folder_of_others(conn: sqlite3.Connection, path: Path, mode: int) -> None:
    """A folder to which others may write is neither trusted nor used."""
    search(conn)
    vector_cache._copies.clear()
    folder(path).chmod(mode)
    before = files(path)
    assert reads_the_table(conn)
    assert reads_the_table(conn)
    assert files(path) == before


@pytest.mark.skipif(os.name != "posix", reason="files have no owners there")
def test_database_of_others(conn: sqlite3.Connection, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searching somebody else's database leaves no files beside it."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    search(conn)
    assert files(path) == set()


def refuse_files(patch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    patch.setattr(vector_segments._Run, "_write", full)


OBSTACLES: dict[str, Callable[[pytest.MonkeyPatch], object]] = {
    "switched off": lambda patch: patch.setenv(SWITCH, "0"),
    "too small to be worth it": lambda patch: patch.setattr(vector_cache, "WORTH_IT", 1 << 20),
    "hardly any space": lambda patch: patch.setattr(vector_cache, "_SPARE", 1 << 60),
    "no space": refuse_files,
    "no stamp": lambda patch: patch.setattr(vector_cache, "stamp_of", lambda _: None),
}


@pytest.mark.parametrize("obstacle", OBSTACLES.values(), ids=OBSTACLES)
def test_no_copy(
    conn: sqlite3.Connection,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    obstacle: Callable[[pytest.MonkeyPatch], object],
) -> None:
    """Where no copy can be made, or is not worth it, a search works all the same and leaves nothing behind."""
    expected = definition(conn)
    obstacle(monkeypatch)
    assert search(conn) == search(conn) == expected
    assert files(path) == set()


def test_other_databases_of_a_connection(conn: sqlite3.Connection, path: Path) -> None:
    """A connection with attached databases uses no copy, as the rows may be those of another file."""
    conn.execute("ATTACH DATABASE ':memory:' AS other")
    search(conn)
    assert files(path) == set()


def test_memory() -> None:
    """A database in memory has no copy."""
    with closing(sqlite3.connect(":memory:")) as conn:
        migrate(Handle(conn))
        assert cache_of(conn, 1) is None
