"""Events for a response that recorded none: one that was read back from storage or made by hand.

Replaying these events gives the same messages again, so code that consumes streams need not care where a response
comes from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from llm.core.events import StreamEvent
from llm.core.messages import Message
from llm.core.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart


def events_of(messages: Iterable[Message]) -> list[StreamEvent]:
    """Return events from which `assembly.assemble` makes these messages."""
    events: list[StreamEvent] = []
    index = 0
    for message_index, message in enumerate(messages):
        for part in message.parts:
            for event in _events(part):
                event.part_index = index
                event.message_index = message_index
                events.append(event)
            index += 1
    return events


def _events(part: Part) -> Iterator[StreamEvent]:
    metadata = getattr(part, "provider_metadata", None)
    if isinstance(part, TextPart):
        yield StreamEvent("text", part.text, provider_metadata=metadata)
    elif isinstance(part, ReasoningPart):
        yield StreamEvent("reasoning", part.text, redacted=part.redacted, provider_metadata=metadata)
    elif isinstance(part, ToolCallPart):
        call = {"tool_call_id": part.tool_call_id, "server_executed": part.server_executed}
        yield StreamEvent("tool_call_name", part.name, provider_metadata=metadata, **call)  # type: ignore[arg-type]
        yield StreamEvent("tool_call_args", json.dumps(part.arguments), **call)  # type: ignore[arg-type]
    elif isinstance(part, ToolResultPart):
        yield StreamEvent(
            "tool_result",
            part.output,
            tool_call_id=part.tool_call_id,
            server_executed=part.server_executed,
            tool_name=part.name,
            provider_metadata=metadata,
        )
