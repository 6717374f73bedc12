"""Legacy responses as the rows of a listing, in the shape in which their table keeps them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from llm.store.reading import select_by_id
from llm.store.search import Hit

_RESPONSES = """
    SELECT responses.id, responses.model, responses.resolved_model, responses.prompt, responses.system,
           responses.prompt_json, responses.options_json, responses.response, responses.reasoning,
           responses.response_json, responses.conversation_id, responses.duration_ms, responses.datetime_utc,
           responses.input_tokens, responses.output_tokens, responses.token_details,
           conversations.name AS conversation_name, conversations.model AS conversation_model,
           schemas.content AS schema_json
    FROM responses LEFT JOIN conversations ON conversations.id = responses.conversation_id
    LEFT JOIN schemas ON schemas.id = responses.schema_id
    """


def legacy_rows(conn: sqlite3.Connection, hits: Iterable[Hit]) -> dict[str, dict[str, Any]]:
    """Return the rows of these responses by id. Rows that have vanished meanwhile are absent."""
    ranks = {hit.id: hit.rank for hit in hits}
    if not ranks:
        return {}
    found = {}
    for row in select_by_id(conn, _RESPONSES, "responses", ranks):
        if ranks[row["id"]] is not None:
            row["_search_rank"] = ranks[row["id"]]
        row["_legacy"] = True
        found[row["id"]] = row
    return found
