"""One turn in the log: everything that is written about a model call, in one transaction."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from llm.core.history import History
from llm.core.ids import new_id
from llm.core.records import ToolInstance, TurnRecord
from llm.core.schemas import make_schema_id
from llm.core.text import conversation_name, plain_text
from llm.store.chains import PartWriter, store_history, store_messages
from llm.store.connection import execute, executemany
from llm.store.fragments import fragment_id, fragment_ids
from llm.store.payloads import stored_payload
from llm.store.plain import json_text, plain_count, plain_value
from llm.store.reading import select
from llm.store.tool_rows import tool_id, tool_instance_id
from llm.store.turn_states import write_state

#: Derives what full-text search finds of the turn `:turn_id`: the literal text of the user's message and of the answer.
#: Fragments, system prompts, reasoning and tool activity are not in it. The joins say their order: without statistics,
#: newer versions of SQLite would read all parts of the log instead.
TURN_SEARCH_INSERT_SQL = """
    INSERT INTO turn_search (turn_id, prompt, response)
    WITH RECURSIVE
    turn(parent, tip) AS (SELECT parent_message_hash, tip_message_hash FROM turns WHERE id = :turn_id),
    output(hash, depth) AS (
        SELECT tip, 0 FROM turn WHERE tip IS NOT NULL AND tip IS NOT parent
        UNION ALL
        SELECT messages.parent_hash, output.depth + 1
        FROM output CROSS JOIN messages ON messages.hash = output.hash
        WHERE messages.parent_hash IS NOT NULL AND messages.parent_hash IS NOT (SELECT parent FROM turn)),
    texts(side, depth, position, text) AS (
        SELECT 'prompt', 0, parts.position, coalesce(parts.text, (
            SELECT group_concat(literal, '') FROM (
                SELECT json_extract(value, '$.literal') AS literal
                FROM json_each(parts.payload, '$.text_ref') ORDER BY key)))
        FROM turn
        CROSS JOIN messages ON messages.hash = turn.parent AND messages.role = 'user'
        CROSS JOIN parts ON parts.message_hash = messages.hash AND parts.type = 'text'
        UNION ALL
        SELECT 'response', output.depth, parts.position, parts.text
        FROM output
        CROSS JOIN messages ON messages.hash = output.hash AND messages.role = 'assistant'
        CROSS JOIN parts ON parts.message_hash = messages.hash AND parts.type = 'text'),
    sides(prompt, response) AS (
        SELECT
            coalesce(group_concat(CASE side WHEN 'prompt' THEN text END, ''), ''),
            coalesce(group_concat(CASE side WHEN 'response' THEN text END, ''), '')
        FROM (SELECT side, text FROM texts ORDER BY depth DESC, position))
    SELECT :turn_id, prompt, response FROM sides WHERE prompt != '' OR response != ''
    """

_TURN = """
    INSERT INTO turns (
        id, thread_id, parent_message_hash, tip_message_hash, model, resolved_model, options_json, schema_id,
        input_tokens, output_tokens, token_details, duration_ms, datetime_utc, response_json)
    VALUES (
        :id, :thread_id, :parent_message_hash, :tip_message_hash, :model, :resolved_model, :options_json, :schema_id,
        :input_tokens, :output_tokens, :token_details, :duration_ms, :datetime_utc, :response_json)
    ON CONFLICT (id) DO UPDATE SET
        thread_id = excluded.thread_id, parent_message_hash = excluded.parent_message_hash,
        tip_message_hash = excluded.tip_message_hash, model = excluded.model,
        resolved_model = excluded.resolved_model, options_json = excluded.options_json,
        schema_id = excluded.schema_id, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
        token_details = excluded.token_details, duration_ms = excluded.duration_ms,
        datetime_utc = excluded.datetime_utc, response_json = excluded.response_json
    """


def write_turn(
    conn: sqlite3.Connection, record: TurnRecord, thread_id: str | None, write: PartWriter
) -> list[tuple[History, str]]:
    """Write a turn, or write it again in place; needs an open transaction.

    Returns the nodes of the input that were looked at, with the hashes under which they are stored now. Raises
    `sqlite_utils.db.NotFoundError` if `thread_id` is given and there is no such thread.
    """
    thread = _thread_of(conn, record, thread_id)
    fragments = fragment_ids(conn, [*record.fragments, *record.system_fragments])
    parent, hashes = store_history(conn, record.input, fragments, write)
    output = store_messages(conn, record.output, parent, {}, write)
    values = _columns(record)
    values.update(
        thread_id=thread,
        parent_message_hash=parent,
        tip_message_hash=output.tip,
        schema_id=_schema_id(conn, record.schema),
        response_json=stored_payload(conn, record, parent, output),
    )
    execute(conn, _TURN, values)
    write_state(conn, record)
    _write_tools(conn, record)
    _write_fragments(conn, record, fragments)
    _write_search(conn, record.id)
    tip = store_messages(conn, record.results, output.tip, {}, write).tip
    execute(conn, "UPDATE threads SET tip_message_hash = ? WHERE id = ?", (tip, thread))
    return hashes


def create_thread(
    conn: sqlite3.Connection, thread_id: str, *, name: str | None, tip: str | None, forked_from: str | None
) -> None:
    """Insert a thread. Raises `sqlite3.IntegrityError` if the id is taken."""
    sql = "INSERT INTO threads (id, name, tip_message_hash, forked_from, datetime_utc) VALUES (?, ?, ?, ?, ?)"
    execute(conn, sql, (thread_id, name, tip, forked_from, str(datetime.now(timezone.utc))))


def has_thread(conn: sqlite3.Connection, thread_id: str) -> bool:
    """Tell whether there is a thread with this id."""
    return bool(select(conn, "SELECT 1 FROM threads WHERE id = ?", (thread_id,)))


def _thread_of(conn: sqlite3.Connection, record: TurnRecord, thread_id: str | None) -> str:
    """Return the thread that the turn belongs to, creating the conversation's if it has none yet."""
    if thread_id is not None:
        if not has_thread(conn, thread_id):
            from sqlite_utils.db import NotFoundError

            raise NotFoundError(f"There is no thread {thread_id} in this database")
        return thread_id
    found = record.thread_id or _thread_of_earlier_log(conn, record.id) or new_id()
    if not has_thread(conn, found):
        create_thread(conn, found, name=conversation_name(plain_text(record.name_source)), tip=None, forked_from=None)
    return found


