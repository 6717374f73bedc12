"""How plugins' loaders are listed: alike for templates and fragments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def loader_entries(loaders: Mapping[str, Callable[..., Any]]) -> list[str]:
    """Return an entry for each loader: its prefix, and its docstring indented below.

    Whatever the version of Python: the compiler takes the indentation out of docstrings since 3.13.
    """
    from inspect import cleandoc
    from textwrap import indent

    entries = []
    for prefix, loader in loaders.items():
        description = cleandoc(loader.__doc__ or "").strip() or "Undocumented"
        entries.append(f"{prefix}:\n{indent(description, '  ')}")
    return entries
