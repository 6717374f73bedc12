"""Which messages belong to a turn: what it added to the chain, and the system message that the chain starts with.

A turn of a long conversation must cost as much to show as one of a short conversation. So the walk goes from the tip
to the parent and from there back over user and tool messages only; where the chain starts is looked up once a
conversation and remembered, because the next turn of a conversation begins where this one ends.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter
from typing import Any, NamedTuple

from llm.store.reading import ONE_OF, json_list, select

_OWN_ROLES = ("user", "tool")
_REMEMBERED = 10_000

_MESSAGES = f"SELECT hash, parent_hash, role FROM messages WHERE hash {ONE_OF}"

# Bytes are taken for texts here too, as everywhere in reading.
_LINK = "messages.hash, CAST(messages.parent_hash AS TEXT), CAST(messages.role AS TEXT)"

# UNION rather than UNION ALL: a damaged chain that runs in a circle must end too.
_OWN_MESSAGES = f"""
    WITH RECURSIVE
    wanted(parent, tip) AS (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)),
    output(hash, parent_hash, role, stop) AS (
        SELECT {_LINK}, wanted.parent
        FROM wanted JOIN messages ON messages.hash = wanted.tip WHERE wanted.tip IS NOT wanted.parent
        UNION
        SELECT {_LINK}, output.stop
        FROM output JOIN messages ON messages.hash = output.parent_hash WHERE output.parent_hash IS NOT output.stop),
    input(hash, parent_hash, role) AS (
        SELECT {_LINK} FROM wanted JOIN messages ON messages.hash = wanted.parent
        UNION
        SELECT {_LINK} FROM input JOIN messages ON messages.hash = input.parent_hash WHERE input.role IN {_OWN_ROLES})
    SELECT hash, parent_hash, role FROM output UNION ALL SELECT hash, parent_hash, role FROM input
    """

_FIRST_MESSAGE = f"""
    WITH RECURSIVE chain(hash, parent_hash, role) AS (
        SELECT {_LINK} FROM messages WHERE hash = ?
        UNION
        SELECT {_LINK} FROM chain JOIN messages ON messages.hash = chain.parent_hash)
    SELECT hash FROM chain WHERE parent_hash IS NULL AND role = 'system'
    """


#: A message by its hash, that of its predecessor, and its role.
Link = tuple[str, str | None, str | None]


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


class _Walk(NamedTuple):
    """What lies behind the two ends of a turn, oldest first."""

    input: list[str]
    output: list[str]
    before: str | None  #: the predecessor of the turn
    is_whole: bool  #: whether the way from the tip led to the parent
    unread: AbstractSet[str]  #: messages at which it ended, though there may be more


_NOTHING: frozenset[str] = frozenset()


class SpanReader:
    """Finds the spans of turns, a batch at a time; best in the order of their ids."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._systems: dict[str, str | None] = {}

    def spans(self, turns: Iterable[Ends], links: Iterable[Link] = ()) -> dict[str, Span]:
        """Return the span of each turn by its id. `links` are those that have been read already."""
        if len(self._systems) > _REMEMBERED:
            self._systems.clear()
        wanted = sorted(turns, key=attrgetter("turn_id"))
        known = _Links(self._conn, links)
        walks = _walks(wanted, known)
        return {ends.turn_id: self._span(ends, walks[ends.turn_id], known) for ends in wanted}

    def _span(self, ends: Ends, walk: _Walk, links: _Links) -> Span:
        system = self._system(walk.before, links)
        if walk.before is not None:
            self._systems[walk.before] = system
        if walk.is_whole and ends.parent is not None and ends.tip is not None:
            self._systems[ends.tip] = system
        asked = [message for message in walk.input if links.roles[message] == "user"]
        lost_input = None if ends.parent in links.roles else ends.parent
        lost_output = None if ends.tip in links.roles else ends.tip
        return Span(walk.input, asked, walk.output, system, lost_input, lost_output)

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


class _Links:
    """The messages that were read for a batch: their parents and roles."""

    def __init__(self, conn: sqlite3.Connection, known: Iterable[Link]) -> None:
        self.parents: dict[str, str | None] = {}
        self.roles: dict[str, str | None] = {}
        self._conn = conn
        self._asked: set[str] = set()
        self._add(known)

    def read(self, hashes: set[Any]) -> None:
        """Read these messages."""
        self._asked |= hashes
        # In a damaged database they may be anything.
        texts = json_list(found for found in hashes if isinstance(found, str))
        self._add(select(self._conn, _MESSAGES, (texts,)))

    def read_turns(self, turns: Iterable[Ends]) -> None:
        """Read all messages of these turns, however many they are."""
        self._add(select(self._conn, _OWN_MESSAGES, (json.dumps([(ends.parent, ends.tip) for ends in turns]),)))

    def walk(self, ends: Ends) -> _Walk:
        """Go back from the ends of a turn, as far as the messages are known."""
        return self._exchange(ends) or self._walk(ends)

    def _exchange(self, ends: Ends) -> _Walk | None:
        """Return the walk of a turn that is just a question and its answer, as most are; None for any other."""
        question, answer = ends.parent, ends.tip
        if question is None or answer is None or question == answer:
            return None
        if self.parents.get(answer) != question or self.roles.get(question) != "user":
            return None
        before = self.parents[question]
        if before is not None and self.roles.get(before, "user") in _OWN_ROLES:
            return None
        return _Walk([question], [answer], before, True, _NOTHING)

    def _walk(self, ends: Ends) -> _Walk:
        parents, roles = self.parents, self.roles
        output: dict[str, None] = {}  # with a look at them, as a damaged chain may run in a circle
        found = ends.tip
        while found in parents and found != ends.parent and found not in output:
            output[found] = None
            found = parents[found]
        own: dict[str, None] = {}
        before = ends.parent
        while before in roles and roles[before] in _OWN_ROLES and before not in own:
            own[before] = None
            before = parents[before]
        ended = (found, before)
        unread = {end for end in ended if end is not None and end not in parents and end not in self._asked}
        return _Walk([*reversed(own)], [*reversed(output)], before, found == ends.parent, unread)

    def _add(self, rows: Iterable[Link]) -> None:
        for found, parent, role in rows:
            self.parents[found] = parent
            self.roles[found] = role


def _walks(turns: Sequence[Ends], links: _Links) -> dict[str, _Walk]:
    """Return what lies behind the ends of these turns, by the ids of the turns."""
    found = {ends.turn_id: links.walk(ends) for ends in turns}
    # Mostly the two ends are all messages of a turn, and what comes before is the end of another; else one more look.
    pending = [ends for ends in turns if found[ends.turn_id].unread]
    if pending:
        links.read({end for ends in pending for end in found[ends.turn_id].unread})
        found.update((ends.turn_id, links.walk(ends)) for ends in pending)
        pending = [ends for ends in pending if found[ends.turn_id].unread]
    if pending:
        links.read_turns(pending)
        found.update((ends.turn_id, links.walk(ends)) for ends in pending)
    return found
