"""The models that examples talk to: `demo`, `demo-embed`. They answer at once, and always the same.

A few prompts have answers of their own, listed below; any other is said again. What `demo` makes of attachments,
schemas, tools and earlier turns is just enough to show that they arrived.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Mapping
from typing import Any

from pydantic import Field

import llm
from llm.parts import AttachmentPart, Message, StreamEvent, TextPart, ToolResultPart

ANSWERS = {
    "Five names for a pet pelican": "Percy, Scoop, Gulliver, Beaky and Captain Fish",
    "Two more": "Salty and Bill",
    "What is the capital of France?": "Paris",
    "Why is the sky blue?": "Blue light is scattered more than red.",
    "A haiku about pelicans": "Wide wings, wider beak,\nthe harbour lends its silver\nto a patient guest.",
    "Write a function that adds two numbers": "Here it is:\n\n```python\ndef add(a, b):\n    return a + b\n```\n",
}
THOUGHTS = {"Why is the sky blue?": "The user asks about Rayleigh scattering."}

#: What a prompt makes the model call, if it is offered a tool of that name.
CALLS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "What is 1234 times 5678?": [("multiply", {"a": 1234, "b": 5678})],
    "What is the time?": [("llm_time", {})],
    "Which version of llm is this?": [("llm_version", {})],
    "Remember that the harbour is blue": [("Memory_store", {"key": "harbour", "value": "blue"})],
    "What colour is the harbour?": [("Memory_load", {"key": "harbour"})],
    "Delete notes.txt": [("delete_file", {"name": "notes.txt"})],
    "Draw a pelican": [("draw", {"what": "pelican"})],
}
VALUES = {"string": "Pelle", "integer": 4, "number": 1.5, "boolean": True}


class DemoOptions(llm.Options):
    """Options of the demo model."""

    temperature: float | None = Field(default=None, ge=0, le=2, description="How freely words are chosen")
    max_words: int | None = Field(default=None, ge=1, description="Stop after this many words")


class _Demo:
    model_id = "demo"
    can_stream = True
    supports_schema = True
    supports_tools = True
    attachment_types: Collection[str] = frozenset({"image/png", "text/plain"})
    supported_server_side_tools = (llm.ServerSideTool,)
    Options = DemoOptions


class Demo(_Demo, llm.Model):
    """The demo model."""

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str | StreamEvent]:
        yield from answer(prompt, response)


class AsyncDemo(_Demo, llm.AsyncModel):
    """Its async variant."""

    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any
    ) -> AsyncGenerator[str | StreamEvent, None]:
        for piece in answer(prompt, response):
            yield piece


class DemoEmbed(llm.EmbeddingModel):
    """Counts vowels, other letters and everything else."""

    model_id = "demo-embed"
    supports_binary = True

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        for item in items:
            text = item if isinstance(item, str) else item.decode("latin-1")
            vowels = sum(letter in "aeiou" for letter in text.lower())
            letters = sum(letter.isalpha() for letter in text)
            yield [float(vowels), float(letters - vowels), float(len(text) - letters)]


class DemoPlugin:
    """What registers the demo models."""

    __name__ = "demo"

    @llm.hookimpl
    def register_models(self, register: Any) -> None:
        register(Demo(), AsyncDemo(), aliases=["d"])

    @llm.hookimpl
    def register_embedding_models(self, register: Any) -> None:
        register(DemoEmbed(), aliases=["de"])


def answer(prompt: Any, response: Any) -> Iterator[str | StreamEvent]:
    """Yield the answer to a prompt, word by word."""
    asked = _last_text(prompt.messages, "user").strip()
    if prompt.tools and not _results(prompt.messages):
        offered = {tool.name for tool in prompt.tools}
        calls = [llm.ToolCall(name, dict(arguments)) for name, arguments in CALLS.get(asked, []) if name in offered]
        for call in calls:
            response.add_tool_call(call)
        if calls:
            response.set_usage(input=_words(prompt.messages), output=len(calls))
            return
    if asked in THOUGHTS and not prompt.hide_reasoning:
        yield StreamEvent("reasoning", THOUGHTS[asked])
    words = re.findall(r"\S+\s*", _text(prompt, asked))[: prompt.options.max_words]
    response.set_usage(input=_words(prompt.messages), output=len(words))
    response.response_json = {"finish_reason": "stop"}
    yield from words


def _text(prompt: Any, asked: str) -> str:
    if prompt.schema:
        return json.dumps(_example(prompt.schema))
    if results := _results(prompt.messages):
        return f"The answer is {' and '.join(results)}."
    if prompt.attachments:
        return f"I see {', '.join(attachment.resolve_type() for attachment in prompt.attachments)}."
    if asked == "What is my name?":
        return _remembered_name(prompt.messages)
    return ANSWERS.get(asked, f"You said: {asked}")


def _example(schema: Mapping[str, Any], name: str = "") -> Any:
    if "properties" in schema:
        return {key: _example(value, key) for key, value in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_example(schema["items"])]
    if schema.get("type") == "string" and name != "name":
        return f"Some {name}"
    return VALUES.get(schema.get("type", "string"))


def _results(messages: list[Message]) -> list[str]:
    """What tools gave since the user spoke last; pictures that tools gave come in a user message of their own."""
    found: list[str] = []
    for message in reversed(messages):
        if message.role == "user" and not all(isinstance(part, AttachmentPart) for part in message.parts):
            break
        found[:0] = [part.output for part in message.parts if isinstance(part, ToolResultPart)]
    return found


def _remembered_name(messages: list[Message]) -> str:
    said = " ".join(_texts(message) for message in messages if message.role == "user")
    match = re.search(r"My name is (\w+)", said)
    return f"Your name is {match[1]}." if match else "You have not told me."


def _last_text(messages: list[Message], role: str) -> str:
    return next((text for message in reversed(messages) if message.role == role and (text := _texts(message))), "")


def _texts(message: Message) -> str:
    return " ".join(part.text for part in message.parts if isinstance(part, TextPart))


def _words(messages: list[Message]) -> int:
    return sum(len(_texts(message).split()) for message in messages)
