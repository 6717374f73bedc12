"""By what a database file is recognised as unchanged, without reading it.

Whatever writes to a database, be it another program or plain SQL, changes the file or its write-ahead log, and with
them their times. In WAL mode what was committed last is in the header of the index of that log too: it is what SQLite
itself looks at. So equal stamps mean equal content, provided that the files were at rest when the stamp was taken: a
second write within one tick of the clock of the file system would not show in the time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_AT_REST = 2_000_000_000  #: nanoseconds; the coarsest clock of a file system has steps of this length
_INDEX_HEADER = 48  #: bytes of the index of the log that change with every commit
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Stamp:
    """The state of a database: `marks` are equal where it is, `newest` is when its files changed last."""

    marks: str
    newest: int  #: nanoseconds, by the clock of the file system

    def is_at_rest(self, now: int) -> bool:
        """Tell whether any later write will change the stamp; `now` is a time of the same file system's clock."""
        return now - self.newest > _AT_REST


def stamp_of(database: Path) -> Stamp | None:
    """Return the stamp of a database file, None if it has none that could be relied on."""
    try:
        files = [os.stat(database)]  # noqa: PTH116 - one call, as this is on the way to every search
        index = ""
        log = _log_of(database)
        if log is not None:
            files.append(log)
            with open(f"{database}-shm", "rb", buffering=0) as file:  # noqa: PTH123 - likewise
                index = file.read(_INDEX_HEADER).hex()
            if len(index) < 2 * _INDEX_HEADER:
                return None
    except OSError:
        return None
    marks = [f"{file.st_dev} {file.st_ino} {file.st_size} {file.st_mtime_ns} {file.st_ctime_ns}" for file in files]
    return Stamp(" ".join([*marks, index]), max(file.st_mtime_ns for file in files))


@cache
def boot() -> str:
    """Return what changes when the machine starts: files that were not forced to the disk may have lost content then.

    Empty where the system does not say.
    """
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


def _log_of(database: Path) -> os.stat_result | None:
    try:
        found = os.stat(f"{database}-wal")  # noqa: PTH116 - as above
    except FileNotFoundError:
        return None
    return found if found.st_size else None  # an empty one is as good as none
