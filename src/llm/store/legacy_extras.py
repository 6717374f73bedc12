"""What surrounds the text of a legacy response: attachments, tools, tool calls and results, fragments."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from llm.store.database import HasConnection
from llm.store.reading import ONE_OF, connection_of, decoded, json_list, select, select_dicts
from llm.store.row_extras import ALIASES, Entry, Extras

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llm.store.logstore import LogStore

_ATTACHMENTS = f"""
    SELECT prompt_attachments.response_id, prompt_attachments.attachment_id AS id, attachments.type, attachments.path,
           attachments.url, length(attachments.content) AS content_length
    FROM prompt_attachments LEFT JOIN attachments ON attachments.id = prompt_attachments.attachment_id
    WHERE prompt_attachments.response_id {ONE_OF} ORDER BY prompt_attachments."order"
    """
_FRAGMENTS = f"""
    SELECT {{table}}.response_id, fragments.hash, fragments.id AS fragment_id, fragments.content, {ALIASES}
    FROM {{table}} JOIN fragments ON fragments.id = {{table}}.fragment_id
    WHERE {{table}}.response_id {ONE_OF} ORDER BY {{table}}."order", fragments.id
    """
_TOOLS = f"""
    SELECT tool_responses.response_id, tools.id, tools.hash, tools.name, tools.description, tools.input_schema
    FROM tool_responses JOIN tools ON tools.id = tool_responses.tool_id
    WHERE tool_responses.response_id {ONE_OF} ORDER BY tools.id
    """
_CALLS = f"""
    SELECT response_id, id, tool_id, name, arguments, tool_call_id FROM tool_calls
    WHERE response_id {ONE_OF} ORDER BY id
    """
_RESULTS = f"""
    SELECT tool_results.response_id, tool_results.id, tool_results.tool_id, tool_results.name, tool_results.output,
           tool_results.tool_call_id, tool_results.exception, tool_instances.id AS instance,
           tool_instances.name AS class_name, tool_instances.plugin, tool_instances.arguments
    FROM tool_results LEFT JOIN tool_instances ON tool_instances.id = tool_results.instance_id
    WHERE tool_results.response_id {ONE_OF} ORDER BY tool_results.id
    """
_RESULT_ATTACHMENTS = f"""
    SELECT tool_results_attachments.tool_result_id, tool_results_attachments.attachment_id, attachments.type,
           attachments.path, attachments.url, length(attachments.content)
    FROM tool_results_attachments LEFT JOIN attachments ON attachments.id = tool_results_attachments.attachment_id
    WHERE tool_results_attachments.tool_result_id {ONE_OF} ORDER BY tool_results_attachments."order"
    """


def legacy_log_row_extras(db: LogStore | HasConnection | sqlite3.Connection, ids: Iterable[str]) -> dict[str, Extras]:
    """Return what belongs to each of these legacy responses, by id.

    The keys of each are `attachments`, `prompt_fragments`, `system_fragments`, `tools`, `tool_calls` and
    `tool_results`.
    """
    conn = connection_of(db)
    wanted = list(ids)
    listed = json_list(wanted)
    sections = {
        "attachments": _entries(conn, _ATTACHMENTS, listed),
        "prompt_fragments": _entries(conn, _FRAGMENTS.format(table="prompt_fragments"), listed),
        "system_fragments": _entries(conn, _FRAGMENTS.format(table="system_fragments"), listed),
        "tools": _tools(conn, listed),
        "tool_calls": _calls(conn, listed),
        "tool_results": _results(conn, listed),
    }
    return {found: {name: entries.get(found, []) for name, entries in sections.items()} for found in wanted}


legacy_log_row_extras.__module__ = "llm.logs"


def _entries(conn: sqlite3.Connection, sql: str, listed: str) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for row in select_dicts(conn, sql, (listed,)):
        found[row.pop("response_id")].append(row)
    return found


def _tools(conn: sqlite3.Connection, listed: str) -> dict[str, list[Entry]]:
    found = _entries(conn, _TOOLS, listed)
    for tool in _all(found):
        tool["input_schema"] = decoded(tool["input_schema"], {})
        tool["instance"] = None
    return found


def _calls(conn: sqlite3.Connection, listed: str) -> dict[str, list[Entry]]:
    found = _entries(conn, _CALLS, listed)
    for call in _all(found):
        # A text that is no JSON is shown as it is.
        call["arguments"] = decoded(call["arguments"], call["arguments"] or {})
    return found


def _results(conn: sqlite3.Connection, listed: str) -> dict[str, list[Entry]]:
    found = _entries(conn, _RESULTS, listed)
    attachments = _result_attachments(conn, json_list(result["id"] for result in _all(found)))
    for result in _all(found):
        instance = {"name": result.pop("class_name"), "plugin": result.pop("plugin")}
        instance["arguments"] = result.pop("arguments")
        result["instance"] = None if result["instance"] is None else instance
        result["attachments"] = attachments.get(result["id"], [])
    return found


def _result_attachments(conn: sqlite3.Connection, results: str) -> dict[int, list[Entry]]:
    found: dict[int, list[Entry]] = defaultdict(list)
    for result_id, attachment_id, kind, path, url, length in select(conn, _RESULT_ATTACHMENTS, (results,)):
        entry: dict[str, Any] = {"id": attachment_id, "type": kind, "path": path, "url": url, "content": None}
        if length is not None:  # JSON has no form for the bytes themselves
            entry |= {"content": True, "content_length": length}
        found[result_id].append(entry)
    return found


def _all(found: dict[str, list[Entry]]) -> list[Entry]:
    return [entry for entries in found.values() for entry in entries]
