"""Noticing that files have changed, by what the file system says of them."""

import os
from collections.abc import Iterable, Mapping
from typing import TypeAlias

#: modification time, time of the last change of any kind, size
Stamp: TypeAlias = list[int]

# A file may change twice within the smallest step of its clock. One that changed so shortly before it was looked at
# is not to be trusted; some file systems count in whole seconds.
_FINE_STEP = 12_000_000
_COARSE_STEP = 2_000_000_000
_SECOND = 1_000_000_000


def stamps_of(paths: Iterable[str]) -> dict[str, Stamp]:
    """Return the stamps of files; those that are not there have none."""
    found = {path: _stamp(path) for path in paths}
    return {path: stamp for path, stamp in found.items() if stamp is not None}


def unchanged(stamps: Mapping[str, Stamp]) -> bool:
    """Tell whether all these files still have these stamps."""
    return all(_stamp(path) == stamp for path, stamp in stamps.items())


def settled(stamps: Mapping[str, Stamp], before: int) -> bool:
    """Tell whether no file has changed just before, or after, a time in nanoseconds."""
    # No program can set the time of the last change of any kind; on Windows that is the time of creation.
    return all(_settled(modified if os.name == "nt" else changed, before) for modified, changed, _ in stamps.values())


def _stamp(path: str) -> Stamp | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - pathlib costs its import
    except (OSError, ValueError):
        return None
    return [found.st_mtime_ns, found.st_ctime_ns, found.st_size]


def _settled(moment: int, before: int) -> bool:
    return moment + (_FINE_STEP if moment % _SECOND else _COARSE_STEP) < before
