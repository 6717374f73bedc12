"""The files that a loaded plugin consists of, as far as somebody may edit them in place."""

import os
import sys
import sysconfig
from collections.abc import Collection, Iterator

LARGEST = 300  #: files of one package that are watched besides its modules


def files_of(package: str) -> set[str]:
    """Return the files of a plugin's top-level module or package, data files included."""
    modules = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] == package]
    found = {path for module in modules if (path := _file(module))}
    for folder in getattr(sys.modules.get(package), "__path__", ()):
        found.update(_beside(folder))
    return found


def files_outside(before: Collection[str]) -> set[str]:
    """Return the files of modules that were imported since, if they are no part of Python or an installed package.

    What is installed changes with its metadata; a folder in which somebody works does not.
    """
    installed = tuple({os.path.join(path, "") for path in _installed_folders()})  # noqa: PTH118 - as below
    new = [module for name, module in list(sys.modules.items()) if name not in before]
    return {path for module in new if (path := _file(module)) and not path.startswith(installed)}


def _file(module: object) -> str:
    path = getattr(module, "__file__", None)
    return os.path.abspath(path) if isinstance(path, str) else ""  # noqa: PTH100 - pathlib costs time for each file


def _beside(folder: str) -> Iterator[str]:
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        for name in names:
            count += 1
            if count > LARGEST:
                return
            if not name.endswith((".pyc", ".pyo")):
                yield os.path.abspath(os.path.join(place, name))  # noqa: PTH100, PTH118


def _installed_folders() -> set[str]:
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    known = {
        path for name, path in sysconfig.get_paths().items() if name in {"stdlib", "platstdlib", "purelib", "platlib"}
    }
    return {here, *known}
