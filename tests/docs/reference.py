"""The reference of the Python API on the site: a page for each import path, with the names of its façade.

The pages hold one directive a name, which mkdocstrings replaces by signature, docstring and members.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import llm

FOLDER = "reference"
PACKAGE = Path(llm.__file__).parent
KINDS: dict[str, Callable[[Any], bool]] = {
    "Classes": inspect.isclass,
    "Functions": callable,
    "Other names": lambda thing: not inspect.ismodule(thing),
}


def facades() -> list[str]:
    """The import paths whose names are public: `llm` first, then the others by name."""
    flat = (f"llm.{path.stem}" for path in PACKAGE.glob("[!_]*.py"))
    deep = (f"llm.default_plugins.{path.stem}" for path in (PACKAGE / "default_plugins").glob("[!_]*.py"))
    return ["llm", *sorted(name for name in ("llm.cli", *flat, *deep) if names_of(name))]


def names_of(facade: str) -> list[str]:
    """The public names of an import path; none if the module is no façade."""
    homes = getattr(importlib.import_module(facade), "_HOMES", {})
    return sorted((name for name in homes if not name.startswith("_")), key=str.lower)


def pages() -> dict[str, str]:
    """Each page of the reference: its path below docs, and its Markdown."""
    return {page_of(facade): "\n".join(_page(facade)) for facade in facades()}


def page_of(facade: str) -> str:
    """Where the names of an import path are told."""
    return f"{FOLDER}/{facade.removeprefix('llm.').replace('.', '-')}.md"


def _page(facade: str) -> Iterator[str]:
    module = importlib.import_module(facade)
    yield f"# `{facade}`\n\n{(inspect.getdoc(module) or '').partition(chr(10) * 2)[0]}\n"
    names = names_of(facade)
    again = [name for name in names if facade != "llm" and _is_public_in_llm(name, getattr(module, name))]
    if again:
        yield f"Also here, and told under [`llm`](llm.md): {', '.join(f'[`{name}`][llm.{name}]' for name in again)}.\n"
    left = {name: getattr(module, name) for name in names if name not in again}
    for kind, belongs in KINDS.items():
        found = [name for name, thing in left.items() if belongs(thing)]
        left = {name: thing for name, thing in left.items() if name not in found}
        if found:
            yield f"## {kind}\n"
            yield from (f"::: {facade}.{name}\n" for name in found)


def _is_public_in_llm(name: str, thing: Any) -> bool:
    return name in names_of("llm") and getattr(llm, name) is thing
