"""What stands beside a row of the legacy table `responses`, as the objects it was made of.

`legacy_extras` shows the same for listings; here nothing is abridged, so that a response can be rebuilt.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from llm.core.attachments import Attachment
from llm.core.fragments import Fragment
from llm.core.tools import Tool, ToolCall, ToolResult
from llm.store.database import HasConnection
from llm.store.reading import connection_of, decoded, select

_FRAGMENTS = """
    SELECT fragments.content, fragments.source FROM {table} JOIN fragments ON fragments.id = {table}.fragment_id
    WHERE {table}.response_id = ? ORDER BY {table}."order", fragments.id
    """
_ATTACHMENTS = """
    SELECT attachments.id, type, path, url, content FROM prompt_attachments
    JOIN attachments ON attachments.id = prompt_attachments.attachment_id
    WHERE prompt_attachments.response_id = ? ORDER BY prompt_attachments."order"
    """
_RESULT_ATTACHMENTS = """
    SELECT attachments.id, type, path, url, content FROM tool_results_attachments
    JOIN attachments ON attachments.id = tool_results_attachments.attachment_id
    WHERE tool_results_attachments.tool_result_id = ? ORDER BY tool_results_attachments."order"
    """
_TOOLS = """
    SELECT tools.name, tools.description, tools.input_schema, tools.plugin FROM tool_responses
    JOIN tools ON tools.id = tool_responses.tool_id WHERE tool_responses.response_id = ? ORDER BY tools.id
    """
_CALLS = "SELECT name, arguments, tool_call_id FROM tool_calls WHERE response_id = ? ORDER BY tool_call_id, id"
_RESULTS = "SELECT id, name, output, tool_call_id, exception FROM tool_results WHERE response_id = ? ORDER BY id"
_SCHEMA = "SELECT content FROM schemas WHERE id = ?"


@dataclass(frozen=True, slots=True)
class LegacyResponse:
    """The parts of a legacy response that are kept in tables of their own."""

    fragments: list[Fragment]
    system_fragments: list[Fragment]
    attachments: list[Attachment]
    tools: list[Tool]  #: without implementations
    tool_calls: list[ToolCall]
    tool_results: list[ToolResult]  #: their `exception` is its text
    schema: dict[str, Any] | None


def legacy_response(db: HasConnection | sqlite3.Connection, response_id: str, schema_id: str | None) -> LegacyResponse:
    """Return what the legacy tables keep about the response with this id."""
    conn = connection_of(db)
    return LegacyResponse(
        fragments=_fragments(conn, "prompt_fragments", response_id),
        system_fragments=_fragments(conn, "system_fragments", response_id),
        attachments=_attachments(conn, _ATTACHMENTS, response_id),
        tools=[
            Tool(name, description, decoded(schema, {}), plugin=plugin)
            for name, description, schema, plugin in select(conn, _TOOLS, (response_id,))
        ],
        tool_calls=[
            ToolCall(name or "", _arguments(arguments), call_id)
            for name, arguments, call_id in select(conn, _CALLS, (response_id,))
        ],
        tool_results=_results(conn, response_id),
        schema=next((decoded(content) for (content,) in select(conn, _SCHEMA, (schema_id,))), None),
    )


def _fragments(conn: sqlite3.Connection, table: str, response_id: str) -> list[Fragment]:
    rows = select(conn, _FRAGMENTS.format(table=table), (response_id,))
    return [Fragment(content or "", source or "") for content, source in rows]


def _attachments(conn: sqlite3.Connection, sql: str, owner: str | int) -> list[Attachment]:
    return [
        Attachment(_id=found, type=kind, path=path, url=url, content=content)
        for found, kind, path, url, content in select(conn, sql, (owner,), binary=(4,))
    ]


def _results(conn: sqlite3.Connection, response_id: str) -> list[ToolResult]:
    return [
        ToolResult(
            name=name or "",
            output=output or "",
            attachments=_attachments(conn, _RESULT_ATTACHMENTS, result_id),
            tool_call_id=call_id,
            exception=exception,
        )
        for result_id, name, output, call_id, exception in select(conn, _RESULTS, (response_id,))
    ]


def _arguments(text: str | None) -> dict[str, Any]:
    """Return arguments as they were given, also those that are no JSON object."""
    arguments = decoded(text, text or {})
    return arguments if isinstance(arguments, dict) else {"_raw": text if isinstance(text, str) else json.dumps(text)}
