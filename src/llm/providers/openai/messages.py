"""Messages in the form of Chat Completions."""

from __future__ import annotations

import json
from typing import Any

from llm.core.messages import Message
from llm.core.parts import AttachmentPart, TextPart, ToolCallPart, ToolResultPart
from llm.providers.openai.attachments import chat_attachment


def append_message(
    out: list[dict[str, Any]], message: Message, current_system: str | None, image_detail: Any = None
) -> str | None:
    """Append what stands for `message` on the wire; return the system prompt that is in force afterwards.

    A system message that repeats the one in force is left out, and so is an assistant message with nothing in it:
    some servers refuse those. Reasoning is not sent, nor is what the provider executed by itself.
    """
    if message.role == "tool":
        out.extend(_tool_results(message))
        return current_system
    text = joined_text(message)
    if message.role == "system":
        if (text or "") == current_system:
            return current_system
        current_system = text or ""
    wire = _wire_message(message, text, image_detail)
    if wire is not None:
        out.append(wire)
    return current_system


def joined_text(message: Message) -> str | None:
    """Return the text of a message, or None if it has no text part (an empty one counts)."""
    texts = [part.text for part in message.parts if isinstance(part, TextPart)]
    return "".join(texts) if texts else None


def arguments_text(part: ToolCallPart) -> str:
    """Return the arguments of a call as the JSON text that models are shown."""
    return json.dumps(part.arguments)


def _wire_message(message: Message, text: str | None, image_detail: Any) -> dict[str, Any] | None:
    calls = _tool_calls(message)
    content: str | list[dict[str, Any]] | None = text
    if not calls or text is not None:
        attached = [
            chat_attachment(part.attachment, **({"image_detail": image_detail} if image_detail else {}))
            for part in message.parts
            if isinstance(part, AttachmentPart) and part.attachment is not None
        ]
        if attached:
            content = [{"type": "text", "text": text}, *attached] if text is not None else attached
    if content is None and not calls:
        return None
    wire: dict[str, Any] = {"role": message.role, "content": content}
    if calls:
        wire["tool_calls"] = calls
    return wire


def _tool_calls(message: Message) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "id": part.tool_call_id,
            "function": {"name": part.name, "arguments": arguments_text(part)},
        }
        for part in message.parts
        if isinstance(part, ToolCallPart) and not part.server_executed
    ]


def _tool_results(message: Message) -> list[dict[str, Any]]:
    return [
        {"role": "tool", "tool_call_id": part.tool_call_id, "content": part.output}
        for part in message.parts
        if isinstance(part, ToolResultPart) and not part.server_executed
    ]
