"""From stream events to messages: which part an event belongs to, and what the parts of a response are.

A pure state machine. However a provider cuts its answer into events, the same parts come out: consecutive text forms
one part, interleaved parallel tool calls are told apart by id, calls without an id by their name events.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from llm.core.events import StreamEvent
from llm.core.messages import Message
from llm.core.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.core.tools import ToolCall

TOOL_CALL = "tool_call"
_FAMILIES = {"tool_call_name": TOOL_CALL, "tool_call_args": TOOL_CALL}


def _family(event: StreamEvent) -> str:
    return _FAMILIES.get(event.type, event.type)


class PartIndexes:
    """Gives each event of one response the index of the part it belongs to, in order of arrival."""

    __slots__ = ("_calls", "_highest", "_message", "_previous", "_previous_family")

    def __init__(self) -> None:
        self._highest = -1
        self._message = 0
        self._previous: int | None = None
        self._previous_family = ""
        self._calls: dict[str, int] = {}

    def place(self, event: StreamEvent) -> None:
        """Set `event.part_index` unless the provider has set it."""
        if event.message_index != self._message:
            self._message = event.message_index
            self._previous = None
        family = _family(event)
        if event.part_index is None:
            event.part_index = self._index_for(event, family)
        self._highest = max(self._highest, event.part_index)
        if family == TOOL_CALL and event.tool_call_id:
            self._calls[event.tool_call_id] = event.part_index
        self._previous = event.part_index
        self._previous_family = family

    def _index_for(self, event: StreamEvent, family: str) -> int:
        if family == TOOL_CALL and event.tool_call_id:
            return self._calls.get(event.tool_call_id, self._highest + 1)
        continues = (
            self._previous is not None
            and self._previous_family == family
            and event.type not in {"tool_call_name", "tool_result"}
        )
        return self._previous if continues and self._previous is not None else self._highest + 1


def assemble(events: Iterable[StreamEvent], calls: Sequence[ToolCall], *, strict: bool = True) -> list[Message]:
    """Return the messages that recorded events and registered tool calls amount to.

    A group of events of more than one kind raises `ValueError`; with `strict=False` it is split instead, so that a
    finished turn can always be written down.
    """
    messages: dict[int, list[Part]] = {}
    streamed_calls: set[str] = set()
    for group in _groups(events, strict=strict):
        parts = messages.setdefault(group[0].message_index, [])
        part = _part(group)
        if isinstance(part, ToolCallPart) and part.tool_call_id:
            streamed_calls.add(part.tool_call_id)
        if part is not None:
            parts.append(part)
    last = messages[next(reversed(messages))] if messages else messages.setdefault(0, [])
    last.extend(call_part(call) for call in calls if call.tool_call_id not in streamed_calls)
    return [Message("assistant", _redacted_first(parts)) for parts in messages.values() if parts]


def without_events(text: str, calls: Iterable[ToolCall]) -> list[Message]:
    """Return the messages of a response that recorded no events: its text and its tool calls."""
    parts: list[Part] = [TextPart(text)] if text else []
    parts.extend(call_part(call) for call in calls)
    return [Message("assistant", parts)] if parts else []


def call_part(call: ToolCall) -> ToolCallPart:
    """Return the part that stands for a registered tool call."""
    return ToolCallPart(name=call.name, arguments=call.arguments, tool_call_id=call.tool_call_id)


def _groups(events: Iterable[StreamEvent], *, strict: bool) -> list[list[StreamEvent]]:
    groups: list[list[StreamEvent]] = []
    for index, by_family in _by_index(events).items():
        if strict and len(by_family) > 1:
            kinds = ", ".join(sorted(by_family))
            raise ValueError(f"Events of different kinds share part_index {index}: {kinds}")
        groups.extend(by_family.values())
    return groups


def _by_index(events: Iterable[StreamEvent]) -> dict[int | None, dict[str, list[StreamEvent]]]:
    """Return the events by part_index and family. Neighbours mostly share both, so they are looked up together."""
    found: dict[int | None, dict[str, list[StreamEvent]]] = {}
    for (index, kind), neighbours in groupby(events, attrgetter("part_index", "type")):
        found.setdefault(index, {}).setdefault(_FAMILIES.get(kind, kind), []).extend(neighbours)
    return found


def _part(group: list[StreamEvent]) -> Part | None:
    build = _BUILDERS.get(_family(group[0]))
    return build(group) if build else None


def _text(group: list[StreamEvent]) -> Part | None:
    text = _joined(group)
    return TextPart(text=text, provider_metadata=_metadata(group)) if text else None


def _reasoning(group: list[StreamEvent]) -> Part | None:
    text, metadata = _joined(group), _metadata(group)
    redacted = any(event.redacted for event in group)
    if not (text or redacted or metadata):
        return None
    return ReasoningPart(text=text, redacted=redacted, provider_metadata=metadata)


def _tool_call(group: list[StreamEvent]) -> Part:
    return ToolCallPart(
        name=_joined(event for event in group if event.type == "tool_call_name"),
        arguments=parsed_arguments(_joined(event for event in group if event.type == "tool_call_args")),
        tool_call_id=_first(event.tool_call_id for event in group),
        server_executed=any(event.server_executed for event in group),
        provider_metadata=_metadata(group),
    )


def _tool_result(group: list[StreamEvent]) -> Part:
    return ToolResultPart(
        name=_first(event.tool_name for event in group) or "",
        output=_joined(group),
        tool_call_id=_first(event.tool_call_id for event in group),
        server_executed=any(event.server_executed for event in group),
        provider_metadata=_metadata(group),
    )


_BUILDERS = {"text": _text, "reasoning": _reasoning, TOOL_CALL: _tool_call, "tool_result": _tool_result}


def parsed_arguments(text: str) -> dict[str, Any]:
    """Return tool arguments as a dictionary: `{}` for no text, `{"_raw": TEXT}` for anything but a JSON object."""
    if not text:
        return {}
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        return {"_raw": text}
    return arguments if isinstance(arguments, dict) else {"_raw": text}


def _joined(events: Iterable[StreamEvent]) -> str:
    return "".join(map(attrgetter("chunk"), events))


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _metadata(group: list[StreamEvent]) -> dict[str, Any] | None:
    merged: dict[str, Any] = {}
    for metadata in filter(None, map(attrgetter("provider_metadata"), group)):
        merged.update(metadata)
    return merged or None


def _redacted_first(parts: list[Part]) -> list[Part]:
    def is_redacted(part: Part) -> bool:
        return isinstance(part, ReasoningPart) and part.redacted

    return [part for part in parts if is_redacted(part)] + [part for part in parts if not is_redacted(part)]
