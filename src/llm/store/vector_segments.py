"""The files of a cache of vectors: each holds those of a run of rows, is written once and mapped into memory.

A file has the vectors, one after the other, then (from a multiple of eight) the rowids, then the lengths of the
vectors. A file is never changed. When the table has changed, those that still say what it says are kept, and the
others are written anew, so that a few new rows do not cost writing everything.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from llm.store.vector_scores import Block

SEGMENT_BYTES = 64 << 20  #: of vectors in one file; numpy takes its time to begin with each
SUFFIX = ".vectors"
UNFINISHED = ".unfinished-"  #: what the names of files begin with that somebody writes, or wrote when he was killed


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of the cache: its name, how many rows it holds, and the last one's rowid."""

    file: str
    rows: int
    last: int


def mapped(path: Path, rows: int, dimensions: int) -> Block:
    """Return what a file holds, as views of the file itself. Raises `OSError` or `ValueError` if it is not that."""
    import numpy as np

    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    rowids, lengths, end = _offsets(rows, dimensions)
    if len(content) != end:
        raise ValueError(f"{path} has {len(content)} bytes instead of {end}")
    return Block(
        np.frombuffer(content, "<i8", rows, rowids),
        np.frombuffer(content, "<f4", rows * dimensions).reshape(rows, dimensions),
        np.frombuffer(content, "<f4", rows, lengths),
    )


def _offsets(rows: int, dimensions: int) -> tuple[int, int, int]:
    """Return where the rowids and the lengths begin, and where the file ends."""
    rowids = (4 * rows * dimensions + 7) // 8 * 8
    return rowids, rowids + 8 * rows, rowids + 12 * rows


class SegmentWriter:
    """Writes blocks as segments, but keeps each of the `old` ones that says the same. To be closed.

    Nothing bears its final name before `publish`.
    """

    def __init__(self, folder: Path, name: str, dimensions: int, old: list[Segment]) -> None:
        self._folder = folder
        self._name = name
        self._dimensions = dimensions
        self._most = max(1, SEGMENT_BYTES // max(4 * dimensions, 1))
        self._old = old[::-1]
        self._segments: list[Segment] = []
        self._written: list[tuple[Path, Path]] = []
        self._current: _Run | None = None

    def add(self, block: Block) -> None:
        """Take the next rows; their rowids are greater than all before."""
        while len(block.rowids):
            run = self._current = self._current or self._next_run()
            count = run.takes(block.rowids)
            if count:
                run.add(_rows(block, 0, count))
            if count < len(block.rowids):
                self._end_run()
            block = _rows(block, count, len(block.rowids))

    def finish(self) -> list[Segment]:
        """Return the segments that hold what was added. Files whose content has to survive a crash are synced."""
        if self._current is not None:
            self._end_run()
        return self._segments

    def publish(self, *, sync: bool) -> None:
        """Give the new files their names; `sync` forces their content to the disk first."""
        for temporary, final in self._written:
            if sync:
                _sync(temporary)
            temporary.replace(final)
        self._written.clear()

    def close(self) -> None:
        """Delete what was not published."""
        if self._current is not None:
            self._current.discard()
        for temporary, _ in self._written:
            with contextlib.suppress(OSError):
                temporary.unlink()

    def _next_run(self) -> _Run:
        old = self._old.pop() if self._old else None
        # The rows up to the last one of an old segment belong to it, so that those behind it find theirs.
        return _Run(self._folder, self._dimensions, old, self._most, bounded=bool(self._old))

    def _end_run(self) -> None:
        run, self._current = self._current, None
        if run is None:
            return
        kept = run.unchanged()
        if kept is not None:
            self._segments.append(kept)
        elif run.rows:
            final = f"{self._name}-{os.urandom(8).hex()}{SUFFIX}"
            self._written.append((run.end(), self._folder / final))
            self._segments.append(Segment(final, run.rows, run.last))


class _Run:
    """The rows of one segment, as they come. Writing begins with the first row that an old segment does not have."""

    def __init__(self, folder: Path, dimensions: int, old: Segment | None, most: int, *, bounded: bool) -> None:
        import numpy as np

        self._folder = folder
        self._dimensions = dimensions
        self._old = old
        self._before = _mapped_if_there(folder, old, dimensions)
        self._limit = old.last if old is not None and bounded else np.iinfo(np.int64).max
        # Rows that were put between old ones must not push the last ones into the next segment, and so on.
        self._most = 2 * most if bounded else most
        self._file: IO[bytes] | None = None
        self._beside: list[Block] = []  #: what is written: rowids and lengths, for the end of the file
        self.rows = 0
        self.last = 0

    def takes(self, rowids: object) -> int:
        """Return how many of the next rows belong here."""
        import numpy as np

        return min(int(np.searchsorted(rowids, self._limit, "right")), self._most - self.rows)  # type: ignore[call-overload]

    def add(self, block: Block) -> None:
        if self._file is None and not self._says(block):
            self._begin()
        if self._file is not None:
            self._write(block)
        self.rows += len(block.rowids)
        self.last = int(block.rowids[-1])

    def unchanged(self) -> Segment | None:
        """Return the old segment if it holds just the rows that were added."""
        return self._old if self._file is None and self._old is not None and self.rows == self._old.rows else None

    def end(self) -> Path:
        """Complete the file and return where it is."""
        if self._file is None:  # the rows at the old one's end are gone
            self._begin()
        assert self._file is not None  # noqa: S101 - for the type checker
        with self._file as file:
            file.write(bytes(-file.tell() % 8))
            for block in self._beside:
                file.write(block.rowids.astype("<i8", copy=False).data)
            for block in self._beside:
                file.write(block.lengths.astype("<f4", copy=False).data)
        return Path(file.name)

    def discard(self) -> None:
        if self._file is not None:
            self._file.close()
            with contextlib.suppress(OSError):
                Path(self._file.name).unlink()

    def _says(self, block: Block) -> bool:
        """Tell whether the old segment goes on with this block, to the bit."""
        import numpy as np

        end = self.rows + len(block.rowids)
        if self._before is None or end > len(self._before.rowids):
            return False
        old = _rows(self._before, self.rows, end)
        same_rows = np.array_equal(old.rowids, block.rowids)
        return same_rows and np.array_equal(old.vectors.view("<u4"), block.vectors.view("<u4"))

    def _begin(self) -> None:
        self._file = private_file(self._folder)
        if self._before is not None and self.rows:
            self._write(_rows(self._before, 0, self.rows))

    def _write(self, block: Block) -> None:
        assert self._file is not None  # noqa: S101 - for the type checker
        self._file.write(block.vectors.astype("<f4", copy=False).data)
        self._beside.append(Block(block.rowids, block.vectors[:0], block.lengths))


def private_file(folder: Path) -> IO[bytes]:
    """Make a file for the time of writing, which only its owner can read, and open it."""

    def private(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    path = folder / f"{UNFINISHED}{os.urandom(8).hex()}"
    return open(path, "xb", opener=private)  # Path.open() has no opener


def _mapped_if_there(folder: Path, segment: Segment | None, dimensions: int) -> Block | None:
    if segment is None:
        return None
    try:
        return mapped(folder / segment.file, segment.rows, dimensions)
    except (OSError, ValueError):
        return None


def _rows(block: Block, start: int, end: int) -> Block:
    return Block(block.rowids[start:end], block.vectors[start:end], block.lengths[start:end])


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
