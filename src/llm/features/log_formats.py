"""Rows of the log in forms for programs: short YAML, data of structured responses, single texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from llm.core.text import extract_fenced_code_block, find_unused_key, truncate_string
from llm.core.yaml_text import yaml_text
from llm.store.reading import decoded

Row: TypeAlias = Mapping[str, Any]
Attachments: TypeAlias = list[dict[str, Any]]

_NOT_JSON = object()
_SHORT = 120  #: length of a prompt in the short form


def short_entry(row: Row, attachments: Attachments, *, usage: bool) -> str:
    """Return an annotated row as a YAML list of one short entry."""
    return yaml_text([_short(row, attachments, usage=usage)])


def data_items(row: Row, *, key: str | None = None, ids: bool = False) -> list[Any]:
    """Return the data in a response: its JSON value, or the objects that it lists under `key`.

    A response that is no JSON holds no data. `ids` adds to each object the ids of response and conversation.
    """
    value = decoded(row["response"], _NOT_JSON)
    if value is _NOT_JSON:
        return []
    items = _listed(value, key) if key is not None else None
    items = [value] if items is None else items
    return [_with_ids(item, row) for item in items] if ids else items


def data_array(items: Iterable[Any]) -> Iterator[str]:
    """Yield the pieces of a JSON array with one item a line."""
    opening = "["
    for item in items:
        yield opening + json.dumps(item)
        opening = ",\n "
    yield "[]" if opening == "[" else "]"


def first_code_block(rows: Iterable[Row], *, last: bool) -> str | None:
    """Return the first (or `last`) fenced code block of the first row whose response has one."""
    blocks = (extract_fenced_code_block(row["response"] or "", last=last) for row in rows)
    return next((block for block in blocks if block is not None), None)


def day_and_time(row: Row) -> str:
    """Return when a row was logged, to the second."""
    logged = row["datetime_utc"]
    return "unknown time" if logged is None else str(logged).partition(".")[0]


def _listed(value: Any, key: str) -> list[Any] | None:
    listed = value.get(key) if isinstance(value, dict) else None
    if isinstance(listed, list) and all(isinstance(item, dict) for item in listed):
        return listed
    return None


def _with_ids(item: Any, row: Row) -> Any:
    if not isinstance(item, dict):
        return item
    found = dict(item)
    found[find_unused_key(found, "response_id")] = row["id"]
    found[find_unused_key(found, "conversation_id")] = row["conversation_id"]
    return found


def _short(row: Row, attachments: Attachments, *, usage: bool) -> dict[str, Any]:
    short = {
        "model": row["model"],
        "datetime": day_and_time(row),
        "duration_ms": row["duration_ms"],
        "conversation": row["conversation_id"],
    }
    optional = {
        "tool_calls": [f"{call['name']}({json.dumps(call['arguments'])})" for call in row["tool_calls"]],
        "tool_results": [
            f"{found['name']}: {truncate_string(str(found['output'] or ''))}" for found in row["tool_results"]
        ],
        "system": truncate_string(row["system"], _SHORT, normalize_whitespace=True),
        "prompt": truncate_string(row["prompt"], _SHORT, normalize_whitespace=True, keep_end=True),
        "attachments": [_short_attachment(attachment) for attachment in attachments],
    }
    short.update({key: value for key, value in optional.items() if value})
    for kind in ("prompt_fragments", "system_fragments"):
        short[kind] = [fragment["hash"] for fragment in row[kind]]
    if usage and (row["input_tokens"] or row["output_tokens"]):
        short["usage"] = _short_usage(row)
    return short


def _short_attachment(attachment: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": attachment["type"], **{key: attachment[key] for key in ("path", "url") if attachment[key]}}


def _short_usage(row: Row) -> dict[str, Any]:
    found = {"input": row["input_tokens"], "output": row["output_tokens"]}
    if row["token_details"]:
        found["details"] = decoded(row["token_details"], row["token_details"])
    return found
