"""The files that a loaded plugin consists of, as far as somebody may edit them in place."""

import os
import sys
import sysconfig
from collections.abc import Collection, Iterator

_INSTALLED = {"site-packages", "dist-packages"}
LARGEST = 300  #: files of one package that are watched besides its modules


def files_of(package: str) -> set[str]:
    """Return the files of a plugin's top-level module or package, data files included."""
    modules = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] == package]
    found = {path for module in modules if (path := _file(module))}
    origin, folders = _source(package)
    return found.union([origin] if origin else [], *map(_beside, folders))


def _source(package: str) -> tuple[str, list[str]]:
    """Return the file of a module and the folders of a package, imported or not: it may be broken."""
    from importlib.util import find_spec

    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return "", []
    return spec.origin if spec.has_location and spec.origin else "", list(spec.submodule_search_locations or ())


def files_outside(before: Collection[str]) -> set[str]:
    """Return the files of modules that were imported since, if they are no part of Python or an installed package.

    What is installed changes with its metadata; a folder in which somebody works does not.
    """
    own = tuple(os.path.join(path, "") for path in _own_folders())  # noqa: PTH118 - as below
    new = [module for name, module in list(sys.modules.items()) if name not in before]
    paths = {path for module in new if (path := _file(module))}
    parts = {path: set(path.split(os.sep)) for path in paths}  # noqa: PTH206 - as above
    return {path for path in paths if not path.startswith(own) and _INSTALLED.isdisjoint(parts[path])}


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


def _own_folders() -> set[str]:
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    return {here, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
