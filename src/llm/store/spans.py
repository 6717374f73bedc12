"""Which messages belong to a turn: what it added to the chain, and the system message that the chain starts with.

A turn of a long conversation must cost as much to show as one of a short conversation. So the walk goes from the tip
to the parent and from there back over user and tool messages only; where the chain starts is looked up once a
conversation and remembered, because the next turn of a conversation begins where this one ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

from llm.store.reading import ONE_OF, json_list, select

_OWN_ROLES = ("user", "tool")
_REMEMBERED = 10_000

# UNION rather than UNION ALL: a damaged chain that runs in a circle must end too.
_OWN_MESSAGES = f"""
    WITH RECURSIVE
    wanted(parent, tip) AS (SELECT parent_message_hash, tip_message_hash FROM turns WHERE id {ONE_OF}),
    output(hash, parent_hash, role, stop) AS (
        SELECT messages.hash, messages.parent_hash, messages.role, wanted.parent
        FROM wanted JOIN messages ON messages.hash = wanted.tip WHERE wanted.tip IS NOT wanted.parent
        UNION
        SELECT messages.hash, messages.parent_hash, messages.role, output.stop
        FROM output JOIN messages ON messages.hash = output.parent_hash WHERE output.parent_hash IS NOT output.stop),
    input(hash, parent_hash, role) AS (
        SELECT messages.hash, messages.parent_hash, messages.role
        FROM wanted JOIN messages ON messages.hash = wanted.parent
        UNION
        SELECT messages.hash, messages.parent_hash, messages.role
        FROM input JOIN messages ON messages.hash = input.parent_hash WHERE input.role IN {_OWN_ROLES})
    SELECT hash, parent_hash, role FROM output UNION ALL SELECT hash, parent_hash, role FROM input
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
    asked: list[str]  #: the user messages among them
    output: list[str]
    system: str | None  #: the first message of the chain, if it is a system message
    lost_input: str | None  #: the parent, if the turn names one that the database lacks
    lost_output: str | None  #: likewise the tip


class _Links(NamedTuple):
    """The messages that were read for a batch."""

    parents: dict[str, str | None]
    roles: dict[str, str | None]


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
        links = _Links({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows})
        return {ends.turn_id: self._span(ends, links) for ends in wanted}

    def _span(self, ends: Ends, links: _Links) -> Span:
        own, asked = _own_input(ends.parent, links)
        before = links.parents[own[0]] if own else ends.parent
        system = self._system(before, links)
        for known in (before, ends.tip):
            if known is not None:
                self._systems[known] = system
        lost_input, lost_output = (end if end not in links.parents else None for end in (ends.parent, ends.tip))
        return Span(own, asked, _output(ends, links.parents), system, lost_input, lost_output)

    def _system(self, before: str | None, links: _Links) -> str | None:
        """Return the system message at the start of the chain that ends with `before`, the turn's predecessor."""
        if before is None:
            return None
        if before in self._systems:
            return self._systems[before]
        if links.parents.get(before, before) is None:
            return before if links.roles[before] == "system" else None
        first = select(self._conn, _FIRST_MESSAGE, (before,))
        return first[0][0] if first else None


def _output(ends: Ends, parents: Mapping[str, str | None]) -> list[str]:
    """Return the messages from the tip back to the parent, as far as they are known, oldest first."""
    walked: dict[str, None] = {}  # with a look at them, as a damaged chain may run in a circle
    found = ends.tip
    while found is not None and found != ends.parent and found in parents and found not in walked:
        walked[found] = None
        found = parents[found]
    return [*reversed(walked)]


def _own_input(parent: str | None, links: _Links) -> tuple[list[str], list[str]]:
    """Return the user and tool messages that end with the parent, oldest first, and those of the user among them."""
    walked: dict[str, None] = {}
    found = parent
    while found is not None and links.roles.get(found) in _OWN_ROLES and found not in walked:
        walked[found] = None
        found = links.parents[found]
    own = [*reversed(walked)]
    return own, [message for message in own if links.roles[message] == "user"]
