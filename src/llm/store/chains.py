"""Chains of messages, stored under the hash of their content and of everything before.

A conversation of a thousand turns must cost no more to extend than one of two. So messages whose hash is known are not
hashed again, and what is stored already is found with one look-up.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from llm.core.canonical import message_hash
from llm.core.history import History
from llm.core.messages import Message
from llm.core.parts import Part
from llm.store.chain_reading import Linked, has_message
from llm.store.connection import execute
from llm.store.plain import plain_message
from llm.store.reading import ONE_OF, json_list, select

#: Stores one part: message hash, position, part, fragments (content -> row id).
PartWriter = Callable[[str, int, Part, Mapping[str, int]], None]


class StoredChain(NamedTuple):
    """What came of storing messages."""

    tip: str | None
    links: list[Linked]  #: the messages that were looked at, oldest first
    is_new: bool  #: whether none of them was there before


def store_messages(
    conn: sqlite3.Connection,
    messages: Iterable[Message],
    parent: str | None,
    fragments: Mapping[str, int],
    write: PartWriter,
) -> StoredChain:
    """Store messages one after another, the first as the successor of `parent`; needs an open transaction."""
    links = _linked(messages, parent)
    stored = _stored_prefix(conn, links)
    for link in links[stored:]:
        _insert(conn, link, fragments, write)
    return StoredChain(links[-1].hash if links else parent, links, stored == 0)


def store_history(
    conn: sqlite3.Connection, history: History | None, fragments: Mapping[str, int], write: PartWriter
) -> tuple[str | None, list[tuple[History, str]]]:
    """Store a history and return its tip, and the nodes that were looked at with their hashes.

    Only what follows the newest message known to be in this database is hashed.
    """
    nodes, parent = _unknown_end(conn, history)
    chain = store_messages(conn, [node.message for node in nodes], parent, fragments, write)
    return chain.tip, [(node, link.hash) for node, link in zip(nodes, chain.links, strict=True)]


def _linked(messages: Iterable[Message], parent: str | None) -> list[Linked]:
    links = []
    for message in messages:
        link = _hashed(message, parent)
        links.append(link)
        parent = link.hash
    return links


def _hashed(message: Message, parent: str | None) -> Linked:
    try:
        return Linked(message_hash(message, parent), parent, message)
    except (TypeError, ValueError, RecursionError):  # something in it has no form in JSON or UTF-8
        message = plain_message(message)
        return Linked(message_hash(message, parent), parent, message)


def _stored_prefix(conn: sqlite3.Connection, links: Sequence[Linked]) -> int:
    """Return how many messages from the first on are in the database."""
    hashes = [link.hash for link in links]
    present = {
        found for (found,) in select(conn, f"SELECT hash FROM messages WHERE hash {ONE_OF}", (json_list(hashes),))
    }
    return next((index for index, found in enumerate(hashes) if found not in present), len(hashes))


def _insert(conn: sqlite3.Connection, link: Linked, fragments: Mapping[str, int], write: PartWriter) -> None:
    """Insert one message. Whoever inserts the row writes the parts; anybody else leaves them alone."""
    metadata = link.message.provider_metadata
    row = (link.hash, link.parent, link.message.role, json.dumps(metadata) if metadata else None)
    sql = "INSERT OR IGNORE INTO messages (hash, parent_hash, role, provider_metadata) VALUES (?, ?, ?, ?)"
    if execute(conn, sql, row).rowcount:
        for position, part in enumerate(link.message.parts):
            write(link.hash, position, part, fragments)


def _unknown_end(conn: sqlite3.Connection, history: History | None) -> tuple[list[History], str | None]:
    """Return the nodes whose messages may be new here, oldest first, and the hash that comes before them."""
    nodes: list[History] = []
    node = history
    while node is not None and node.stored_hash is None:
        nodes.append(node)
        node = node.parent
    if node is not None and node.stored_hash is not None and has_message(conn, node.stored_hash):
        return nodes[::-1], node.stored_hash
    # What was stored was stored elsewhere. A file behind an attachment may have changed since: nothing is trusted.
    while node is not None:
        nodes.append(node)
        node = node.parent
    return nodes[::-1], None
