"""Which messages belong to a turn: what it added to the chain, and the system message that the chain starts with.

A turn of a long conversation must cost as much to show as one of a short conversation. So the walk goes from the tip
to the parent and from there back over user and tool messages only; where the chain starts is looked up once a
conversation and remembered, because the next turn of a conversation begins where this one ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from operator import attrgetter
from typing import NamedTuple

from llm.store.reading import ONE_OF, json_list, select

_OWN_ROLES = ("user", "tool")
_REMEMBERED = 10_000

# UNION rather than UNION ALL: a damaged chain that runs in a circle must end too.
_OWN_MESSAGES = f"""
    WITH RECURSIVE
    wanted(parent, tip) AS (SELECT parent_message_hash, tip_message_hash FROM turns WHERE id {ONE_OF}),
    output(hash, stop) AS (
        SELECT tip, parent FROM wanted WHERE tip IS NOT NULL AND tip IS NOT parent
        UNION
        SELECT messages.parent_hash, output.stop FROM output JOIN messages ON messages.hash = output.hash
        WHERE messages.parent_hash IS NOT NULL AND messages.parent_hash IS NOT output.stop),
    input(hash) AS (
        SELECT parent FROM wanted WHERE parent IS NOT NULL
        UNION
        SELECT messages.parent_hash FROM input JOIN messages ON messages.hash = input.hash
        WHERE messages.parent_hash IS NOT NULL AND messages.role IN {_OWN_ROLES})
    SELECT hash, parent_hash, role FROM messages
    WHERE hash IN (SELECT hash FROM output UNION SELECT hash FROM input)
    """

_FIRST_MESSAGE = """
    WITH RECURSIVE chain(hash, parent_hash, role) AS (
        SELECT hash, parent_hash, role FROM messages WHERE hash = ?
        UNION
        SELECT messages.hash, messages.parent_hash, messages.role FROM chain
        JOIN messages ON messages.hash = chain.parent_hash)
    SELECT hash FROM chain WHERE parent_hash IS NULL AND role = 'system'
    """


class Ends(NamedTuple):
    """The two messages that a turn is pinned to."""

    turn_id: str
    parent: str | None
    tip: str | None


class Span(NamedTuple):
    """The messages of one turn, by hash, oldest first."""

    input: list[str]  #: the user and tool messages at the end of the input chain
    output: list[str]
    system: str | None  #: the first message of the chain, if it is a system message
    lost_input: str | None  #: the parent, if the turn names one that the database lacks
    lost_output: str | None  #: likewise the tip


class _Link(NamedTuple):
    parent: str | None
    role: str | None


class SpanReader:
    """Finds the spans of turns, a batch at a time; best in the order of their ids."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._systems: dict[str, str | None] = {}

    def spans(self, turns: Iterable[Ends]) -> dict[str, Span]:
        """Return the span of each turn by its id."""
        if len(self._systems) > _REMEMBERED:
            self._systems.clear()
        wanted = sorted(turns, key=attrgetter("turn_id"))
        rows = select(self._conn, _OWN_MESSAGES, (json_list(ends.turn_id for ends in wanted),))
        links = {found: _Link(parent, role) for found, parent, role in rows}
        return {ends.turn_id: self._span(ends, links) for ends in wanted}

    def _span(self, ends: Ends, links: Mapping[str, _Link]) -> Span:
        output = list(takewhile(lambda found: found != ends.parent, _backwards(ends.tip, links)))
        own = list(takewhile(lambda found: links[found].role in _OWN_ROLES, _backwards(ends.parent, links)))
        before = links[own[-1]].parent if own else ends.parent
        system = self._system(before, links)
        for known in (before, ends.tip):
            if known is not None:
                self._systems[known] = system
        lost_input, lost_output = (end if end not in links else None for end in (ends.parent, ends.tip))
        return Span(own[::-1], output[::-1], system, lost_input, lost_output)

    def _system(self, before: str | None, links: Mapping[str, _Link]) -> str | None:
        """Return the system message at the start of the chain that ends with `before`, the turn's predecessor."""
        if before is None:
            return None
        if before in self._systems:
            return self._systems[before]
        link = links.get(before)
        if link is not None and link.parent is None:
            return before if link.role == "system" else None
        first = select(self._conn, _FIRST_MESSAGE, (before,))
        return first[0][0] if first else None


def _backwards(start: str | None, links: Mapping[str, _Link]) -> Iterator[str]:
    """Yield the messages from `start` towards the beginning of the chain, as far as they are known."""
    seen: set[str] = set()
    found = start
    while found is not None and found in links and found not in seen:
        seen.add(found)
        yield found
        found = links[found].parent
