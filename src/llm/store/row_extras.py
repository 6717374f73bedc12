"""What surrounds the text of a turn: attachments, tools, tool calls and results, fragments.

Everything is read for a whole batch of rows at a time. A row of a missing attachment or a damaged JSON text gives an
entry with gaps, never an error.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from llm.store.database import HasConnection
from llm.store.reading import ONE_OF, connection_of, decoded, json_list, select, select_dicts
from llm.store.texts import OtherPart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llm.store.logstore import LogStore

Entry = dict[str, Any]
Extras = dict[str, list[Entry]]

_KINDS = ("attachments", "tools", "tool_calls", "tool_results", "prompt_fragments", "system_fragments")

#: Column: the aliases of a fragment as a JSON text, in the order in which they were made; JSON has no form for bytes.
ALIASES = """(SELECT json_group_array(CAST(fragment_aliases.alias AS TEXT)) FROM fragment_aliases
             WHERE fragment_aliases.fragment_id = fragments.id) AS aliases"""

_ATTACHMENTS = f"SELECT id, type, path, url, content IS NOT NULL, length(content) FROM attachments WHERE id {ONE_OF}"
_TOOLS = f"""
    SELECT turn_tools.turn_id, tools.id, tools.hash, tools.name, tools.description, tools.input_schema,
           tool_instances.id, tool_instances.name, tool_instances.arguments
    FROM turn_tools JOIN tools ON tools.id = turn_tools.tool_id
    LEFT JOIN tool_instances ON tool_instances.id = turn_tools.instance_id
    WHERE turn_tools.turn_id {ONE_OF} ORDER BY turn_tools.turn_id, tools.id
    """
_INSTANCES = f"""
    SELECT tool_instantiations.turn_id, tool_instantiations.tool_call_id, tool_instances.name, tool_instances.plugin,
           tool_instances.arguments
    FROM tool_instantiations JOIN tool_instances ON tool_instances.id = tool_instantiations.instance_id
    WHERE tool_instantiations.turn_id {ONE_OF}
    """
_FRAGMENTS = f"""
    SELECT turn_fragments.turn_id, turn_fragments.kind, fragments.hash, fragments.content, {ALIASES}
    FROM turn_fragments JOIN fragments ON fragments.id = turn_fragments.fragment_id
    WHERE turn_fragments.turn_id {ONE_OF} ORDER BY turn_fragments.turn_id, turn_fragments."order"
    """


class _Part(NamedTuple):
    """One part of a message, its payload decoded."""

    id: int
    type: str
    name: str
    payload: Mapping[str, Any]


class _OwnParts(NamedTuple):
    """The parts of a turn that are no texts."""

    fed: list[_Part]
    made: list[_Part]


_NO_PARTS = _OwnParts([], [])


class _Surroundings(NamedTuple):
    """What was read for a batch; each by turn, attachments by id. Turns without any are left out."""

    parts: Mapping[str, _OwnParts]
    attachments: Mapping[str, Entry]
    tools: Mapping[str, list[Entry]]
    instances: Mapping[str, Mapping[str, Entry]]
    fragments: Mapping[str, list[Entry]]


def log_row_extras(store: LogStore | HasConnection, row: Mapping[str, Any]) -> Extras:
    """Return what belongs to a row of a turn, as `merged_log_rows` and `log_rows` return it.

    The keys are `attachments`, `tools`, `tool_calls`, `tool_results`, `prompt_fragments` and `system_fragments`.
    """
    return turn_extras(connection_of(store), [row])[row["id"]]


log_row_extras.__module__ = "llm.logs"


def turn_extras(conn: sqlite3.Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, Extras]:
    """Return the extras of each of these rows of turns, by id."""
    found = _read(conn, rows)
    return {row["id"]: _extras(row, found) for row in rows}


def _extras(row: Mapping[str, Any], found: _Surroundings) -> Extras:
    turn_id = row["id"]
    tools = found.tools.get(turn_id, [])
    tool_ids = {tool["name"]: tool["id"] for tool in tools}
    own = found.parts.get(turn_id, _NO_PARTS)
    fed, made = own.fed, own.made
    fragments = found.fragments.get(turn_id, [])
    if not (fed or made or tools or fragments):
        return {kind: [] for kind in _KINDS}
    attachments = (_attachment(part.payload.get("attachment"), found) for part in fed if part.type == "attachment")
    return {
        "attachments": [attachment for attachment in attachments if attachment is not None],
        "tools": tools,
        "tool_calls": [_call(part, tool_ids) for part in made if part.type == "tool_call"],
        "tool_results": [
            _result(part, turn_id, tool_ids, found, server_executed=server_executed)
            for server_executed, parts in ((False, fed), (True, made))
            for part in parts
            if part.type == "tool_result"
        ],
        "prompt_fragments": [fragment for fragment in fragments if fragment["kind"] == "prompt"],
        "system_fragments": [fragment for fragment in fragments if fragment["kind"] == "system"],
    }


def _call(part: _Part, tool_ids: Mapping[str, int]) -> Entry:
    return {
        "id": part.id,
        "tool_id": tool_ids.get(part.name),
        "name": part.name,
        "arguments": part.payload.get("arguments", {}),
        "tool_call_id": part.payload.get("tool_call_id"),
        "server_executed": bool(part.payload.get("server_executed")),
    }


def _result(
    part: _Part, turn_id: str, tool_ids: Mapping[str, int], found: _Surroundings, *, server_executed: bool
) -> Entry:
    call_id = part.payload.get("tool_call_id")
    attachments = (_attachment(reference, found) for reference in _references(part))
    return {
        "id": part.id,
        "tool_id": tool_ids.get(part.name),
        "name": part.name,
        "output": part.payload.get("output", ""),
        "tool_call_id": call_id,
        "exception": part.payload.get("exception"),
        "server_executed": server_executed,
        "instance": found.instances.get(turn_id, {}).get(call_id) if isinstance(call_id, str) else None,
        "attachments": [attachment for attachment in attachments if attachment is not None],
    }


def _attachment(reference: object, found: _Surroundings) -> Entry | None:
    """Return the attachment that a part refers to; what the reference says itself goes before the stored row."""
    if not isinstance(reference, dict) or not isinstance(reference.get("id"), str):
        return None
    gaps = dict.fromkeys(("id", "type", "path", "url", "content", "content_length"))
    stored = found.attachments.get(reference["id"], gaps)
    own = {key: reference[key] for key in ("type", "path", "url") if key in reference}
    return {**stored, "id": reference["id"], **own}


def _references(part: _Part) -> list[Any]:
    """Return the references to attachments in the payload of a part."""
    if part.type == "attachment":
        return [part.payload.get("attachment")]
    references = part.payload.get("attachments")
    return references if isinstance(references, list) else []


def _read(conn: sqlite3.Connection, rows: Iterable[Mapping[str, Any]]) -> _Surroundings:
    turns = json_list(row["id"] for row in rows)
    parts = {
        row["id"]: _OwnParts(_parts(row["_input_parts"]), _parts(row["_output_parts"]))
        for row in rows
        if row["_input_parts"] or row["_output_parts"]
    }
    return _Surroundings(
        parts=parts,
        attachments=_attachments(conn, parts.values()),
        tools=_tools(conn, turns),
        instances=_instances(conn, turns),
        fragments=_fragments(conn, turns),
    )


def _parts(stored: Iterable[OtherPart]) -> list[_Part]:
    return [_part(part) for part in stored]


def _part(stored: OtherPart) -> _Part:
    payload = decoded(stored.payload)
    payload = payload if isinstance(payload, dict) else {}
    return _Part(stored.id, stored.type, payload.get("name") or stored.tool_name or "", payload)


def _attachments(conn: sqlite3.Connection, parts: Iterable[_OwnParts]) -> dict[str, Entry]:
    references = [reference for own in parts for part in (*own.fed, *own.made) for reference in _references(part)]
    ids = {reference["id"] for reference in references if isinstance(reference, dict) and reference.get("id")}
    if not ids:
        return {}
    rows = select(conn, _ATTACHMENTS, (json_list(ids),))
    return {
        found: {
            "id": found,
            "type": kind,
            "path": path,
            "url": url,
            "content": True if stored else None,
            "content_length": length,
        }
        for found, kind, path, url, stored, length in rows
    }


def _tools(conn: sqlite3.Connection, turns: str) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for turn_id, tool_id, tool_hash, name, description, schema, instance, class_name, arguments in select(
        conn, _TOOLS, (turns,)
    ):
        found[turn_id].append(
            {
                "id": tool_id,
                "hash": tool_hash,
                "name": name,
                "description": description,
                "input_schema": decoded(schema, {}),
                "instance": None if instance is None else {"name": class_name, "arguments": arguments},
            }
        )
    return found


def _instances(conn: sqlite3.Connection, turns: str) -> dict[str, dict[str, Entry]]:
    found: dict[str, dict[str, Entry]] = defaultdict(dict)
    for turn_id, call_id, name, plugin, arguments in select(conn, _INSTANCES, (turns,)):
        found[turn_id][call_id] = {"name": name, "plugin": plugin, "arguments": arguments}
    return found


def _fragments(conn: sqlite3.Connection, turns: str) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for row in select_dicts(conn, _FRAGMENTS, (turns,)):
        found[row.pop("turn_id")].append(row)
    return found
