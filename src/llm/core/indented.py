"""JSON with an indent of two, as `json.dumps(value, indent=2, default=str)` writes it, several times faster.

The standard library writes indented JSON with an encoder in Python, a generator for each level. A log of a hundred
thousand turns is three million values, and most of them are short texts and numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import Any

quoted: Callable[[str], str] = encode_basestring_ascii


def _number(value: float) -> str:
    return float.__repr__(value) if isfinite(value) else json.dumps(value)  # which takes four times as long


# Of exactly these types: subclasses, such as enums, and all else go the long way.
_SCALARS: dict[type, Callable[[Any], str]] = {
    str: quoted,
    int: int.__repr__,
    bool: {True: "true", False: "false"}.__getitem__,
    float: _number,
    type(None): {None: "null"}.__getitem__,
}


#: What a member of an object begins with, by its name: most objects are rows of the same columns.
_BEGINNINGS: dict[str, str] = {}
_REMEMBERED = 1000


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
        items = f",\n{inner}".join([indented_json(item, inner) for item in value])
        return f"[\n{inner}{items}\n{indent}]"
    if type(value) is dict:
        if not value:
            return "{}"
        if (members := _members(value, inner)) is not None:
            return f"{{\n{inner}{members}\n{indent}}}"
    return json.dumps(value, indent=2, default=str).replace("\n", f"\n{indent}")


def _members(value: dict[Any, Any], inner: str) -> str | None:
    """Return what is between the braces of an object; None if it has keys that are no plain texts."""
    members = []
    for key, item in value.items():
        beginning = _BEGINNINGS.get(key) or _beginning(key)
        if beginning is None:
            return None
        scalar = _SCALARS.get(type(item))  # looked up here too, as most values are such: that saves a call for each
        members.append(beginning + (indented_json(item, inner) if scalar is None else scalar(item)))
    return f",\n{inner}".join(members)


def _beginning(key: object) -> str | None:
    if type(key) is not str:
        return None
    found = f"{quoted(key)}: "
    if len(_BEGINNINGS) < _REMEMBERED:
        _BEGINNINGS[key] = found
    return found