def _thread_of_earlier_log(conn: sqlite3.Connection, turn_id: str) -> str | None:
    rows = select(conn, "SELECT thread_id FROM turns WHERE id = ?", (turn_id,))
    return rows[0][0] if rows else None


def _columns(record: TurnRecord) -> dict[str, Any]:
    usage = record.usage
    values = {
        "id": record.id,
        "model": record.model,
        "resolved_model": record.resolved_model,
        "options_json": _json_or_null(record.options),
        "input_tokens": plain_count(usage.input),
        "output_tokens": plain_count(usage.output),
        "token_details": _json_or_null(usage.details),
        "duration_ms": record.duration_ms,
        "datetime_utc": record.datetime_utc,
    }
    return {name: plain_value(value) for name, value in values.items()}


def _json_or_null(value: Mapping[str, Any] | None) -> str | None:
    return json_text(value) if value else None


def _schema_id(conn: sqlite3.Connection, schema: Mapping[str, Any] | None) -> str | None:
    if not schema:
        return None
    found, content = make_schema_id(dict(schema))
    execute(conn, "INSERT OR IGNORE INTO schemas (id, content) VALUES (?, ?)", (found, content))
    return found


def _write_tools(conn: sqlite3.Connection, record: TurnRecord) -> None:
    offered = [(record.id, tool_id(conn, tool.tool), _instance_id(conn, tool.instance)) for tool in record.tools]
    executemany(conn, "INSERT OR REPLACE INTO turn_tools (turn_id, tool_id, instance_id) VALUES (?, ?, ?)", offered)
    used = [
        (record.id, plain_text(call_id), _instance_id(conn, instance))
        for call_id, instance in record.instantiations.items()
    ]
    sql = "INSERT OR REPLACE INTO tool_instantiations (turn_id, tool_call_id, instance_id) VALUES (?, ?, ?)"
    executemany(conn, sql, used)


def _instance_id(conn: sqlite3.Connection, instance: ToolInstance | None) -> int | None:
    if instance is None:
        return None
    return tool_instance_id(conn, instance.name, instance.plugin, instance.arguments)


def _write_fragments(conn: sqlite3.Connection, record: TurnRecord, known: Mapping[str, int]) -> None:
    kinds: dict[str, Sequence[str]] = {"prompt": record.fragments, "system": record.system_fragments}
    rows = [
        (record.id, known.get(fragment) or fragment_id(conn, fragment), order, kind)
        for kind, fragments in kinds.items()
        for order, fragment in enumerate(fragments)
    ]
    sql = 'INSERT OR REPLACE INTO turn_fragments (turn_id, fragment_id, "order", kind) VALUES (?, ?, ?, ?)'
    executemany(conn, sql, rows)


def _write_search(conn: sqlite3.Connection, turn_id: str) -> None:
    execute(conn, "DELETE FROM turn_search WHERE turn_id = ?", (turn_id,))
    # Other programs replace the statement there.
    sql = getattr(sys.modules.get("llm.logs"), "TURN_SEARCH_INSERT_SQL", TURN_SEARCH_INSERT_SQL)
    execute(conn, sql, {"turn_id": turn_id})
