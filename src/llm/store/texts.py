"""What stored messages say: the text of their parts, with references to fragments filled in."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from llm.store.reading import ONE_OF, decoded, json_list, select

_PARTS = f"""
    SELECT message_hash, position, type, text, payload FROM parts
    WHERE message_hash {ONE_OF} AND type NOT IN ('attachment', 'tool_call', 'tool_result')
    ORDER BY message_hash, position
    """


class MessageText:
    """The texts and the reasoning of one message; both also by the position of the part."""

    __slots__ = ("at", "reasoning", "text")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.at: dict[int, str] = {}


def message_texts(conn: sqlite3.Connection, hashes: Iterable[str]) -> dict[str, MessageText]:
    """Return what the messages with these hashes say, without those that say nothing.

    Of a part of unknown type, only the type is shown.
    """
    found: dict[str, MessageText] = {}
    rows = select(conn, _PARTS, (json_list(hashes),))
    referring = _expanded(conn, {row[-1] for row in rows if row[3] is None and row[-1]})
    for message, position, kind, text, payload in rows:
        said = found.get(message)
        if said is None:
            said = found[message] = MessageText()
        full = referring.get(payload, "") if text is None else text
        if kind in ("text", "reasoning"):
            said.at[position] = full
        if kind == "reasoning":
            said.reasoning.append(full)
        else:
            said.text.append(full if kind == "text" else f"[{kind}]")
    return found


def _expanded(conn: sqlite3.Connection, payloads: Collection[str]) -> dict[str, str]:
    """Return the texts that these payloads stand for, by payload: texts stored as references to fragments."""
    if not payloads:
        return {}
    # Only few listings need it, and all would have to wait for its import.
    from llm.store.fragments import load_fragments, text_of

    pieces = {payload: _pieces(payload) for payload in payloads}
    fragments = load_fragments(conn, (piece for references in pieces.values() for piece in references))
    return {payload: text_of(references, fragments) for payload, references in pieces.items()}


def _pieces(payload: str) -> list[Mapping[str, Any]]:
    content = decoded(payload)
    pieces = content.get("text_ref") if isinstance(content, dict) else None
    return [piece for piece in pieces if isinstance(piece, dict)] if isinstance(pieces, list) else []
