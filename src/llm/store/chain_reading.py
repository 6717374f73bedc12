"""Reading chains of messages back.

A conversation is waited for when it is continued, also one of thousands of messages. Most chains lie in the table as
they were stored, one message after another. So the table is walked backwards from the tip, which costs a fraction of
looking messages up one by one, and each message is recognised by the hash that its successor names for its parent.
Where too many others lie between, a recursive query finds the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, NamedTuple

from llm.core.history import History, stored_history
from llm.core.messages import Message
from llm.core.parts import Part, TextPart
from llm.store.connection import execute
from llm.store.content import load_parts
from llm.store.reading import ONE_OF, decoded, json_list, readable, select, without_collecting

_COLUMNS = "hash, parent_hash, role, provider_metadata"
_PATIENCE = 100  # foreign messages on the way that cost no more than beginning a query would

# One row for each part. The text is given where it is all that the part and the message have; that is most of them.
# These rows are too many to be looked at for bytes one by one; SQLite says the same of bytes as `reading`.
_ROW = """
    m.hash, CAST(m.parent_hash AS TEXT), CAST(m.role AS TEXT), CASE
        WHEN parts.type = 'text' AND parts.payload IS NULL AND m.provider_metadata IS NULL
        THEN CAST(coalesce(parts.text, '') AS TEXT)
    END
    """
_BEFORE = f"""
    SELECT {_ROW} FROM messages AS m LEFT JOIN parts ON parts.message_hash = m.hash
    WHERE m.rowid <= (SELECT rowid FROM messages WHERE hash = ?)
    ORDER BY m.rowid DESC, parts.position
    """
# With a limit, as a damaged chain that runs in a circle must end too.
_ANCESTORS = f"""
    WITH RECURSIVE chain(depth, id, parent_hash) AS (
        SELECT 0, rowid, parent_hash FROM messages WHERE hash = ?
        UNION ALL
        SELECT depth + 1, messages.rowid, messages.parent_hash
        FROM chain JOIN messages ON messages.hash = chain.parent_hash WHERE chain.parent_hash IS NOT ?
        LIMIT (SELECT coalesce(max(rowid), 0) FROM messages))
    SELECT {_ROW} FROM chain CROSS JOIN messages AS m ON m.rowid = chain.id
    LEFT JOIN parts ON parts.message_hash = m.hash
    ORDER BY chain.depth, parts.position
    """


class Linked(NamedTuple):
    """A message with its place in the chain."""

    hash: str
    parent: str | None
    message: Message


def load_history(conn: sqlite3.Connection, tip: str | None) -> History | None:
    """Return the chain that ends with `tip`, each node with its hash. Raises `KeyError` for an unknown hash."""
    with without_collecting():
        found = _walked(conn, tip, None)
        return stored_history(found.messages, found.hashes)


def load_chain(conn: sqlite3.Connection, tip: str | None, stop: str | None = None) -> list[Message]:
    """Return the messages up to `tip`, oldest first; only those after `stop` if that is given.

    Raises `KeyError` for an unknown hash.
    """
    with without_collecting():
        return _walked(conn, tip, stop).messages


def load_messages(conn: sqlite3.Connection, hashes: Iterable[str]) -> dict[str, Message]:
    """Return these messages by hash, without those that are not there."""
    rows = select(conn, f"SELECT {_COLUMNS} FROM messages WHERE hash {ONE_OF}", (json_list(hashes),))
    return {link.hash: link.message for link in with_parts(conn, rows)}


def load_message(conn: sqlite3.Connection, hash_: str) -> Message:
    """Return one message. Raises `KeyError` for an unknown hash."""
    return load_messages(conn, [hash_])[hash_]


def with_parts(conn: sqlite3.Connection, rows: Iterable[tuple[str, str | None, str, str | None]]) -> list[Linked]:
    """Return the messages of these rows of `messages` (hash, parent_hash, role, provider_metadata)."""
    found = list(rows)
    parts = load_parts(conn, [row[0] for row in found])
    return [_with_parts(row, parts) for row in found]


def has_message(conn: sqlite3.Connection, hash_: str) -> bool:
    """Tell whether there is a message with this hash."""
    return bool(select(conn, "SELECT 1 FROM messages WHERE hash = ?", (hash_,)))


def _walked(conn: sqlite3.Connection, tip: str | None, stop: str | None) -> _Walk:
    """Return the chain, oldest first."""
    return readable(conn, lambda: _walk(conn, tip, stop))


def _walk(conn: sqlite3.Connection, tip: str | None, stop: str | None) -> _Walk:
    walk = _Walk(tip, stop)
    if tip is None or tip == stop:
        return walk
    with closing(execute(conn, _BEFORE, (tip,))) as rows:
        walk.follow(rows, patience=_PATIENCE)
    if not walk.hashes:
        raise KeyError(tip)
    if walk.wanted is not None:
        walk.follow(execute(conn, _ANCESTORS, (walk.wanted, stop)))
    walk.complete(conn)
    return walk


class _Walk:
    """The way back through a chain, from the tip to what follows `stop`."""

    def __init__(self, tip: str | None, stop: str | None) -> None:
        self.wanted = tip  #: the message that comes next; None at the end
        self.messages: list[Message] = []
        self.hashes: list[str] = []
        self._rest: set[str] = set()  # the hashes of those that are more than one plain text
        self._stop = stop

    def follow(self, rows: Iterable[tuple[Any, ...]], *, patience: int = 0) -> None:
        """Take the messages of the chain from these rows, until it ends or too many of them belong to others."""
        wanted, last, stop, messages, hashes = self.wanted, None, self._stop, self.messages, self.hashes
        for hash_, parent, role, text in rows:
            if hash_ == wanted:
                hashes.append(hash_)
                messages.append(Message(role, [TextPart(text)]))
                if text is None:
                    self._rest.add(hash_)
                last, wanted = hash_, None if parent == stop else parent
            elif hash_ == last:
                self._rest.add(hash_)
            elif wanted is None or patience + len(hashes) <= 0:
                break
            else:
                patience -= 1
        self.wanted = wanted

    def complete(self, conn: sqlite3.Connection) -> None:
        """Read what is more than a text, and turn round."""
        if self.wanted is not None:  # the beginning is missing, or the chain runs in a circle
            length = len(set(self.hashes))
            del self.hashes[length:], self.messages[length:]
        if self._rest:
            read = load_messages(conn, self._rest)
            both = zip(self.hashes, self.messages, strict=True)
            self.messages = [read.get(found, message) for found, message in both]
        self.messages.reverse()
        self.hashes.reverse()


def _with_parts(row: tuple[Any, ...], parts: Mapping[str, list[Part]]) -> Linked:
    found, parent, role, metadata = row
    return Linked(found, parent, Message(role, parts.get(found, []), decoded(metadata) if metadata else None))
