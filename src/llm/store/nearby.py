"""Messages that lie near each other in their table, read together.

Those of turns that follow one another mostly do, as each turn added its own to the end. Reading a stretch of the table
takes half as long as looking messages up by their hashes, which are spread all over the index. Nothing rests on it:
each message is known by its hash, and whoever misses one looks it up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from llm.store.reading import select
from llm.store.spans import Link
from llm.store.texts import PART

_FEW = 10  # turns, for which it is not worth the while
_BEFORE = 8  # messages that the first turn may have before its last
_FOREIGN = 4  # messages a turn: with more, looking up those that are wanted is faster

_PLACE = "SELECT rowid FROM messages WHERE hash = ?"
# A hash stored as bytes is found by no look-up, and may stand beside the same one as text.
_STRETCH = "messages.rowid BETWEEN ? AND ? AND typeof(messages.hash) = 'text'"
_LINKS = f"SELECT hash, parent_hash, role FROM messages WHERE {_STRETCH}"
_PARTS = f"""
    SELECT {PART} FROM messages CROSS JOIN parts ON parts.message_hash = messages.hash
    WHERE {_STRETCH} ORDER BY messages.rowid, position
    """


class Nearby(NamedTuple):
    """What was read of some messages: all their parts, each as `PART`, in the order of their positions."""

    links: Sequence[Link]
    parts: Sequence[tuple[Any, ...]]


def messages_near(conn: sqlite3.Connection, tips: list[str | None]) -> Nearby:
    """Return the messages between the first and the last of these, and some before.

    None if they are only few, or lie far apart.
    """
    if len(tips) <= _FEW:
        return Nearby((), ())
    places = sorted(place for tip in (tips[0], tips[-1]) for (place,) in select(conn, _PLACE, (tip,)))
    if len(places) < 2 or places[1] - places[0] > _FOREIGN * len(tips):
        return Nearby((), ())
    stretch = (places[0] - _BEFORE, places[1])
    return Nearby(select(conn, _LINKS, stretch), select(conn, _PARTS, stretch))
