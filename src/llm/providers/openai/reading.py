"""Reading members of replies for whose types nobody vouches.

Gateways and local servers put other things where the API has text, lists and objects. Such a member counts as absent:
an answer that was paid for must not be lost because the counts beside it are a sentence.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable
from typing import Any

_PLAIN = (str, bytes, list, tuple, int, float)  # whose attributes, such as `index`, are no members
_BEYOND_STORAGE = 2**63


def member(holder: Any, name: str) -> Any:
    """Return a member of a dictionary or an object, None where it is missing."""
    if isinstance(holder, dict):
        return holder.get(name)
    return None if isinstance(holder, _PLAIN) else getattr(holder, name, None)


def text(holder: Any, name: str) -> str:
    """Return a text, empty where there is none."""
    found = member(holder, name)
    return found if isinstance(found, str) else ""


def items(holder: Any, name: str) -> list[Any]:
    """Return the items of a list, or of what a foreign client has in its place; none where there is no list."""
    found = member(holder, name)
    if isinstance(found, (str, bytes, dict)) or not isinstance(found, Iterable) or hasattr(found, "model_dump"):
        return []
    return list(found)


def first(holder: Any, name: str) -> Any:
    """Return the first item of a list, None where there is none."""
    found = items(holder, name)
    return found[0] if found else None


def identity(holder: Any, name: str) -> Hashable:
    """Return what items are told apart by, a text or a number; None where there is neither, or an empty one."""
    found = member(holder, name)
    return found if isinstance(found, (str, int)) and found != "" else None


def mapping(value: Any) -> dict[str, Any] | None:
    """Return an object as a new dictionary, None for what is no object."""
    dumped = value if isinstance(value, dict) else dump(value) if hasattr(value, "model_dump") else None
    return dict(dumped) if isinstance(dumped, dict) else None  # a mock's dump is another mock


def dump(value: Any) -> Any:
    """Return what an object holds as plain data. The SDK's objects would warn of values of unexpected types."""
    pydantic = sys.modules.get("pydantic")
    quiet = pydantic is not None and isinstance(value, pydantic.BaseModel)
    return value.model_dump(warnings=False) if quiet else value.model_dump()


def count(value: Any) -> int | None:
    """Return a number of tokens, None for what is no number. Some servers count in floats."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):  # NaN and infinity
        return None
    return number if abs(number) < _BEYOND_STORAGE else None
