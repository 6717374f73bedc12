"""The stored vectors that are most like a given one: exact, in one pass and bounded memory.

Vectors come from a copy of the collection that lies beside the database (`vector_cache`), or, if there is none or it is
out of date, from the table, a block at a time, in the order in which they lie there. Only the best so far are kept, as
numbers; what else belongs to an item is read for the winners.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm.store.connection import execute
from llm.store.vector_cache import VectorCache, cache_of
from llm.store.vector_scores import Best, Block, block_of

if TYPE_CHECKING:
    from llm.store.vector_scores import Integers

_BLOCK_BYTES = 1 << 20  #: of vectors; they still fit into the cache of a processor
_MAPPED_BYTES = 160 << 20  #: of the file; they may count as the memory of the process
_CHUNK = 500  #: winners whose content is read by one statement


def prepare_to_scan(conn: sqlite3.Connection) -> None:
    """Make one pass over a whole table faster. For a connection of our own, as it changes a setting."""
    execute(conn, f"PRAGMA mmap_size = {_MAPPED_BYTES}").fetchall()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An item and how alike its vector is; no score if one of the vectors has a part that is no number."""

    id: str
    score: float | None
    content: str | None
    metadata: str | None  #: JSON


def nearest(
    conn: sqlite3.Connection,
    collection_id: int,
    vector: Sequence[float],
    *,
    number: int,
    prefix: str | None = None,
    skip_id: str | bytes | None = None,
) -> list[Neighbour]:
    """Return the items with the greatest cosine similarity to `vector`, best first; all for a negative `number`.

    Only items whose id starts with `prefix` count, and not `skip_id`. A vector without direction has a score of 0.
    Raises `ValueError` if a stored vector has another length.
    """
    if number == 0:
        return []
    cache = cache_of(conn, collection_id)
    with _one_moment(conn):
        if cache is not None and not cache.is_unmoved():
            cache = None
        best = Best(vector, number, skipped=_rowid(conn, collection_id, skip_id))
        for block in _blocks(conn, collection_id, len(vector), prefix, cache):
            best.offer(block)
        return _with_content(conn, best.ranked())


@contextlib.contextmanager
def _one_moment(conn: sqlite3.Connection) -> Iterator[None]:
    """Have all statements of the block see the database as it is at its beginning."""
    if conn.in_transaction:
        yield
        return
    conn.execute("BEGIN")
    try:
        execute(conn, "SELECT 1 FROM sqlite_master").fetchone()
        yield
    finally:
        conn.execute("ROLLBACK")


def _rowid(conn: sqlite3.Connection, collection_id: int, item_id: str | bytes | None) -> int | None:
    if not item_id:
        return None
    sql = "SELECT rowid FROM embeddings WHERE collection_id = ? AND id IS ?"
    row = execute(conn, sql, (collection_id, item_id)).fetchone()
    return None if row is None else int(row[0])


def _blocks(
    conn: sqlite3.Connection, collection_id: int, dimensions: int, prefix: str | None, cache: VectorCache | None
) -> Iterable[Block]:
    condition, parameters = "collection_id = ?", [collection_id]  # type: tuple[str, list[Any]]
    if prefix:
        condition += " AND id >= ? AND substr(id, 1, ?) = ?"
        parameters += [prefix, len(prefix), prefix]
    copied = cache.blocks() if cache is not None else None
    if copied is not None:
        wanted = _rowids(conn, condition, parameters) if prefix else None
        return _of_length(copied, dimensions) if wanted is None else _chosen(_of_length(copied, dimensions), wanted)
    [(count,)] = execute(conn, f"SELECT count(*) FROM embeddings WHERE {condition}", parameters).fetchall()
    blocks = _scanned(execute(conn, _statement(conn, condition, count), parameters), dimensions)
    return blocks if cache is None or prefix else cache.keeping(blocks, rows=count, dimensions=dimensions)


def _scanned(cursor: sqlite3.Cursor, dimensions: int) -> Iterator[Block]:
    """Yield rowids and vectors as the cursor brings them; the vectors are numpy's view of bytes."""
    import numpy as np

    size = 4 * dimensions
    while rows := cursor.fetchmany(max(1, _BLOCK_BYTES // max(size, 1))):
        rowids, vectors = zip(*rows, strict=True)
        _check_sizes(set(map(len, vectors)), size)
        matrix = np.frombuffer(b"".join(vectors), "<f4").reshape(len(rows), dimensions)
        yield block_of(np.array(rowids, np.int64), matrix)


def _of_length(blocks: Iterable[Block], dimensions: int) -> Iterator[Block]:
    for block in blocks:
        _check_sizes({4 * block.vectors.shape[1]}, 4 * dimensions)
        yield block


def _rowids(conn: sqlite3.Connection, condition: str, parameters: Sequence[Any]) -> Integers:
    import numpy as np

    sql = f"SELECT rowid FROM embeddings WHERE {condition} ORDER BY rowid"
    return np.array([rowid for (rowid,) in execute(conn, sql, parameters)], np.int64)


def _chosen(blocks: Iterable[Block], wanted: Integers) -> Iterator[Block]:
    """Yield of the blocks, whose rows are in the order of the table, those that are wanted."""
    import numpy as np

    for block in blocks:
        begin, end = np.searchsorted(wanted, (block.rowids[0], block.rowids[-1] + 1))
        rows = np.searchsorted(block.rowids, wanted[begin:end])
        if len(rows):
            yield Block(block.rowids[rows], block.vectors[rows], block.lengths[rows])


def _statement(conn: sqlite3.Connection, condition: str, wanted: int) -> str:
    """Return the query for the rows that meet the condition, in the order in which they lie in the file.

    The index has them in the order of their ids. Where most rows are wanted, the table is read from end to end;
    otherwise the rowids are taken from the index and sorted.
    """
    [(last,)] = execute(conn, "SELECT max(rowid) FROM embeddings").fetchall()
    if 2 * wanted > (last or 0):
        return f"SELECT rowid, embedding FROM embeddings NOT INDEXED WHERE {condition}"
    wanted_rows = f"SELECT rowid FROM embeddings WHERE {condition}"
    return f"SELECT rowid, embedding FROM embeddings WHERE rowid IN ({wanted_rows}) ORDER BY rowid"


def _check_sizes(found: set[int], size: int) -> None:
    others = found - {size}
    if others:
        raise ValueError(
            f"The collection holds vectors of {others.pop() // 4} numbers, the one to compare has {size // 4}. "
            "Are they from the same model?"
        )


def _with_content(conn: sqlite3.Connection, ranked: list[tuple[int, float]]) -> list[Neighbour]:
    found: list[Neighbour] = []
    for start in range(0, len(ranked), _CHUNK):
        chunk = ranked[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        sql = f"SELECT rowid, id, content, metadata FROM embeddings WHERE rowid IN ({marks})"
        rows = {rowid: rest for rowid, *rest in execute(conn, sql, [rowid for rowid, _ in chunk])}
        for rowid, score in chunk:
            if rowid in rows:  # else it was deleted meanwhile
                item_id, content, metadata = rows[rowid]
                found.append(Neighbour(item_id, None if score == float("-inf") else score, content, metadata))
    return found
