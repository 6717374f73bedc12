"""Annotated rows of the log, made by hand."""

from __future__ import annotations

from typing import Any

EMPTY: dict[str, Any] = {
    "id": "ID",
    "model": "m",
    "resolved_model": None,
    "options_json": {},
    "conversation_id": "CID",
    "duration_ms": None,
    "datetime_utc": "2026-01-02T03:04:05.123456+00:00",
    "input_tokens": None,
    "output_tokens": None,
    "token_details": None,
    "conversation_name": "name",
    "conversation_model": "m",
    "schema_json": None,
    "prompt": "the prompt",
    "system": None,
    "response": "the response",
    "reasoning": None,
    "prompt_json": None,
    "response_json": None,
    "prompt_fragments": [],
    "system_fragments": [],
    "tools": [],
    "tool_calls": [],
    "tool_results": [],
}


def row(**values: Any) -> dict[str, Any]:
    """Return a row; what is not given is empty."""
    assert values.keys() <= EMPTY.keys()
    return {**EMPTY, **values}


def attachment(**values: Any) -> dict[str, Any]:
    """Return an attachment as the row API describes it."""
    gaps: dict[str, Any] = {
        "id": "A",
        "type": "image/png",
        "path": None,
        "url": None,
        "content": None,
        "content_length": None,
    }
    return {**gaps, **values}


def fragment(content: str, digest: str = "HASH") -> dict[str, Any]:
    """Return a fragment of an annotated row."""
    return {"hash": digest, "content": content, "aliases": []}


def tool(name: str, **values: Any) -> dict[str, Any]:
    """Return a tool that was offered."""
    gaps: dict[str, Any] = {
        "id": 1,
        "hash": f"hash of {name}",
        "description": None,
        "input_schema": {},
        "instance": None,
    }
    return {"name": name, **gaps, **values}


def call(name: str, arguments: Any) -> dict[str, Any]:
    """Return a tool call."""
    return {"id": 1, "tool_id": None, "name": name, "arguments": arguments, "tool_call_id": "TOOL_CALL_ID"}


def result(name: str, output: str | None, **values: Any) -> dict[str, Any]:
    """Return a tool result that was fed to the model."""
    gaps: dict[str, Any] = {"id": 1, "tool_id": None, "exception": None, "instance": None, "attachments": []}
    return {"name": name, "output": output, "tool_call_id": "TOOL_CALL_ID", **gaps, **values}
