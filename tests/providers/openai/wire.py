"""Helpers of the model tests: models on the loopback server, objects that stand for replies, and recorders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from llm.core.events import StreamEvent
from llm.core.tools import ToolCall
from llm.providers.openai import sdk
from llm.providers.openai.chat import AsyncChat, Chat
from llm.providers.openai.completion import Completion
from llm.providers.openai.responses import AsyncResponses, Responses
from tests.loopback import CHAT, COMPLETIONS, RESPONSES, Loopback, Reply

KEY = "sk-test-0123456789"


class Outcome:
    """What came of a prompt: the finished response, with its coroutines already awaited."""

    def __init__(self, response: Any, events: list[StreamEvent], messages: list[Any]) -> None:
        self.response = response
        self.events = events
        self.messages = messages

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(event.chunk for event in self.events if event.type == "text")

    @property
    def parts(self) -> list[Any]:
        """The parts of all messages."""
        return [part for message in self.messages for part in message.parts]

    @property
    def calls(self) -> list[ToolCall]:
        """The registered tool calls."""
        calls: list[ToolCall] = self.response._tool_calls
        return calls

    @property
    def usage(self) -> tuple[Any, Any, Any]:
        """The recorded counts."""
        return counts(self.response)


class Wire:
    """Prompts models whose server is the loopback one."""

    def __init__(self, loopback: Loopback, *, is_async: bool) -> None:
        self.loopback = loopback
        self.is_async = is_async
        self._made: list[Any] = []  # the SDK's clients, which nobody else closes

    def use(self, client: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make models talk through the thin client or through the SDK's."""
        if client == "thin":
            monkeypatch.setattr(sdk, "choose", lambda: None)
            return
        import openai

        def kept(kind: Callable[..., Any]) -> Callable[..., Any]:
            def make(**arguments: Any) -> Any:
                self._made.append(kind(**arguments))
                return self._made[-1]

            return make

        stand_in = SimpleNamespace(OpenAI=kept(openai.OpenAI), AsyncOpenAI=kept(openai.AsyncOpenAI))
        monkeypatch.setattr(sdk, "choose", lambda: stand_in)

    @property
    def body(self) -> Any:
        """The body of the last request."""
        return self.loopback.bodies[-1]

    def chat(self, *replies: Reply, **settings: Any) -> Chat | AsyncChat:
        """A Chat model, whose server is going to reply so."""
        self.loopback.on(CHAT, *replies)
        kind = AsyncChat if self.is_async else Chat
        return kind("m", **{"api_base": self.loopback.base_url, "supports_tools": True, **settings})

    def responses(self, *replies: Reply, **settings: Any) -> Responses | AsyncResponses:
        """A Responses model, whose server is going to reply so."""
        self.loopback.on(RESPONSES, *replies)
        kind = AsyncResponses if self.is_async else Responses
        return kind("m", **{"api_base": self.loopback.base_url, "supports_tools": True, **settings})

    def completion(self, *replies: Reply, **settings: Any) -> Completion:
        """A completion model, whose server is going to reply so."""
        self.loopback.on(COMPLETIONS, *replies)
        return Completion("m", **{"api_base": self.loopback.base_url, **settings})

    def ask(self, model: Any, prompt: str | None = "hi", **arguments: Any) -> Outcome:
        """Prompt a model and consume the answer."""
        arguments = {"key": KEY, **arguments}
        if isinstance(model, (AsyncChat, AsyncResponses)):
            return asyncio.run(self._ask_async(model, prompt, arguments))
        try:
            return read(model.prompt(prompt, **arguments))
        finally:
            while self._made:
                self._made.pop().close()

    async def _ask_async(self, model: Any, prompt: str | None, arguments: dict[str, Any]) -> Outcome:
        try:
            response = model.prompt(prompt, **arguments)
            events = [event async for event in response.astream_events()]
            return Outcome(response, events, await response.messages())
        finally:
            while self._made:
                await self._made.pop().close()


def counts(response: Any) -> tuple[Any, Any, Any]:
    """The recorded token counts of a response."""
    return response.input_tokens, response.output_tokens, response.token_details


def read(response: Any) -> Outcome:
    """Consume a blocking response."""
    events = list(response.stream_events())
    return Outcome(response, events, response.messages())


class Obj(SimpleNamespace):
    """An object of a foreign client: attributes, and a dump without keywords of its own."""

    def model_dump(self, **_: Any) -> dict[str, Any]:
        """The attributes as a dictionary."""
        return {name: _plain(value) for name, value in vars(self).items()}


def obj(**fields: Any) -> Obj:
    """Make an object of keywords; dictionaries inside become objects."""
    return Obj(**{name: _object(value) for name, value in fields.items()})


def _object(value: Any) -> Any:
    if isinstance(value, dict):
        return obj(**value)
    return [_object(item) for item in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Obj):
        return value.model_dump()
    return [_plain(item) for item in value] if isinstance(value, list) else value


class FakeClient:
    """A client that hands out one reply whatever is asked, and keeps the arguments."""

    def __init__(self, reply: Any, *, is_async: bool = False) -> None:
        self.calls: list[dict[str, Any]] = []
        self._reply = reply
        create = self._create_async if is_async else self._create
        endpoint = SimpleNamespace(create=create)
        self.chat = SimpleNamespace(completions=endpoint)
        self.completions = self.responses = endpoint

    def _create(self, **arguments: Any) -> Any:
        self.calls.append(arguments)
        return self._reply

    async def _create_async(self, **arguments: Any) -> Any:
        return self._create(**arguments)


async def later(items: Iterable[Any], at_end: Callable[[], None] = lambda: None) -> AsyncIterator[Any]:
    """An asynchronous stream; `at_end` runs when it is over or closed."""
    try:
        for item in items:
            yield item
    finally:
        at_end()


def prompt_of(*messages: Any, options: dict[str, Any] | None = None, **fields: Any) -> Any:
    """An object with the attributes of a prompt that building a request needs."""
    given = list((options or {}).items())
    return SimpleNamespace(**{"messages": list(messages), "options": given, "tools": [], "schema": None, **fields})


def chunk(content: str | None = None, **fields: Any) -> dict[str, Any]:
    """A Chat Completions chunk with this text, or with these fields of the delta."""
    delta = {"content": content, **fields} if content is not None else fields
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [
        {"index": 0, "delta": delta, "finish_reason": None}]}  # fmt: skip


def tool_delta(
    index: Any, arguments: str | None, call_id: str | None = None, name: str | None = None
) -> dict[str, Any]:
    """A piece of a tool call in a delta."""
    return {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def usage_chunk(**usage: Any) -> dict[str, Any]:
    """The last chunk of a stream, with token counts."""
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": usage}
