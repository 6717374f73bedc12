"""What stored messages hold: the text of their parts, with references to fragments filled in, and the other parts."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from llm.store.reading import ONE_OF, decoded, json_list, select

#: What is read of a part.
PART = "message_hash, position, type, text, payload, id, tool_name"
_PARTS = f"SELECT {PART} FROM parts WHERE message_hash {ONE_OF} ORDER BY message_hash, position"
#: Parts that have no text, as the JSON form of messages knows them.
_TEXTLESS = frozenset(("attachment", "tool_call", "tool_result"))


class OtherPart(NamedTuple):
    """A part without text, as it is stored."""

    id: int
    type: str
    tool_name: str | None
    payload: str | None


class MessageContent:
    """The texts and the reasoning of one message, both also by the position of the part, and its other parts."""

    __slots__ = ("at", "others", "reasoning", "text")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.at: dict[int, str] = {}
        self.others: list[OtherPart] = []


def message_contents(
    conn: sqlite3.Connection, hashes: AbstractSet[str], known: Sequence[tuple[Any, ...]] = ()
) -> dict[str, MessageContent]:
    """Return what the messages with these hashes hold, without those that are empty.

    `known` are parts that have been read already, as `PART`, in the order of their positions, with all or none of
    those of a message. Of a part of unknown type, only the type is shown, as if it were a text.
    """
    found: dict[str, MessageContent] = {}
    rows = [row for row in known if row[0] in hashes]
    if missing := hashes - {row[0] for row in rows}:
        rows += select(conn, _PARTS, (json_list(missing),))
    referring = _expanded(conn, {row[4] for row in rows if row[3] is None and row[4] and row[2] not in _TEXTLESS})
    for message, position, kind, text, payload, part_id, tool_name in rows:
        content = found.get(message)
        if content is None:
            content = found[message] = MessageContent()
        if kind in _TEXTLESS:
            content.others.append(OtherPart(part_id, kind, tool_name, payload))
            continue
        full = referring.get(payload, "") if text is None else text
        if kind == "text":
            content.at[position] = full
            content.text.append(full)
        elif kind == "reasoning":
            content.at[position] = full
            content.reasoning.append(full)
        else:
            content.text.append(f"[{kind}]")
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
