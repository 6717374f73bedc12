"""A copy of a collection's vectors beside the database, in a form that can be searched without reading the table.

For `embeddings.db` it is in the folder `embeddings.db-vectors`, which may be deleted at any time. It counts only while
the stamp of the database is the one it was made with; whoever changes the database, by whatever program, changes that.
The second search of the whole table then compares the copy with it and renews what differs. (The column `updated` would
not do: plain SQL may leave it as it is, and as it has no index, looking for new values reads the table just the same.)
Files are written once and get their names when they are complete, the list of them last, so that any number of
processes can do this at once. Small collections and other people's files have no copy.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from llm.store.connection import execute
from llm.store.vector_scores import Block
from llm.store.vector_segments import SUFFIX, UNFINISHED, Segment, SegmentWriter, mapped, private_file
from llm.store.vector_stamp import Stamp, boot, stamp_of

FOLDER_SUFFIX = "-vectors"
SWITCH = "LLM_VECTOR_CACHE"
WORTH_IT = 4 << 20  #: bytes of vectors from which on there is a copy
COPY_AT_ONCE = False  #: instead of by the second search of a state of the database; one that is not repeated needs none

_FORMAT = 1
_KEPT_BYTES = 512 << 20  #: of vectors; a larger copy is not kept mapped between searches
_KEPT_COPIES = 4
_ABANDONED = 3600  #: seconds after which an unfinished file belongs to nobody
_SPARE = 4  #: times the size of a copy that have to be free on the disk


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy and the state of the database it was made from. `kept` holds its blocks, once they were mapped."""

    marks: str
    boot: str
    dimensions: int
    segments: list[Segment]
    kept: list[Block] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many bytes of vectors there are."""
        return 4 * self.dimensions * sum(segment.rows for segment in self.segments)


_copies: dict[Path, Copy] = {}


class VectorCache:
    """The copy of one collection. The stamp it goes by is that of the moment at which it is made."""

    def __init__(self, conn: sqlite3.Connection, database: Path, collection_id: int) -> None:
        self._conn = conn
        self._database = database
        self._folder = database.with_name(database.name + FOLDER_SUFFIX)
        self._name = str(collection_id)
        self._list = self._folder / f"{collection_id}.json"
        self._note = self._folder / f"{collection_id}.searched"
        self._stamp = stamp_of(database)

    def is_unmoved(self) -> bool:
        """Tell whether the database still has its stamp: ask this after the beginning of a transaction."""
        return self._stamp is not None and self._stamp == stamp_of(self._database)

    def blocks(self) -> Iterable[Block] | None:
        """Return the vectors of the collection, None if there is no copy or the database is another one than then."""
        copy = _copies.get(self._list)
        if copy is None or not self._is_current(copy):
            copy = self._read()
            if copy is None or not self._is_current(copy):
                return None
        try:
            blocks = copy.kept or [
                mapped(self._folder / segment.file, segment.rows, copy.dimensions) for segment in copy.segments
            ]
        except (OSError, ValueError):
            return None
        if copy.size > _KEPT_BYTES:
            return _let_go(blocks)
        copy.kept[:] = blocks
        self._keep(copy)
        return blocks

    def keeping(self, blocks: Iterable[Block], *, rows: int, dimensions: int) -> Iterator[Block]:
        """Pass on the blocks of the whole table, making or renewing the copy on the way.

        That this cannot be done is no error: the copy is missing then.
        """
        writer = self._writer(rows, dimensions)
        if writer is None:
            yield from blocks
            return
        with contextlib.closing(writer):
            working = True
            for block in blocks:
                yield block
                working = working and _tried(writer.add, block)
            if working:
                _tried(self._publish, writer, dimensions)

    def drop(self) -> None:
        """Delete the copy, and the folder if it was the last one."""
        _copies.pop(self._list, None)
        for path in (self._list, self._note):
            with contextlib.suppress(OSError):
                path.unlink()
        with contextlib.suppress(OSError):
            for path in self._folder.glob(f"{self._name}-*{SUFFIX}"):
                path.unlink()
            self._folder.rmdir()

    def _is_current(self, copy: Copy) -> bool:
        return self._stamp is not None and copy.marks == self._stamp.marks and copy.boot == boot()

    def _keep(self, copy: Copy) -> None:
        _copies.pop(self._list, None)
        _copies[self._list] = copy
        while len(_copies) > _KEPT_COPIES:
            _copies.pop(next(iter(_copies)), None)

    def _read(self) -> Copy | None:
        try:
            if not _is_private(self._folder):
                return None
            content = json.loads(self._list.read_bytes())
            if content.pop("format") != _FORMAT:
                return None
            content["segments"] = [Segment(**segment) for segment in content["segments"]]
            return Copy(**content)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def _writer(self, rows: int, dimensions: int) -> SegmentWriter | None:
        import shutil

        size = 4 * rows * dimensions
        if size < WORTH_IT or self._stamp is None or not _is_own(self._database):
            return None
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if not _is_private(self._folder) or shutil.disk_usage(self._folder).free < _SPARE * size:
                return None
            if not (COPY_AT_ONCE or self._was_searched(self._stamp)):
                return None
        except OSError:
            return None
        old = self._read()
        kept = old.segments if old is not None and old.dimensions == dimensions else []
        return SegmentWriter(self._folder, self._name, dimensions, kept)

    def _was_searched(self, stamp: Stamp) -> bool:
        """Tell whether the database was searched in this state before, and take a note that it was now."""
        try:
            if self._note.read_text("ascii") == stamp.marks:
                return True
        except (OSError, ValueError):
            pass
        with private_file(self._folder) as file:
            file.write(stamp.marks.encode("ascii"))
        Path(file.name).replace(self._note)
        return False

    def _publish(self, writer: SegmentWriter, dimensions: int) -> None:
        segments = writer.finish()
        file = private_file(self._folder)
        try:
            with file:
                now = os.fstat(file.fileno()).st_mtime_ns
                stamp = stamp_of(self._database)
                if stamp is None or stamp != self._stamp or not stamp.is_at_rest(now):
                    return
                writer.publish(sync=not boot())
                file.write(_listed(Copy(stamp.marks, boot(), dimensions, segments)))
            Path(file.name).replace(self._list)
        finally:
            Path(file.name).unlink(missing_ok=True)
        self._tidy({segment.file for segment in segments})

    def _tidy(self, used: set[str]) -> None:
        """Delete files that no search will use any more."""
        collections = {str(row) for (row,) in execute(self._conn, "SELECT id FROM collections")}
        for path in self._folder.iterdir():
            if path.name.startswith(UNFINISHED):
                is_waste = time.time() - path.stat().st_mtime > _ABANDONED
            else:
                owner, _, rest = path.stem.partition("-")
                is_waste = owner not in collections or (owner == self._name and bool(rest) and path.name not in used)
            if is_waste:
                path.unlink(missing_ok=True)


def cache_of(conn: sqlite3.Connection, collection_id: int) -> VectorCache | None:
    """Return the cache of a collection, None where there can be none.

    It has to be known which file the vectors are read from (the one database of the connection), and that they are all
    in it (not in a transaction).
    """
    databases = execute(conn, "PRAGMA database_list").fetchall()
    if conn.in_transaction or len(databases) != 1 or not databases[0][2] or os.environ.get(SWITCH) == "0":
        return None
    return VectorCache(conn, Path(os.path.realpath(databases[0][2])), collection_id)


def drop_cache(conn: sqlite3.Connection, collection_id: int) -> None:
    """Delete the copy of a collection, because that was deleted."""
    cache = cache_of(conn, collection_id)
    if cache is not None:
        cache.drop()


def _let_go(blocks: list[Block]) -> Iterator[Block]:
    """Yield blocks and forget them, so that their memory is free again."""
    blocks.reverse()
    while blocks:
        yield blocks.pop()


def _listed(copy: Copy) -> bytes:
    content = {
        "format": _FORMAT, "marks": copy.marks, "boot": copy.boot, "dimensions": copy.dimensions,
        "segments": [asdict(segment) for segment in copy.segments],
    }  # fmt: skip
    return json.dumps(content).encode()


def _is_own(path: Path) -> bool:
    """Tell whether a file or folder belongs to the user; somebody else's search must leave no files behind."""
    return os.name != "posix" or path.stat().st_uid == os.geteuid()


def _is_private(folder: Path) -> bool:
    """Tell whether a folder is the user's and nobody else may write to it, so that what is in it can be trusted."""
    return os.name != "posix" or (_is_own(folder) and not folder.stat().st_mode & 0o022)


def _tried(function: Callable[..., object], *arguments: object) -> bool:
    try:
        function(*arguments)
    except (OSError, ValueError, sqlite3.Error):
        return False
    return True
