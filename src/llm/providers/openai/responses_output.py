"""Output items of the Responses API as events: reasoning, and what the provider executed by itself.

Items are objects read by attribute; what they hold may be objects or plain dictionaries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from llm.core.events import StreamEvent
from llm.core.ids import new_tool_call_id
from llm.core.tools import ToolCall
from llm.core.usage import remove_dict_none_values
from llm.engine.assembly import parsed_arguments
from llm.providers.openai.reading import dump, items, member, text


def texts_of(item: Any) -> list[str]:
    """Return the texts of a message item; a refusal is text as well."""
    entries = items(item, "content")
    texts = (text(entry, "refusal" if member(entry, "type") == "refusal" else "text") for entry in entries)
    return [said for said in texts if said]


def function_call(item: Any) -> tuple[ToolCall, str]:
    """Return the call that an item asks for, and its arguments as they came."""
    arguments = text(item, "arguments")
    call_id = text(item, "call_id") or new_tool_call_id()
    return ToolCall(text(item, "name"), parsed_arguments(arguments), call_id), arguments


def reasoning_text(item: Any) -> str:
    """Return the text of a reasoning item: the parts of its summary, with blank lines between, then its content."""
    summary, content = ([text(entry, "text") for entry in items(item, name)] for name in ("summary", "content"))
    return "\n\n".join(filter(None, summary)) + "".join(content)


def reasoning_metadata(item: Any) -> dict[str, Any] | None:
    """Return what has to be sent back with later turns, under the key of this provider."""
    summary = [plain(entry) for entry in items(item, "summary")]
    known = {"id": text(item, "id"), "encrypted_content": text(item, "encrypted_content"), "summary": summary}
    metadata = {name: value for name, value in known.items() if value}
    return {"openai": metadata} if metadata else None


def reasoning_event(item: Any, said: str | None) -> StreamEvent:
    """Return the event for a reasoning item. `said` is None where its text has been shown before."""
    return StreamEvent("reasoning", said or "", redacted=said == "", provider_metadata=reasoning_metadata(item))


def reasoning_refresh(payload: Mapping[str, Any], done_events: Mapping[str, StreamEvent]) -> Iterator[StreamEvent]:
    """Yield an event with the final metadata for each reasoning item that was seen before.

    The ciphertext is a new one in each event of the API; the message and the stored payload are to have the same.
    """
    for item in items(payload, "output"):
        if not isinstance(item, dict) or item.get("type") != "reasoning":
            continue
        seen = done_events.get(text(item, "id"))
        if seen is not None:
            yield StreamEvent(
                "reasoning",
                "",
                part_index=seen.part_index,
                message_index=seen.message_index,
                provider_metadata=reasoning_metadata(item),
            )


def server_tool_events(item: Any, message_index: int) -> list[StreamEvent]:
    """Return the events for a call that the provider executed: name, arguments and result; none for unknown types."""
    describe = _SERVER_TOOLS.get(text(item, "type"))
    if describe is None:
        return []
    name, arguments, result = describe(item)
    result = result or text(item, "status") or "completed"
    chunks = {"tool_call_name": name, "tool_call_args": json.dumps(arguments), "tool_result": result}
    events = [
        StreamEvent(
            kind, chunk, tool_call_id=text(item, "id") or None, server_executed=True, message_index=message_index
        )
        for kind, chunk in chunks.items()
    ]
    events[-1].tool_name = name
    return events


def refresh_chunks(events: Iterable[StreamEvent], fresh: Iterable[StreamEvent]) -> None:
    """Overwrite the chunks of events with those of newer ones of the same type."""
    newer = {event.type: event.chunk for event in fresh}
    for event in events:
        event.chunk = newer.get(event.type, event.chunk)


# Why an answer was cut off, and what helps.
_REASONS = {
    "max_output_tokens": "the model reached its limit of tokens; -o max_tokens sets another one",
    "content_filter": "the provider's content filter stopped it",
}


def shortfall_text(reason: Any) -> str:
    """Return what to tell the user about an answer that was cut off for this reason, which may be unknown."""
    return f"The answer is incomplete: {_REASONS.get(str(reason)) or reason or 'the provider gave no reason'}"


def plain(value: Any) -> Any:
    """Return an object as a dictionary, without the fields that it declares but the reply lacks."""
    if hasattr(value, "model_dump"):
        return remove_dict_none_values(dump(value))
    return value


def _web_search(item: Any) -> tuple[str, Any, str]:
    results = [plain(result) for result in items(item, "results")]
    return "web_search", plain(getattr(item, "action", None)) or {}, json.dumps(results) if results else ""


def _code_interpreter(item: Any) -> tuple[str, Any, str]:
    shown = (text(output, "logs") or text(output, "url") for output in items(item, "outputs"))
    return "code_interpreter", {"code": text(item, "code")}, "\n".join(filter(None, shown))


_SERVER_TOOLS: dict[str, Callable[[Any], tuple[str, Any, str]]] = {
    "web_search_call": _web_search,
    "code_interpreter_call": _code_interpreter,
}
