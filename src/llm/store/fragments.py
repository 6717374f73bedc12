"""Fragments, and texts that are stored as references to them.

A long document that is asked about twenty times is stored once: inside the text of a message its content is replaced
by a reference to its row.
"""

from __future__ import annotations

import hashlib
import heapq
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from llm.core.fragments import Fragment
from llm.core.text import plain_text
from llm.store.connection import HasConnection, execute, writing
from llm.store.reading import ONE_OF, json_list, select

# A fragment of one letter would cut a text into thousands of pieces, which are larger than the text they stand for.
_MOST_REFERENCES = 1000


def ensure_fragment(db: HasConnection, content: str) -> int:
    """Store a fragment unless it is there already, and return the id of its row.

    An existing row keeps its source and time. A transaction that is open stays open.
    """
    with writing(db.conn):
        return fragment_id(db.conn, content)


ensure_fragment.__module__ = "llm.utils"


def fragment_id(conn: sqlite3.Connection, content: str) -> int:
    """Do the same inside a transaction."""
    text = plain_text(content)
    digest = hashlib.sha256(text.encode()).hexdigest()
    rows = select(conn, "SELECT id FROM fragments WHERE hash = ?", (digest,))
    if rows:
        found: int = rows[0][0]
        return found
    source = content.source if isinstance(content, Fragment) else None
    sql = "INSERT INTO fragments (hash, content, datetime_utc, source) VALUES (?, ?, datetime('now'), ?)"
    return _inserted(execute(conn, sql, (digest, str(text), None if source is None else plain_text(str(source)))))


def fragment_ids(conn: sqlite3.Connection, contents: Iterable[str]) -> dict[str, int]:
    """Store the fragments in order and return their row ids by content; empty ones are left out."""
    return {plain_text(str(content)): fragment_id(conn, content) for content in contents if content}


def references_in(text: str, fragments: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return `text` as a list of `{"fragment": ROW_ID}` and `{"literal": TEXT}`; empty if no fragment occurs in it.

    The text is searched from left to right; of two fragments at one place the longer is taken. A fragment that was
    stripped for a system prompt may not occur in it: what is left of it stays literal, as a reference to the row would
    bring back the whole.
    """
    pieces: list[dict[str, Any]] = []
    end = 0
    left = max(_MOST_REFERENCES, len(fragments))
    waiting = [found for content in fragments if (found := _next(text, content, 0))]
    heapq.heapify(waiting)
    while waiting and left:
        start, _, content = heapq.heappop(waiting)
        if start >= end:  # else something that was taken overlaps it
            pieces += [*_literal(text[end:start]), {"fragment": fragments[content]}]
            end = start + len(content)
            left -= 1
        if found := _next(text, content, end):
            heapq.heappush(waiting, found)
    return [*pieces, *_literal(text[end:])] if pieces else []


def load_fragments(conn: sqlite3.Connection, pieces: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """Return the contents of the fragments that these pieces refer to, by row id."""
    ids = {_fragment_of(piece) for piece in pieces} - {0}
    if not ids:
        return {}
    rows = select(conn, f"SELECT id, content FROM fragments WHERE id {ONE_OF}", (json_list(sorted(ids)),))
    return {found: content or "" for found, content in rows}


def text_of(pieces: Iterable[Mapping[str, Any]], contents: Mapping[int, str]) -> str:
    """Return the text that these pieces stand for; a fragment that is gone stands for nothing."""
    return "".join(
        contents.get(_fragment_of(piece), "") if "fragment" in piece else str(piece.get("literal", ""))
        for piece in pieces
    )


def _fragment_of(piece: Mapping[str, Any]) -> int:
    """Return the row id that a piece refers to; 0, which no row has, where there is none."""
    found = piece.get("fragment")
    return found if isinstance(found, int) else 0


def _next(text: str, content: str, start: int) -> tuple[int, int, str] | None:
    """Return where `content` occurs next, in the order in which occurrences are taken."""
    found = text.find(content, start)
    return None if found < 0 else (found, -len(content), content)


def _literal(text: str) -> list[dict[str, Any]]:
    return [{"literal": text}] if text else []


def _inserted(cursor: sqlite3.Cursor) -> int:
    rowid = cursor.lastrowid
    assert rowid is not None  # noqa: S101 -- it is None only before any INSERT
    return rowid
