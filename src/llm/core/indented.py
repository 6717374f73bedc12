"""JSON with an indent of two, as `json.dumps(value, indent=2, default=str)` writes it, several times faster.

The standard library writes indented JSON with an encoder in Python, a generator for each level. A log of a hundred
thousand turns is three million values, and most of them are short texts and numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from typing import Any

quoted: Callable[[str], str] = encode_basestring_ascii
# Of exactly these types: subclasses, such as enums, and all else go the long way.
_SCALARS: dict[type, Callable[[Any], str]] = {
    str: quoted,
    int: int.__repr__,
    bool: {True: "true", False: "false"}.__getitem__,
    float: json.dumps,
    type(None): {None: "null"}.__getitem__,
}


def indented_json(value: Any, indent: str = "") -> str:
    """Return the text of a value; `indent` is what its line begins with.

    Raises `RecursionError` for what contains itself.
    """
    scalar = _SCALARS.get(type(value))
    if scalar is not None:
        return scalar(value)
    inner = f"{indent}  "
    if type(value) is list:
        if not value:
            return "[]"
        items = [f"{inner}{indented_json(item, inner)}" for item in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    if type(value) is dict:
        if not value:
            return "{}"
        if (lines := _lines(value, inner)) is not None:
            return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return json.dumps(value, indent=2, default=str).replace("\n", f"\n{indent}")


def _lines(value: dict[Any, Any], inner: str) -> list[str] | None:
    """Return the lines of a dictionary; None if it has keys that are no plain texts."""
    lines = []
    for key, item in value.items():
        if type(key) is not str:
            return None
        scalar = _SCALARS.get(type(item))  # looked up here too, as most values are such: that saves a call for each
        lines.append(f"{inner}{quoted(key)}: {indented_json(item, inner) if scalar is None else scalar(item)}")
    return lines
