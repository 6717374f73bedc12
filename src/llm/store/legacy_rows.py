"""Legacy responses as the rows of a listing, in the shape in which their table keeps them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from llm.store.reading import select_by_id
from llm.store.search import Hit

_COLUMNS = {
    "id": "responses.id",
    "model": "responses.model",
    "resolved_model": "responses.resolved_model",
    "prompt": "responses.prompt",
    "system": "responses.system",
    "prompt_json": "responses.prompt_json",
    "options_json": "responses.options_json",
    "response": "responses.response",
    "reasoning": "responses.reasoning",
    "response_json": "responses.response_json",
    "conversation_id": "responses.conversation_id",
    "duration_ms": "responses.duration_ms",
    "datetime_utc": "responses.datetime_utc",
    "input_tokens": "responses.input_tokens",
    "output_tokens": "responses.output_tokens",
    "token_details": "responses.token_details",
    "conversation_name": "conversations.name",
    "conversation_model": "conversations.model",
    "schema_json": "schemas.content",
}
_RESPONSES = f"""
    SELECT {", ".join(_COLUMNS.values())} FROM responses
    LEFT JOIN conversations ON conversations.id = responses.conversation_id
    LEFT JOIN schemas ON schemas.id = responses.schema_id
    """


def legacy_rows(conn: sqlite3.Connection, hits: Iterable[Hit]) -> dict[str, dict[str, Any]]:
    """Return the rows of these responses by id. Rows that have vanished meanwhile are absent."""
    ranks = {hit.id: hit.rank for hit in hits}
    if not ranks:
        return {}
    found = {}
    for values in select_by_id(conn, _RESPONSES, "responses", ranks):
        row = dict(zip(_COLUMNS, values, strict=True))
        if ranks[row["id"]] is not None:
            row["_search_rank"] = ranks[row["id"]]
        row["_legacy"] = True
        found[row["id"]] = row
    return found
