"""Which installed distributions bring plugins, read straight from their metadata files.

`importlib.metadata` answers the same question, but importing it takes longer than most commands run. It is asked only
where distributions may come from elsewhere than folders on `sys.path`, and when somebody looks at a distribution.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_METADATA = re.compile(r"(?P<name>.+?)(-[^-]*)?\.(dist|egg)-info", re.IGNORECASE)


class DistributionOnDemand:
    """A distribution whose metadata is read when somebody asks for it; then it is like `importlib.metadata`'s own."""

    __slots__ = ("_folder",)

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def __getattr__(self, name: str) -> Any:
        from importlib.metadata import Distribution

        return getattr(Distribution.at(self._folder), name)


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """An entry point, `name = value`, and the distribution that declares it."""

    name: str
    value: str
    distribution: Distribution | DistributionOnDemand | None

    @property
    def module(self) -> str:
        """The module that the entry point is, or is in."""
        return self.value.partition("[")[0].partition(":")[0].strip()

    def load(self) -> object:
        """Import what the value, `MODULE` or `MODULE:ATTRIBUTE.ATTRIBUTE`, stands for."""
        found: object = import_module(self.module)
        attributes = self.value.partition("[")[0].partition(":")[2].strip()
        for attribute in filter(None, attributes.split(".")):
            found = getattr(found, attribute)
        return found


def installed_plugins(group: str) -> Iterator[InstalledPlugin]:
    """Yield the entry points of a group, distributions in the order of `sys.path`."""
    if not _only_folders():
        from importlib.metadata import entry_points

        for entry_point in entry_points(group=group):
            yield InstalledPlugin(entry_point.name, entry_point.value, entry_point.dist)
        return
    for folder in _metadata_folders().values():
        yield from _plugins_in(folder, group)


def plugins_of(distribution: str, group: str) -> list[InstalledPlugin] | None:
    """Return the entry points of a group that this distribution declares; None if it is not installed."""
    if _only_folders():
        folder = _metadata_folders().get(normalised(distribution))
        return None if folder is None else list(_plugins_in(folder, group))
    from importlib.metadata import Distribution, PackageNotFoundError

    try:
        found = Distribution.from_name(distribution)
    except PackageNotFoundError:
        return None
    return [InstalledPlugin(point.name, point.value, found) for point in found.entry_points if point.group == group]


def normalised(distribution: str) -> str:
    """Return the form of a distribution's name in which two spellings of it are equal."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def metadata_state() -> str | None:
    """Return a text that changes whenever a distribution is installed, removed or given other entry points.

    None if distributions may come from elsewhere than folders, where nothing but asking for them all helps.
    """
    if not _only_folders():
        return None
    states = [f"{folder} {_state(os.path.join(folder, 'entry_points.txt'))}" for folder in _metadata_folders().values()]  # noqa: PTH118
    return f"{len(states)} {crc32(os.fsencode(os.linesep.join([*sys.path, *states]))):x}"


def declares_plugins(group: str) -> bool:
    """Tell whether some distribution has entry points of this group; quicker than looking at them."""
    return not _only_folders() or any(
        True for folder in _metadata_folders().values() for _ in _entry_points(folder, group)
    )


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


def _metadata_folders() -> dict[str, str]:
    """Return the metadata folder of each distribution; of several of one name the first on the path counts."""
    folders: dict[str, str] = {}
    for entry in dict.fromkeys(sys.path):
        try:
            names = sorted(os.listdir(entry or "."))  # noqa: PTH208
        except OSError:
            continue
        for name in names:
            found = _METADATA.fullmatch(name)
            if found is not None:
                folders.setdefault(normalised(found["name"]), os.path.join(entry or ".", name))  # noqa: PTH118
    return folders


def _plugins_in(folder: str, group: str) -> Iterator[InstalledPlugin]:
    for name, value in _entry_points(folder, group):
        yield InstalledPlugin(name, value, DistributionOnDemand(folder))


def _entry_points(folder: str, group: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each entry point of a group; the format is that of the entry points specification."""
    try:
        with open(os.path.join(folder, "entry_points.txt"), encoding="utf-8") as file:  # noqa: PTH118, PTH123
            lines = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError):
        return
    section = ""
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
        elif section == group and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()
