"""The stored vectors that are most like a given one: exact, in one pass over the table and bounded memory.

Vectors come from the file a block at a time, in the order in which they lie there, and are scored by numpy in double
precision. Only the best so far are kept, as numbers; what else belongs to an item is read for the winners.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm.store.connection import execute

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_BLOCK_BYTES = 1 << 20  #: of vectors; as doubles they still fit into the cache of a processor
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
    best = _Best(number)
    score = _scorer(vector)
    for rowids, vectors in _blocks(conn, collection_id, 4 * len(vector), prefix, skip_id):
        best.offer(rowids, score(vectors))
    return _with_content(conn, best.ranked())


class _Best:
    """The best scores among all that were offered, with the rows they belong to."""

    def __init__(self, number: int) -> None:
        import numpy as np

        self._number = number
        self._rowids: Integers = np.empty(0, np.int64)
        self._scores: Floats = np.empty(0)
        self._offers: list[tuple[Integers, Floats]] = []
        self._offered = 0

    def offer(self, rowids: Integers, scores: Floats) -> None:
        """Take those that may be among the best."""
        if 0 < self._number <= len(self._scores):
            better = scores > self._scores.min()
            rowids, scores = rowids[better], scores[better]
        self._offers.append((rowids, scores))
        self._offered += len(rowids)
        if self._number > 0 and self._offered > self._number:
            self._settle()

    def ranked(self) -> list[tuple[int, float]]:
        """Return rows and scores, best first; equal scores in the order of the table."""
        import numpy as np

        self._settle()
        order = np.lexsort((self._rowids, -self._scores))
        return list(zip(self._rowids[order].tolist(), self._scores[order].tolist(), strict=True))

    def _settle(self) -> None:
        import numpy as np

        self._rowids = np.concatenate([self._rowids, *(rowids for rowids, _ in self._offers)])
        self._scores = np.concatenate([self._scores, *(scores for _, scores in self._offers)])
        self._offers, self._offered = [], 0
        if 0 < self._number < len(self._scores):
            kept = np.argpartition(-self._scores, self._number - 1)[: self._number]
            self._rowids, self._scores = self._rowids[kept], self._scores[kept]


def _scorer(vector: Sequence[float]) -> Any:
    """Return the function from a block of vectors to their scores; what is no number comes out as minus infinity."""
    import numpy as np

    query = np.asarray(vector, dtype=np.float64)
    length = np.sqrt(query @ query)

    def score(vectors: Any) -> Floats:
        rows = vectors.astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows)) * length
        dots = rows @ query
        scores: Floats = np.divide(dots, lengths, out=np.zeros(len(rows)), where=lengths != 0)
        return np.where(np.isnan(scores), -np.inf, scores)

    return score


def _blocks(
    conn: sqlite3.Connection, collection_id: int, size: int, prefix: str | None, skip_id: str | bytes | None
) -> Iterator[tuple[Integers, Any]]:
    """Yield rowids and vectors of `size` bytes, as a matrix; it is numpy's view of bytes, so it cannot be changed."""
    import numpy as np

    condition, parameters = "collection_id = ?", [collection_id]  # type: tuple[str, list[Any]]
    if prefix:
        condition += " AND id >= ? AND substr(id, 1, ?) = ?"
        parameters += [prefix, len(prefix), prefix]
    if skip_id:
        condition += " AND id IS NOT ?"
        parameters.append(skip_id)
    cursor = execute(conn, _statement(conn, condition, parameters), parameters)
    while rows := cursor.fetchmany(max(1, _BLOCK_BYTES // max(size, 1))):
        rowids, vectors = zip(*rows, strict=True)
        _check_sizes(vectors, size)
        matrix = np.frombuffer(b"".join(vectors), "<f4").reshape(len(rows), size // 4)
        yield np.array(rowids, np.int64), matrix


def _statement(conn: sqlite3.Connection, condition: str, parameters: Sequence[Any]) -> str:
    """Return the query for the rows that meet the condition, in the order in which they lie in the file.

    The index has them in the order of their ids. Where most rows are wanted, the table is read from end to end;
    otherwise the rowids are taken from the index and sorted.
    """
    [(wanted,)] = execute(conn, f"SELECT count(*) FROM embeddings WHERE {condition}", parameters).fetchall()
    [(last,)] = execute(conn, "SELECT max(rowid) FROM embeddings").fetchall()
    if 2 * wanted > (last or 0):
        return f"SELECT rowid, embedding FROM embeddings NOT INDEXED WHERE {condition}"
    wanted_rows = f"SELECT rowid FROM embeddings WHERE {condition}"
    return f"SELECT rowid, embedding FROM embeddings WHERE rowid IN ({wanted_rows}) ORDER BY rowid"


def _check_sizes(vectors: Sequence[bytes], size: int) -> None:
    found = set(map(len, vectors)) - {size}
    if found:
        raise ValueError(
            f"The collection holds vectors of {found.pop() // 4} numbers, the one to compare has {size // 4}. "
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
