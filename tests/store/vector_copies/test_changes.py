"""Whatever changes the database, by whatever program: the copy of its vectors is not believed then."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from llm.core.vectors import encode
from llm.store import vector_cache, vectors
from llm.store.embeddings import Item, write_items
from llm.store.vector_cache import cache_of
from tests.store.vector_copies.copies import (
    DIMENSIONS,
    ROWS,
    definition,
    files,
    reads_the_table,
    rest,
    search,
    vector,
    write,
)


def renumber(conn: sqlite3.Connection) -> None:
    conn.execute("DELETE FROM embeddings WHERE id < '3'")
    conn.commit()
    conn.execute("VACUUM")


CHANGES: dict[str, Callable[[sqlite3.Connection], object]] = {
    "a new item": lambda conn: write(conn, {"new": [1, 2, 3, 4]}),
    "a new vector": lambda conn: write(conn, {"5": [1, 2, 3, 4]}),
    "the last item again": lambda conn: write(conn, {"39": [1, 2, 3, 4]}),
    "update by plain SQL": lambda conn: conn.execute(
        "UPDATE embeddings SET embedding = ? WHERE id = '12'", (encode([1, 2, 3, 4]),)
    ),
    "deletion by plain SQL": lambda conn: conn.execute("DELETE FROM embeddings WHERE id > '3'"),
    "swapped ids": lambda conn: [
        conn.execute("UPDATE embeddings SET id = ? WHERE id = ?", swap) for swap in (("t", "1"), ("1", "2"), ("2", "t"))
    ],
    "swapped vectors": lambda conn: conn.execute(
        "UPDATE embeddings SET embedding = (SELECT embedding FROM embeddings AS other "
        "WHERE other.id = CASE embeddings.id WHEN '1' THEN '2' ELSE '1' END) WHERE id IN ('1', '2')"
    ),
    "another row under a rowid": lambda conn: conn.executescript(
        "DELETE FROM embeddings WHERE id = '39'; INSERT INTO embeddings (rowid, collection_id, id, embedding) "
        "SELECT 40, 1, 'heir', embedding FROM embeddings WHERE id = '3'"
    ),
    "rows in between": lambda conn: conn.executescript(
        "INSERT INTO embeddings (rowid, collection_id, id, embedding) SELECT rowid - 100, 1, id || '-', embedding "
        "FROM embeddings; UPDATE embeddings SET rowid = rowid * 2 WHERE rowid < 0"
    ),
    "another collection": lambda conn: write(conn, {"x": [1, 2, 3, 4]}, collection=2),
    "all gone": lambda conn: conn.execute("DELETE FROM embeddings"),
    "vacuum after deletion": renumber,
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_by_others(
    conn: sqlite3.Connection, path: Path, change: Callable[[sqlite3.Connection], object]
) -> None:
    """Whoever changes the rows, the next search finds what is there now, and renews the copy."""
    search(conn)
    with closing(sqlite3.connect(path)) as other:
        change(other)
        other.commit()
        assert search(conn) == definition(conn)
    rest(path)
    assert search(conn) == definition(conn)  # renews the copy
    assert search(conn) == definition(conn)
    vector_cache._copies.clear()
    assert search(conn) == definition(conn)


def test_changes_of_ones_own(conn: sqlite3.Connection, path: Path) -> None:
    """What the connection itself wrote is found at once, committed or not."""
    search(conn)
    write_items(conn, 1, [(Item("mine", "", b""), encode([1, 2, 3, 4]))])
    assert conn.in_transaction
    assert search(conn)[0].id == "mine"
    conn.rollback()
    assert search(conn) == definition(conn)
    write(conn, {"mine": [1, 2, 3, 4]})
    assert search(conn)[0].id == "mine"


@pytest.mark.parametrize("seed", range(4))
def test_random_changes(conn: sqlite3.Connection, path: Path, seed: int) -> None:
    """After any sequence of changes a search finds what one without a copy finds."""
    choose = np.random.default_rng(seed)
    with closing(sqlite3.connect(path)) as other:
        for _ in range(25):
            item = str(choose.integers(60))
            if choose.random() < 0.4:
                other.execute("DELETE FROM embeddings WHERE id = ?", (item,))
                other.commit()
            else:
                write(other, {item: vector()})
            if choose.random() < 0.7:
                rest(path)
            assert search(conn) == definition(conn)


def test_no_copy_of_a_moving_file(conn: sqlite3.Connection, path: Path) -> None:
    """While the file was changed a moment ago no copy is made: a second change might not show in its time."""
    os.utime(path)
    search(conn)
    assert files(path) == set()


def test_change_while_the_table_is_read(conn: sqlite3.Connection, path: Path) -> None:
    """A copy of a table that was changed while it was copied is not used, not even once."""
    cache = cache_of(conn, 1)
    assert cache is not None
    blocks = vectors._scanned(conn.execute("SELECT rowid, embedding FROM embeddings"), DIMENSIONS)
    copied = cache.keeping(blocks, rows=ROWS, dimensions=DIMENSIONS)
    next(copied)
    os.utime(path, ns=(1, 1))
    assert len(list(copied)) > 1
    assert files(path) == set()


def test_change_before_the_transaction(conn: sqlite3.Connection, path: Path) -> None:
    """A change between the look at the file and the beginning of the transaction is noticed."""
    cache = cache_of(conn, 1)
    assert cache is not None
    assert cache.is_unmoved()
    os.utime(path, ns=(1, 1))
    assert not cache.is_unmoved()


def test_only_what_changed_is_written(conn: sqlite3.Connection, path: Path) -> None:
    """The files of rows that are as they were stay; those of changed and of new rows are written anew."""
    search(conn)
    before = files(path)
    assert len(before) == 5  # four of ten rows, and their list
    write(conn, {"new": vector()})
    conn.execute("UPDATE embeddings SET embedding = ? WHERE id = '12'", (encode(vector()),))
    conn.commit()
    rest(path)
    search(conn)
    after = files(path)
    assert len(after - before) == 2  # the second ten, and one row more
    assert len(before & after) == 4
    assert not reads_the_table(conn)
