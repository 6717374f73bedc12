"""Searching for text as it is: what users type may hold `%` and `_`, which SQL's LIKE takes for wildcards."""

from __future__ import annotations

import re

_WILDCARD = re.compile(r"[\\%_]")


def contains(column: str) -> str:
    """Return the SQL condition that a column contains a variable made by `contained`; case of ASCII letters aside."""
    return rf"{column} LIKE ? ESCAPE '\'"


def contained(text: str) -> str:
    """Return the variable for `contains`."""
    return f"%{_WILDCARD.sub(lambda match: chr(92) + match[0], text)}%"
