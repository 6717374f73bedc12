"""Provider payloads without what the log holds anyway.

A raw response repeats the text, the tool calls and often a schema or a standing instruction. The stored payload refers
to these instead. The names they go by are derived from the messages, when writing as when reading, and are shared with
LLM 0.36; the form of the references is that of the package condense-json.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from llm.core.messages import Message
from llm.core.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.store.plain import json_text, plain_value

LONG = 64  # characters; below that a reference saves nothing worth having
Named = Iterator[tuple[str, Any]]


def condense_payload(
    payload: Any,
    messages: Sequence[Message],
    tools: Iterable[tuple[str, str | None]] = (),
    schema: Mapping[str, Any] | None = None,
    model_replacements: Mapping[str, Any] | None = None,
) -> str | None:
    """Return the JSON text under which a payload is stored, `None` for no payload.

    `messages` is the turn's own output, `tools` the names and descriptions of its tools, `model_replacements` the
    attribute `json_replacements` of its model. Raises `ValueError` or `RecursionError` for a payload that contains
    itself.
    """
    if payload is None:
        return None
    from condense_json import condense_json

    return json_text(condense_json(payload, _payload_replacements(messages, tools, schema, model_replacements)))


def resolve_payload(
    condensed: str | None,
    messages: Sequence[Message],
    tools: Iterable[tuple[str, str | None]] = (),
    schema: Mapping[str, Any] | None = None,
    model_replacements: Mapping[str, Any] | None = None,
) -> Any:
    """Return the payload that `condense_payload` made this text of, given the same values.

    Raises `condense_json.UncondenseError` for a reference that no longer resolves, or text that is no such form.
    """
    if condensed is None:
        return None
    from condense_json import UncondenseError, uncondense_json

    try:
        stored = json.loads(condensed)
    except (ValueError, RecursionError) as error:
        raise UncondenseError(f"The stored payload is not JSON: {error}") from error
    return uncondense_json(stored, _payload_replacements(messages, tools, schema, model_replacements))


def _payload_replacements(
    messages: Sequence[Message],
    tools: Iterable[tuple[str, str | None]] = (),
    schema: Mapping[str, Any] | None = None,
    model_replacements: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a payload may refer to, by key, in order of preference."""
    found: dict[str, Any] = {}
    for number, message in enumerate(messages):
        for position, part in enumerate(message.parts):
            found.update((f"{number}.{position}.{name}", value) for name, value in _of_part(part))
        found.update(_nested(f"{number}.pm", message.provider_metadata or None))
    found.update(_of_tools(tools))
    if schema and _is_long(schema):
        found["schema"] = schema
    found.update((f"m.{name}", value) for name, value in (model_replacements or {}).items())
    return found


for _public in (condense_payload, resolve_payload, _payload_replacements):
    _public.__module__ = "llm.logs"


def _of_part(part: Part) -> Named:
    if isinstance(part, (TextPart, ReasoningPart)):
        yield from _if_long("text", part.text)
    elif isinstance(part, ToolResultPart):
        yield from _if_long("output", part.output)
    elif isinstance(part, ToolCallPart) and part.arguments:
        yield from _of_arguments(part.arguments)
    yield from _nested("pm", getattr(part, "provider_metadata", None) or None)


def _of_arguments(arguments: Any) -> Named:
    compact = json.dumps(arguments, separators=(",", ":"))
    spaced = json.dumps(arguments)
    yield from _if_long("args", compact)
    if spaced != compact:
        yield from _if_long("args2", spaced)
    yield from _if_long("argsv", arguments)


def _nested(path: str, value: Any) -> Named:
    """Yield a value and everything inside it that is long enough, by path."""
    if not _is_long(value):
        return  # then nothing inside it is long either
    yield path, value
    if not isinstance(value, str):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _nested(f"{path}.{key}", item)


def _of_tools(tools: Iterable[tuple[str, str | None]]) -> Named:
    """Yield the descriptions of the tools; a name that stands for two descriptions stands for none."""
    described: dict[str, set[str]] = {}
    for name, description in tools:
        if description and _is_long(description):
            described.setdefault(name, set()).add(description)
    for name, descriptions in described.items():
        if len(descriptions) == 1:
            yield f"tool.{name}.description", descriptions.pop()


def _if_long(name: str, value: Any) -> Named:
    if _is_long(value):
        yield name, value


def _is_long(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) >= LONG
    if isinstance(value, (dict, list)) and value:
        return len(json.dumps(value, separators=(",", ":"), default=plain_value)) >= LONG
    return False
