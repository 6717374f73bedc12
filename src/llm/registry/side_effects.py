"""Plugins that do more than their hooks: those that replace parts of this package, or of the process.

Such a plugin has to be loaded whatever the command is. It is found out by looking, when plugins have been loaded, for
their code in places that belong to this package, and at what the process shares.
"""

import builtins
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import partial, partialmethod
from types import FunctionType, MethodType, ModuleType

# Settings that a plugin may make for the rest of the program. Others, of the libraries that it imports, do not matter.
_TELLING = re.compile(r"LLM_.*|.*(KEY|TOKEN|SECRET|PROXY|_URL|_HOST|ENDPOINT|CERT_FILE|CA_BUNDLE)", re.IGNORECASE)
# Modules that hold plugins, as is their purpose.
_KEEPERS = {"llm.registry.plugin_manager", "llm.registry.plugins"}
_LARGEST = 1000  #: items of a collection that are looked at


def _shared_state() -> list[object]:
    """Return what plugins may change for everybody, in a form that compares unequal if they did."""
    return [
        sorted(setting for setting in os.environ.items() if _TELLING.fullmatch(setting[0])),
        [id(sys.stdout), id(sys.stderr)],
        {name: id(value) for name, value in vars(builtins).items() if name != "_"},
        [module in sys.modules and vars(sys.modules[module])[name].__module__ != module for module, name in _SHARED],
        _replaced_names(),
    ]


_SHARED = (("socket", "socket"), ("ssl", "SSLContext"))


class Watch:
    """Notices which plugins change what everybody shares."""

    def __init__(self) -> None:
        self._state = _shared_state()
        self.intruders: set[str] = set()

    def look(self, plugin: str) -> None:
        """Blame `plugin` for what has changed since the last look."""
        state = _shared_state()
        if state != self._state:
            self.intruders.add(plugin)
            self._state = state


def _replaced_names() -> set[str]:
    """Return the names of façades that stand for something else than what is at home under them."""
    return {
        f"{facade}.{name}"
        for facade, module in _own_modules()
        for name, home in getattr(module, "_HOMES", {}).items()
        if name in vars(module) and not _is_at_home(vars(module)[name], name, home)
    }


def origins_of_foreign_code(packages: Collection[str]) -> set[str]:
    """Return those of these top-level packages whose code stands somewhere in this package."""
    files = {
        str(getattr(module, "__file__", None)): package
        for name, module in list(sys.modules.items())
        if (package := name.partition(".")[0]) in packages
    }
    values = (value for name, module in _own_modules() if name not in _KEEPERS for value in _values_in(vars(module)))
    return {origin for value in values if (origin := _origin(value, files, packages)) is not None}


def _own_modules() -> Iterator[tuple[str, ModuleType]]:
    for name, module in list(sys.modules.items()):
        if (name == "llm" or name.startswith("llm.")) and isinstance(module, ModuleType):
            yield name, module


def _is_at_home(value: object, name: str, home: str) -> bool:
    module, separator, attribute = home.partition(":")
    found = sys.modules.get(module)
    return value is (found if separator and not attribute else getattr(found, attribute or name, None))


def _values_in(namespace: Mapping[str, object], *, classes: bool = True) -> Iterator[object]:
    for value in list(namespace.values()):
        yield value
        if isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) < _LARGEST:
            yield from value.values() if isinstance(value, dict) else value
        elif classes and isinstance(value, type) and value.__module__.partition(".")[0] == "llm":
            yield from _values_in(vars(value), classes=False)


def _origin(value: object, files: dict[str, str], packages: Collection[str]) -> str | None:
    value = _unwrapped(value)
    if isinstance(value, FunctionType):  # its `__module__` may be that of what it wraps
        return files.get(value.__code__.co_filename)
    if isinstance(value, ModuleType):
        return None
    kind = value if isinstance(value, type) else type(value)
    package = str(kind.__module__).partition(".")[0]
    return package if package in packages else None


def _unwrapped(value: object) -> object:
    """Return the function in a method, property or partial; anything else as it is."""
    if isinstance(value, (staticmethod, classmethod, MethodType)):
        value = value.__func__
    elif isinstance(value, property):
        value = value.fget
    return value.func if isinstance(value, (partial, partialmethod)) else value
