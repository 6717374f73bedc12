"""The provider's raw payload of a turn, written and read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from llm.core.messages import Message
from llm.core.records import TurnRecord
from llm.store.chain_reading import load_chain
from llm.store.chains import StoredChain
from llm.store.condense import condense_payload, resolve_payload
from llm.store.reading import decoded, select
from llm.store.stored_schemas import stored_schema


def stored_payload(conn: sqlite3.Connection, record: TurnRecord, parent: str | None, output: StoredChain) -> str | None:
    """Return the text to store for the payload of a turn whose messages are stored already.

    A payload that no text can be made of is dropped: the turn matters more.
    """
    if record.response_json is None:
        return None
    tools = [(offered.tool.name, offered.tool.description) for offered in record.tools]
    messages = _as_stored(conn, parent, output)
    try:
        return condense_payload(record.response_json, messages, tools, record.schema, record.json_replacements)
    except (TypeError, ValueError, RecursionError):
        return None


def turn_response_json(conn: sqlite3.Connection, turn_id: str) -> Any:
    """Return the payload of a turn, `None` if there is no such turn or it has none.

    Raises `condense_json.UncondenseError` if what it refers to is gone.
    """
    sql = "SELECT response_json, parent_message_hash, tip_message_hash, model, schema_id FROM turns WHERE id = ?"
    rows = select(conn, sql, (turn_id,))
    if not rows or rows[0][0] is None:
        return None
    condensed, parent, tip, model, schema_id = rows[0]
    return resolve_payload(
        condensed,
        _own_output(conn, tip, parent),
        _tools(conn, turn_id),
        stored_schema(conn, schema_id),
        _replacements_of(model) if '"m.' in condensed else None,
    )


def _as_stored(conn: sqlite3.Connection, parent: str | None, output: StoredChain) -> Sequence[Message]:
    """Return the output as a reader will find it: whoever stored it first may have had arguments in another order."""
    if output.is_new:
        return [link.message for link in output.links]
    return load_chain(conn, output.tip, parent)


def _own_output(conn: sqlite3.Connection, tip: str | None, parent: str | None) -> Sequence[Message]:
    try:
        return load_chain(conn, tip, parent)
    except KeyError:  # a damaged database; what refers to these messages will not resolve
        return []


def _tools(conn: sqlite3.Connection, turn_id: str) -> list[tuple[str, str | None]]:
    sql = """
        SELECT tools.name, tools.description FROM turn_tools JOIN tools ON tools.id = turn_tools.tool_id
        WHERE turn_tools.turn_id = ? ORDER BY tools.id
        """
    return [(name, description) for name, description in select(conn, sql, (turn_id,))]


def _replacements_of(model_id: str) -> Mapping[str, Any] | None:
    import llm

    try:
        model = llm.get_model(model_id)
        # A model may be able to read more than it writes: names that an earlier version of it wrote.
        return getattr(model, "readable_json_replacements", None) or getattr(model, "json_replacements", None)
    except Exception:  # noqa: BLE001 -- the model is unknown or its plugin is broken: it offers nothing
        return None
