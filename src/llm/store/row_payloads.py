"""The providers' raw payloads of a batch of turns, as JSON text."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from llm.core.messages import Message
from llm.store.chain_reading import load_messages
from llm.store.condense import LONG, resolve_payload
from llm.store.payloads import turn_response_json
from llm.store.spans import Span
from llm.store.texts import MessageContent

#: Every reference in a stored payload is an object with a key that begins like this.
_REFERENCE = '"$'
#: What references to something other than the messages of the turn contain: model, tools, schema.
_BEYOND_MESSAGES = ('"m.', '"tool.', '"schema"')
#: A reference to a text of the answer, in a text that is JSON: there, it can be nothing else. `00.0.text` is no key.
_TEXT_REFERENCE = re.compile(r'\{"\$": ?"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.text"\}')


def payload_texts(
    conn: sqlite3.Connection,
    stored: Mapping[str, object],
    spans: Mapping[str, Span],
    contents: Mapping[str, MessageContent],
) -> dict[str, str | None]:
    """Return these payloads, by the ids of their turns, with their references filled in; None where that fails.

    `contents` are those of the turns' messages: most payloads refer to nothing but their texts.
    """
    found: dict[str, str | None] = {}
    left: dict[str, str] = {}
    for turn_id, text in stored.items():
        if isinstance(text, str):
            filled = _with_texts(text, [contents.get(own) for own in spans[turn_id].output])
            if filled is None:
                left[turn_id] = text
            found[turn_id] = filled
    return {**found, **_resolved(conn, spans, left)} if left else found


def _with_texts(text: str, output: Sequence[MessageContent | None]) -> str | None:
    """Return a payload with the texts that it refers to; None if it refers to anything else, or to a missing one."""
    pieces = _TEXT_REFERENCE.split(text)  # what is between the references, each with its two numbers behind
    if len(pieces) // 3 != text.count(_REFERENCE):
        return None
    for index in range(1, len(pieces), 3):
        number, position = int(pieces[index]), int(pieces[index + 1])
        message = output[number] if number < len(output) else None
        said = message.at.get(position) if message is not None else None
        if said is None or len(said) < LONG:
            return None
        pieces[index], pieces[index + 1] = json.dumps(said), ""
    return "".join(pieces)


def _resolved(conn: sqlite3.Connection, spans: Mapping[str, Span], stored: Mapping[str, str]) -> dict[str, str | None]:
    referring = {turn_id for turn_id, text in stored.items() if _REFERENCE in text and not _looks_beyond(text)}
    # All at once: one by one they would cost more than the rest of the listing.
    messages = load_messages(conn, (own for turn_id in referring for own in spans[turn_id].output))
    found: dict[str, str | None] = {}
    for turn_id, text in stored.items():
        output = [messages[own] for own in spans[turn_id].output] if turn_id in referring else None
        found[turn_id] = _expanded(conn, turn_id, text, output) if _REFERENCE in text else text
    return found


def _looks_beyond(text: str) -> bool:
    return any(marker in text for marker in _BEYOND_MESSAGES)


def _expanded(conn: sqlite3.Connection, turn_id: str, text: str, output: list[Message] | None) -> str | None:
    """Return the payload with its references filled in; `output` is None if the messages do not suffice for that."""
    try:
        payload: Any = turn_response_json(conn, turn_id) if output is None else resolve_payload(text, output)
    except ValueError:  # a reference to something that is gone (UncondenseError), or a damaged text
        return None
    return json.dumps(payload)
