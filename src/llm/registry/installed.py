"""Which installed distributions bring plugins, read straight from their metadata files.

`importlib.metadata` answers the same question, but importing it takes longer than most commands run. It is asked only
where distributions may come from elsewhere than folders on `sys.path`, and about a distribution that has plugins.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

_METADATA = re.compile(r"(?P<name>.+?)(-[^-]*)?\.(dist|egg)-info", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """An entry point and the distribution that declares it."""

    entry_point: EntryPoint
    distribution: Distribution | None


def installed_plugins(group: str) -> Iterator[InstalledPlugin]:
    """Yield the entry points of a group, distributions in the order of `sys.path`."""
    if not _only_folders():
        from importlib.metadata import entry_points

        for entry_point in entry_points(group=group):
            yield InstalledPlugin(entry_point, entry_point.dist)
        return
    for folder in _metadata_folders():
        if _declares(os.path.join(folder, "entry_points.txt"), group):  # noqa: PTH118 - pathlib costs its import
            yield from _plugins_of(folder, group)


def metadata_state() -> str | None:
    """Return a text that changes whenever a distribution is installed, removed or given other entry points.

    None if distributions may come from elsewhere than folders, where nothing but asking for them all helps.
    """
    if not _only_folders():
        return None
    states = [f"{folder} {_state(os.path.join(folder, 'entry_points.txt'))}" for folder in _metadata_folders()]  # noqa: PTH118
    return f"{len(states)} {crc32(os.fsencode(os.linesep.join([*sys.path, *states]))):x}"


def declares_plugins(group: str) -> bool:
    """Tell whether some distribution has entry points of this group; quicker than looking at them."""
    folders = _metadata_folders()
    return not _only_folders() or any(_declares(os.path.join(folder, "entry_points.txt"), group) for folder in folders)  # noqa: PTH118


def _state(path: str) -> str:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return ""
    return f"{found.st_mtime_ns} {found.st_ctime_ns} {found.st_size}"


def _only_folders() -> bool:
    """Tell whether all distributions are folders: no finder of somebody else's, and no archive on the path."""
    from importlib.machinery import PathFinder

    finders = [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]
    archives = [entry for entry in sys.path if os.path.isfile(entry)]  # noqa: PTH113 - pathlib costs its import
    return all(finder is PathFinder for finder in finders) and not archives


def _metadata_folders() -> Iterator[str]:
    """Yield the metadata folder of each distribution; of several of one name the first on the path counts."""
    seen: set[str] = set()
    for entry in dict.fromkeys(sys.path):
        try:
            names = sorted(os.listdir(entry or "."))  # noqa: PTH208
        except OSError:
            continue
        for name in names:
            found = _METADATA.fullmatch(name)
            if found is None:
                continue
            distribution = re.sub(r"[-_.]+", "-", found["name"]).lower()
            if distribution not in seen:
                seen.add(distribution)
                yield os.path.join(entry or ".", name)  # noqa: PTH118


def _declares(path: str, group: str) -> bool:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return any(line.strip().strip("[]").strip() == group and line.lstrip().startswith("[") for line in file)
    except (OSError, UnicodeDecodeError):
        return False


def _plugins_of(folder: str, group: str) -> Iterator[InstalledPlugin]:
    from importlib.metadata import Distribution

    distribution = Distribution.at(folder)
    for entry_point in distribution.entry_points:
        if entry_point.group == group:
            yield InstalledPlugin(entry_point, distribution)
