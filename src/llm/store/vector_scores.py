"""How like a query each of many vectors is, and which are the best: as exact as double precision, as fast as single.

All vectors are compared in single precision, whose error has a bound. Only those that the bound leaves in the running
are compared once more in double precision, and that result counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]
    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_UNIT = 2.0**-23  #: twice the rounding error of single precision
_PLAIN_LENGTHS = (1e-15, 1e15)  #: between these, squares neither vanish nor overflow in single precision


@dataclass(frozen=True, slots=True)
class Block:
    """Stored vectors, one a row of the matrix, with their rowids and, as far as single precision goes, lengths."""

    rowids: Integers
    vectors: Singles
    lengths: Singles


def block_of(rowids: Integers, vectors: Singles) -> Block:
    """Return a block, its lengths computed."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        return Block(rowids, vectors, np.sqrt(np.einsum("ij,ij->i", vectors, vectors)))


class Best:
    """The best scores among all blocks that were offered, with the rows they belong to.

    `number` is how many are wanted, all if it is negative; `skipped` is a row that does not count. A score is minus
    infinity where one of the vectors has a part that is no number, and 0 where one has no direction.
    """

    def __init__(self, query: Sequence[float], number: int, *, skipped: int | None = None) -> None:
        import numpy as np

        self._query = _scaled(np.asarray(query, dtype=np.float64))
        self._length = float(np.sqrt(self._query @ self._query))
        self._number = number
        self._skipped = skipped
        self._rowids: list[Integers] = []
        self._scores: list[Floats] = []
        self._floor = -np.inf
        self._quick = number > 0 and 0 < self._length < np.inf
        if self._quick:
            self._direction = (self._query / self._length).astype(np.float32)
            # Rounding of the product, of the stored length and of the query, each in the worst case.
            self._error = (len(self._query) + 8) * _UNIT

    def offer(self, block: Block) -> None:
        """Take those rows that may be among the best."""
        rows = self._in_the_running(block)
        scores = self._exact(block.vectors[rows])
        self._rowids.append(block.rowids[rows])
        self._scores.append(scores)
        if self._number > 0 and sum(map(len, self._scores)) > self._number:
            self._settle()

    def ranked(self) -> list[tuple[int, float]]:
        """Return rows and scores, best first; equal scores in the order of the table."""
        if not self._scores:
            return []
        self._settle()
        return list(zip(self._rowids[0].tolist(), self._scores[0].tolist(), strict=True))

    def _in_the_running(self, block: Block) -> Integers:
        import numpy as np

        wanted = np.ones(len(block.rowids), bool) if self._skipped is None else block.rowids != self._skipped
        if self._quick:
            wanted &= self._promising(block, wanted)
        return np.flatnonzero(wanted)

    def _promising(self, block: Block, wanted: Flags) -> Flags:
        import numpy as np

        least, most = _PLAIN_LENGTHS
        with np.errstate(all="ignore"):
            rough = (block.vectors @ self._direction) / block.lengths
        plain = (block.lengths > least) & (block.lengths < most)
        rough[~(plain & wanted)] = -np.inf
        found = rough >= self._floor - self._error
        if np.count_nonzero(found) > 2 * self._number:
            last = len(rough) - self._number
            found = rough >= np.partition(rough, last)[last] - 2 * self._error
        return found | ~plain

    def _exact(self, vectors: Singles) -> Floats:
        import numpy as np

        rows = vectors.astype(np.float64)
        with np.errstate(all="ignore"):
            # Not by `@`, whose rounding depends on how many rows there are.
            products = np.einsum("ij,j->i", rows, self._query)
            lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows)) * self._length
            scores: Floats = np.divide(products, lengths, out=np.zeros(len(rows)), where=lengths != 0)
        return np.where(np.isnan(scores), -np.inf, scores)

    def _settle(self) -> None:
        import numpy as np

        rowids, scores = np.concatenate(self._rowids), np.concatenate(self._scores)
        order: Any = np.lexsort((rowids, -scores))
        if self._number > 0:
            order = order[: self._number]
        self._rowids, self._scores = [rowids[order]], [scores[order]]
        if len(order) == self._number:
            self._floor = float(scores[order[-1]])


def _scaled(query: Floats) -> Floats:
    """Return a vector of the same direction whose square neither vanishes nor overflows; without any rounding."""
    import numpy as np

    largest = np.abs(query).max(initial=0.0)
    return np.ldexp(query, -int(np.frexp(largest)[1])) if 0 < largest < np.inf else query
