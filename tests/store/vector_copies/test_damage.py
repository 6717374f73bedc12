"""The copy of vectors may be removed or damaged at any time, and goes with its collection."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from llm.store import vector_cache
from llm.store.embeddings import CollectionRow, delete_collection
from tests.store.vector_copies.copies import (
    definition,
    folder,
    reads_the_table,
    rest,
    search,
    vector,
    write,
)


def damage_list(path: Path) -> None:
    (folder(path) / "1.json").write_text("{")


def older_format(path: Path) -> None:
    file = folder(path) / "1.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 0}))


def empty(path: Path) -> None:
    for file in folder(path).iterdir():
        file.unlink()


def a_file(path: Path) -> Path:
    return next(folder(path).glob("1-*"))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "everything": empty,
    "the folder": lambda path: folder(path).rename(path.with_name("elsewhere")),
    "a file": lambda path: a_file(path).unlink(),
    "half a file": lambda path: os.truncate(a_file(path), 10),
    "all of a file": lambda path: os.truncate(a_file(path), 0),
    "the list": damage_list,
    "an older form": older_format,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_removal_and_damage(conn: sqlite3.Connection, path: Path, damage: Callable[[Path], object]) -> None:
    """The copy may be removed, as a whole or in part, at any time; it is made again."""
    search(conn)
    vector_cache._copies.clear()
    damage(path)
    assert reads_the_table(conn)
    assert search(conn) == definition(conn)
    assert not reads_the_table(conn)


def test_removal_while_it_is_in_use(conn: sqlite3.Connection, path: Path) -> None:
    """A process that has the copy in memory goes on with it."""
    search(conn)
    search(conn)
    empty(path)
    assert not reads_the_table(conn)
    assert search(conn) == definition(conn)


def test_leftovers(conn: sqlite3.Connection, path: Path) -> None:
    """What a killed process left is deleted when it is an hour old, as is the copy of a collection that is gone."""
    search(conn)
    fresh, old, gone = (folder(path) / name for name in (".unfinished-1", ".unfinished-2", "77-1.vectors"))
    for file in (fresh, old, gone):
        file.touch()
    os.utime(old, (1, 1))
    write(conn, {"new": vector()})
    rest(path)
    search(conn)
    assert [file.exists() for file in (fresh, old, gone)] == [True, False, False]


def test_deleted_collection(conn: sqlite3.Connection, path: Path) -> None:
    """With a collection its copy goes, and with the last one the folder."""
    search(conn)
    assert delete_collection(conn, CollectionRow(1, "c", "m"))
    assert not folder(path).exists()


def test_after_a_restart_of_the_machine(conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were not forced to the disk may have lost content in a crash: after a restart they are compared."""
    search(conn)
    vector_cache._copies.clear()
    monkeypatch.setattr(vector_cache, "boot", lambda: "another")
    assert reads_the_table(conn)
    assert not reads_the_table(conn)


def test_where_restarts_are_not_told(conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not tell when it was started, files are forced to the disk before they are listed."""
    synced: list[int] = []
    monkeypatch.setattr(vector_cache, "boot", lambda: "")
    monkeypatch.setattr(os, "fsync", synced.append)
    search(conn)
    assert len(synced) == 4
    assert not reads_the_table(conn)
