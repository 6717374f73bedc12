"""Messages in the form of the Responses API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from llm.core.messages import Message
from llm.core.parts import AttachmentPart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.providers.openai.attachments import responses_attachment
from llm.providers.openai.messages import arguments_text, joined_text

Items = list[dict[str, Any]]


def input_items(messages: Iterable[Message], image_detail: str | None = None) -> tuple[Items, str | None]:
    """Return the input items that messages amount to, and the instructions (the last system prompt with text)."""
    items: Items = []
    instructions: str | None = None
    for message in messages:
        if message.role == "system":
            instructions = joined_text(message) or instructions
        else:
            items.extend(_items(message, image_detail))
    return items, instructions


def _items(message: Message, image_detail: str | None) -> Items:
    if message.role == "assistant":
        return _AssistantItems(message).items
    items = [item for part in message.parts for item in _reasoning(part)]
    if message.role == "user":
        items.extend(_user(message, image_detail))
    elif message.role == "tool":
        items.extend(_tool_results(message))
    return items


def _user(message: Message, image_detail: str | None) -> Iterator[dict[str, Any]]:
    text = joined_text(message)
    detail = {"image_detail": image_detail} if image_detail else {}
    attached = [
        responses_attachment(part.attachment, **detail)
        for part in message.parts
        if isinstance(part, AttachmentPart) and part.attachment is not None
    ]
    if attached:
        opening = [{"type": "input_text", "text": text}] if text is not None else []
        yield {"role": "user", "content": [*opening, *attached]}
    elif text is not None:
        yield {"role": "user", "content": text}


def _tool_results(message: Message) -> Iterator[dict[str, Any]]:
    for part in message.parts:
        if isinstance(part, ToolResultPart) and not part.server_executed:
            yield {"type": "function_call_output", "call_id": part.tool_call_id, "output": part.output}


def _reasoning(part: Part) -> Iterator[dict[str, Any]]:
    """Yield the item for a reasoning part, if the API gave its ciphertext: by its id alone it is not known there."""
    if not isinstance(part, ReasoningPart):
        return
    metadata = (part.provider_metadata or {}).get("openai") or {}
    if metadata.get("encrypted_content"):
        item = {"type": "reasoning", **{name: metadata[name] for name in _ECHOED if metadata.get(name)}}
        yield {**item, "summary": metadata.get("summary") or []}


_ECHOED = ("id", "encrypted_content")


class _AssistantItems:
    """The items of an assistant's message, in the order of its parts: reasoning belongs to what follows it.

    Texts with nothing that is sent between them are one; what the provider executed by itself is not sent back.
    """

    def __init__(self, message: Message) -> None:
        self.items: Items = []
        self._texts: list[str] = []
        for part in message.parts:
            self._add(part)
        self._end_text()

    def _add(self, part: Part) -> None:
        if isinstance(part, TextPart):
            self._texts.append(part.text)
        elif isinstance(part, ToolCallPart) and not part.server_executed:
            self._add_call(part)
        else:
            for item in _reasoning(part):
                self._end_text()
                self.items.append(item)

    def _add_call(self, part: ToolCallPart) -> None:
        self._end_text()
        call = {"call_id": part.tool_call_id, "name": part.name, "arguments": arguments_text(part)}
        self.items.append({"type": "function_call", **call})

    def _end_text(self) -> None:
        if self._texts:
            self.items.append({"role": "assistant", "content": "".join(self._texts)})
            self._texts = []
