"""The providers' raw payloads of a batch of turns, as JSON text."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from llm.core.messages import Message
from llm.store.chains import with_parts
from llm.store.condense import resolve_payload
from llm.store.payloads import turn_response_json
from llm.store.reading import ONE_OF, json_list, select
from llm.store.spans import Span

_STORED = f"SELECT id, response_json FROM turns WHERE response_json IS NOT NULL AND id {ONE_OF}"
_MESSAGES = f"SELECT hash, parent_hash, role, provider_metadata FROM messages WHERE hash {ONE_OF}"
#: Every reference in a stored payload is an object with a key that begins like this.
_REFERENCE = '"$'
#: What references to something other than the messages of the turn contain: model, tools, schema.
_BEYOND_MESSAGES = ('"m.', '"tool.', '"schema"')


def payload_texts(conn: sqlite3.Connection, spans: Mapping[str, Span]) -> dict[str, str | None]:
    """Return the payloads of these turns by their ids; None for one that no longer resolves."""
    rows = select(conn, _STORED, (json_list(spans),))
    stored = {turn_id: text for turn_id, text in rows if isinstance(text, str)}
    referring = {turn_id for turn_id, text in stored.items() if _REFERENCE in text and not _looks_beyond(text)}
    messages = _messages(conn, (own for turn_id in referring for own in spans[turn_id].output))
    found: dict[str, str | None] = {}
    for turn_id, text in stored.items():
        output = [messages[own] for own in spans[turn_id].output] if turn_id in referring else None
        found[turn_id] = _expanded(conn, turn_id, text, output) if _REFERENCE in text else text
    return found


def _looks_beyond(text: str) -> bool:
    return any(marker in text for marker in _BEYOND_MESSAGES)


def _messages(conn: sqlite3.Connection, hashes: Iterable[str]) -> dict[str, Message]:
    """Return these messages by hash, all at once: one by one they would cost more than the rest of the listing."""
    links = with_parts(conn, select(conn, _MESSAGES, (json_list(hashes),)))
    return {link.hash: link.message for link in links}


def _expanded(conn: sqlite3.Connection, turn_id: str, text: str, output: list[Message] | None) -> str | None:
    """Return the payload with its references filled in; `output` is None if the messages do not suffice for that."""
    try:
        payload: Any = turn_response_json(conn, turn_id) if output is None else resolve_payload(text, output)
    except ValueError:  # a reference to something that is gone (UncondenseError), or a damaged text
        return None
    return json.dumps(payload)
