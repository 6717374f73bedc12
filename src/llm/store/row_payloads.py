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

_STORED = f"SELECT id, CAST(response_json AS TEXT) FROM turns WHERE response_json IS NOT NULL AND id {ONE_OF}"
_MESSAGES = f"SELECT hash, parent_hash, role, provider_metadata FROM messages WHERE hash {ONE_OF}"
#: Every reference in a stored payload is an object with a key that begins like this.
_REFERENCE = '"$'
#: What references to something other than the messages of the turn contain: model, tools, schema.
_BEYOND_MESSAGES = ('"m.', '"tool.', '"schema"')


def payload_texts(conn: sqlite3.Connection, spans: Mapping[str, Span]) -> dict[str, str | None]:
    """Return the payloads of these turns by their ids; None for one that no longer resolves."""
    stored = dict(select(conn, _STORED, (json_list(spans),)))
    referring = [turn_id for turn_id, text in stored.items() if _REFERENCE in text and not _looks_beyond(text)]
    messages = _messages(conn, (found for turn_id in referring for found in spans[turn_id].output))
    for turn_id, text in stored.items():
        if _REFERENCE in text:
            output = None if _looks_beyond(text) else [messages[found] for found in spans[turn_id].output]
            stored[turn_id] = _expanded(conn, turn_id, text, output)
    return stored


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
