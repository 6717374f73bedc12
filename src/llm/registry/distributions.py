"""Which distributions are installed and which of them bring plugins, read straight from their metadata folders.

`importlib.metadata` answers the same questions, but importing it takes longer than most commands run. It has to be
asked only where distributions may come from elsewhere than folders on `sys.path`. Every command looks here, so nothing
in this module costs anything to import.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from zlib import crc32

PLUGIN_GROUP = "llm"  #: the group of entry points that makes a distribution a plugin

_METADATA = (".dist-info", ".egg-info")
_ENTRY_POINTS = "entry_points.txt"


def only_folders() -> bool:
    """Tell whether all distributions are folders: no finder of somebody else's, and no archive on the path."""
    from importlib.machinery import PathFinder

    finders = [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]
    archives = [entry for entry in sys.path if os.path.isfile(entry)]  # noqa: PTH113 - pathlib costs its import
    return all(finder is PathFinder for finder in finders) and not archives


def metadata_folders() -> dict[str, str]:
    """Return the metadata folder of each distribution; of several of one name the first on the path counts."""
    folders: dict[str, str] = {}
    for entry in dict.fromkeys(sys.path):
        try:
            names = sorted(os.listdir(entry or "."))  # noqa: PTH208 - likewise
        except OSError:
            continue
        for name in names:
            if name.lower().endswith(_METADATA):
                stem = name.rpartition(".")[0]  # NAME-VERSION, or NAME
                folders.setdefault(normalised(stem.rpartition("-")[0] or stem), os.path.join(entry or ".", name))  # noqa: PTH118 - likewise
    return folders


def normalised(distribution: str) -> str:
    """Return the form of a distribution's name in which two spellings of it are equal."""
    return "-".join(filter(None, distribution.lower().replace("_", "-").replace(".", "-").split("-")))


def entry_points(folder: str, group: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each entry point of a group; the format is that of the entry points specification."""
    try:
        with open(os.path.join(folder, _ENTRY_POINTS), encoding="utf-8") as file:  # noqa: PTH118, PTH123 - likewise
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


def installed_now() -> dict[str, str] | None:
    """Return the metadata folder of each distribution with the state of its entry points, empty if it has none.

    None if distributions may come from elsewhere than folders, where nothing but asking for them all helps.
    """
    return {folder: _state(folder) for folder in metadata_folders().values()} if only_folders() else None


def fingerprint(installed: Mapping[str, str]) -> str:
    """Return a text that changes whenever a distribution is installed, removed or given other entry points."""
    states = [f"{folder} {state}" for folder, state in installed.items()]
    return f"{len(states)} {crc32(os.fsencode(os.linesep.join([*sys.path, *states]))):x}"


def brings_plugins(installed: Mapping[str, str] | None) -> bool:
    """Tell whether one of these distributions is a plugin; true if that is not known."""
    if installed is None:
        return True
    return any(True for folder, state in installed.items() if state for _ in entry_points(folder, PLUGIN_GROUP))


def _state(folder: str) -> str:
    try:
        found = os.stat(os.path.join(folder, _ENTRY_POINTS))  # noqa: PTH116, PTH118 - likewise
    except OSError:
        return ""
    return f"{found.st_mtime_ns} {found.st_ctime_ns} {found.st_size}"
