"""Turns as the rows of a listing: what was asked, what came back, and when.

Rows are made a batch at a time with a fixed number of queries. Whatever is missing or damaged in the database becomes
a placeholder in its row, so that one bad row never hides the others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from llm.store.nearby import messages_near
from llm.store.reading import select_by_id
from llm.store.search import Hit
from llm.store.spans import Ends, Span, SpanReader
from llm.store.texts import MessageContent, message_contents
from llm.store.turn_states import turn_states

Row = dict[str, Any]

#: The keys of a row that are read as they are stored, with their columns.
_SHOWN = {
    "id": "turns.id",
    "model": "turns.model",
    "resolved_model": "turns.resolved_model",
    "options_json": "coalesce(turns.options_json, '{}')",
    "conversation_id": "turns.thread_id",
    "duration_ms": "turns.duration_ms",
    "datetime_utc": "turns.datetime_utc",
    "input_tokens": "turns.input_tokens",
    "output_tokens": "turns.output_tokens",
    "token_details": "turns.token_details",
    "conversation_name": "threads.name",
    "conversation_model": "turns.model",
    "schema_json": "schemas.content",
}
_TURNS = f"""
    SELECT {", ".join(_SHOWN.values())}, turns.id, turns.parent_message_hash, turns.tip_message_hash, %s
    FROM turns LEFT JOIN threads ON threads.id = turns.thread_id LEFT JOIN schemas ON schemas.id = turns.schema_id
    """


class TurnRows:
    """Makes rows of turns; one instance serves one listing, best in the order of the ids.

    `payloads` says whether anybody looks at the providers' raw payloads (`response_json`): expanding them costs more
    than the rest of a row.
    """

    def __init__(self, conn: sqlite3.Connection, *, payloads: bool = True) -> None:
        self._conn = conn
        self._spans = SpanReader(conn)
        self._payloads = payloads
        self._sql = _TURNS % ("turns.response_json" if payloads else "NULL")

    def rows(self, hits: Iterable[Hit]) -> dict[str, Row]:
        """Return the rows of these turns by id. Rows that have vanished meanwhile are absent."""
        ranks = {hit.id: hit.rank for hit in hits}
        if not ranks:
            return {}
        stored = select_by_id(self._conn, self._sql, "turns", ranks)
        turns = [Ends(*values[len(_SHOWN) : -1]) for values in stored]
        near = messages_near(self._conn, [ends.tip for ends in turns])
        spans = self._spans.spans(turns, near.links)
        contents = message_contents(self._conn, _mentioned(spans.values()), near.parts)
        payloads = self._payload_texts({values[0]: values[-1] for values in stored}, spans, contents)
        states = turn_states(self._conn, ranks)
        found = {}
        for values in stored:
            row = dict(zip(_SHOWN, values, strict=False))
            turn_id = row["id"]
            if ranks[turn_id] is not None:
                row["_search_rank"] = ranks[turn_id]
            row.update(_said(spans[turn_id], contents, payloads.get(turn_id)))
            if turn_id in states:
                row.update(states[turn_id]._asdict())
            found[turn_id] = row
        return found

    def _payload_texts(
        self, stored: Mapping[str, object], spans: Mapping[str, Span], contents: Mapping[str, MessageContent]
    ) -> Mapping[str, str | None]:
        if not self._payloads:
            return {}
        from llm.store.row_payloads import payload_texts

        return payload_texts(self._conn, stored, spans, contents)


def _mentioned(spans: Iterable[Span]) -> set[str]:
    """Return the messages whose text is shown."""
    found: set[str] = set()
    for span in spans:
        found.update(span.input, span.output)
        if span.system is not None:
            found.add(span.system)
    return found


def _said(span: Span, contents: Mapping[str, MessageContent], payload: str | None) -> Row:
    """Return the texts of a turn: the input of its user messages, its system prompt, its output and its payload.

    The parts without text come last: what surrounds the text is made of them.
    """
    fed = [contents[message] for message in span.input if message in contents]
    asked = [contents[message].text for message in span.asked if message in contents]
    answers = [contents[message] for message in span.output if message in contents]
    system = "".join(contents[span.system].text) if span.system is not None and span.system in contents else ""
    return {
        "prompt": _placeholder(span.lost_input) + _joined(asked),
        "system": system or None,
        "response": _placeholder(span.lost_output) + _joined([answer.text for answer in answers]),
        "reasoning": _joined([answer.reasoning for answer in answers]) or None,
        "prompt_json": None,
        "response_json": payload,
        "_input_parts": [part for message in fed for part in message.others],
        "_output_parts": [part for answer in answers for part in answer.others],
    }


def _joined(pieces: Iterable[list[str]]) -> str:
    return "".join(chain.from_iterable(pieces))


def _placeholder(lost: str | None) -> str:
    return f"[message {lost} is missing from the database]" if lost else ""
