"""The copy of vectors beside a database must not be noticed, but by the time a search takes."""

from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from llm.core.vectors import encode
from llm.store import embeddings, vector_cache
from llm.store.embeddings import CollectionRow, Item, add_collection, delete_collection
from llm.store.vectors import Neighbour, nearest
from tests.store.vector_copies.copies import (
    definition,
    files,
    folder,
    reads_the_table,
    rest,
    search,
    vector,
    write,
)


def test_the_second_search_uses_the_copy(conn: sqlite3.Connection) -> None:
    """The first search makes the copy, the next ones read it instead of the table, and find the same to the bit."""
    expected = definition(conn)
    assert reads_the_table(conn)
    assert not reads_the_table(conn)
    assert search(conn) == expected
    vector_cache._copies.clear()  # as another process
    assert not reads_the_table(conn)
    assert search(conn) == expected


def test_only_what_is_searched_again_is_copied(
    conn: sqlite3.Connection, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the second search of a state of the database that makes or renews the copy; the first one takes a note."""
    monkeypatch.setattr(vector_cache, "COPY_AT_ONCE", False)
    for change in ({"new": vector()}, {"3": vector()}):
        write(conn, change)
        rest(path)
        assert [reads_the_table(conn) for _ in range(4)] == [True, True, False, False]
        assert search(conn) == definition(conn)
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder(path).iterdir()} == {0o600}
    assert delete_collection(conn, CollectionRow(1, "c", "m"))
    assert not folder(path).exists()


@pytest.mark.parametrize(
    "arguments", [{"skip_id": "7"}, {"prefix": "3"}, {"prefix": "3", "skip_id": "33"}, {"prefix": "x"}, {"number": -1}]
)
@pytest.mark.parametrize("kept", [1 << 20, 0])
def test_filters(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, object], kept: int
) -> None:
    """Prefix, left out item and number do the same with the copy, whether it is kept in memory or not."""
    monkeypatch.setattr(vector_cache, "_KEPT_BYTES", kept)
    search(conn)
    assert not reads_the_table(conn)
    assert search(conn, **arguments) == definition(conn, **arguments)
    assert bool(vector_cache._copies) == bool(kept)


def test_another_length(conn: sqlite3.Connection) -> None:
    """A query of another length is refused with a copy as without one."""
    search(conn)
    with pytest.raises(ValueError, match=r"4 numbers.* has 2"):
        nearest(conn, 1, [1, 0], number=1)
    embeddings.write_items(conn, 1, [(Item("odd", "", b""), encode([1, 0]))])
    conn.commit()
    with pytest.raises(ValueError, match=r"2 numbers.* has 4"):
        search(conn)


def test_few_copies_are_kept(conn: sqlite3.Connection, path: Path) -> None:
    """A process keeps the copies of few collections in memory, those used last."""
    for number in range(2, 8):
        add_collection(conn, f"c{number}", "m")
        write(conn, {"a": [1, 2, 3, 4], "b": [4, 3, 2, 1]}, number)
    rest(path)
    for number in range(2, 8):
        for _ in range(2):
            nearest(conn, number, [1, 2, 3, 4], number=1)
    assert [copied.name for copied in vector_cache._copies] == ["4.json", "5.json", "6.json", "7.json"]


def test_several_at_once(path: Path) -> None:
    """Processes that make the copy at the same time do not harm each other, and leave nothing half done."""
    barrier, wrong = threading.Barrier(4), []

    def work() -> None:
        with closing(sqlite3.connect(path)) as conn:
            expected = definition_without_environment(conn)
            barrier.wait()
            for _ in range(5):
                vector_cache._copies.clear()
                if search(conn) != expected:
                    wrong.append(conn)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not [name for name in files(path) if name.startswith(".")]


def definition_without_environment(conn: sqlite3.Connection) -> list[Neighbour]:
    conn.execute("BEGIN")
    found = search(conn)  # within a transaction there is no copy
    conn.rollback()
    return found
