"""Requests to llama.cpp and the chunks of its answers: plain data in and out, no I/O.

Both have the form of OpenAI's Chat Completions, with a few members more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from llm.core.errors import ModelError
from llm.core.events import StreamEvent
from llm.core.messages import Message
from llm.core.parts import AttachmentPart
from llm.core.usage import simplify_usage_dict
from llm.providers.openai.messages import append_message

_KEPT = ("id", "created", "timings")
_KINDS = (("reasoning", "reasoning_content"), ("text", "content"))


def chat_request(
    messages: Iterable[Message],
    *,
    options: Mapping[str, Any],
    defaults: Mapping[str, Any],
    schema: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the request for the answer to `messages`. Raises `ModelError` for attachments, which nobody could see."""
    request: dict[str, Any] = {
        "messages": wire_messages(messages),
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,  # chunks while the prompt is read: chances to stop
        **defaults,
        **options,
    }
    if "seed" in options:
        # What is left of the previous prompt changes how a prompt is batched, and rounding with it.
        request["cache_prompt"] = False
    if schema:
        request["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}
    return request


def wire_messages(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Return the messages in the form of Chat Completions. Raises `ModelError` for attachments."""
    out: list[dict[str, Any]] = []
    system: str | None = None
    for message in messages:
        if any(isinstance(part, AttachmentPart) for part in message.parts):
            raise ModelError(
                "Local models take text only, and this conversation has attachments. Choose another model."
            )
        system = append_message(out, message, system)
    return out


class ChatDecoder:
    """Turns chunks into events, and keeps what is known once the answer has ended.

    `stream=False` holds the events back until the end. `whole_json`: an answer that was cut off is an error.
    """

    def __init__(self, model_id: str, *, stream: bool = True, whole_json: bool = False) -> None:
        self._model_id = model_id
        self._stream = stream
        self._whole_json = whole_json
        self._held: dict[str, list[str]] = {}
        self._usage: dict[str, Any] = {}
        self._kept: dict[str, Any] = {}
        self.finish_reason: str | None = None

    def feed(self, chunk: Mapping[str, Any]) -> list[StreamEvent]:
        """Return the events of one chunk. Raises `ModelError` if it reports a failure."""
        if chunk.get("error"):
            raise ModelError(self._failure(chunk["error"]))
        self._usage = chunk.get("usage") or self._usage
        self._kept.update({key: chunk[key] for key in _KEPT if chunk.get(key)})
        events: list[StreamEvent] = []
        for choice in chunk.get("choices") or ():
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
            delta = choice.get("delta") or {}
            events.extend(StreamEvent(kind, delta[member]) for kind, member in _KINDS if delta.get(member))
        return events if self._stream else self._hold(events)

    def finish(self) -> list[StreamEvent]:
        """Return what was held back. Raises `ModelError` if the answer should be JSON and was cut off."""
        if self._whole_json and self.finish_reason == "length":
            raise ModelError(
                f"{self._model_id} reached its limit of tokens before its JSON was complete. "
                "Allow more with -o max_tokens, simplify the schema, or try again."
            )
        return [StreamEvent(kind, "".join(self._held[kind])) for kind, _ in _KINDS if kind in self._held]

    def usage(self) -> dict[str, Any]:
        """Return the arguments of `response.set_usage`."""
        details = {key: value for key, value in self._usage.items() if not key.endswith("_tokens")}
        return {
            "input": self._usage.get("prompt_tokens"),
            "output": self._usage.get("completion_tokens"),
            "details": simplify_usage_dict(details) or None,
        }

    def response_json(self) -> dict[str, Any]:
        """Return what the log keeps of the answer besides its text."""
        return {"model": self._model_id, **self._kept, "finish_reason": self.finish_reason, "usage": self._usage}

    def _hold(self, events: Iterable[StreamEvent]) -> list[StreamEvent]:
        for event in events:
            self._held.setdefault(event.type, []).append(event.chunk)
        return []

    def _failure(self, error: Any) -> str:
        if not isinstance(error, dict):
            return f"{self._model_id}: {error}"
        if error.get("type") == "exceed_context_size_error":
            return (
                f"The conversation has {error.get('n_prompt_tokens')} tokens, more than the {error.get('n_ctx')} that "
                f"{self._model_id} takes. Shorten it, or choose another model."
            )
        return f"{self._model_id}: {error.get('message') or error}"
