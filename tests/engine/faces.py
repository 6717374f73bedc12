"""The two faces of the engine, so that one test body runs through both.

`face.get(x)` is `x` in ordinary code and the result of awaiting it in async code: `face.get(response.text())` works
with both kinds of response. `face.each(x)` iterates over both kinds of iterables.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import llm
from llm.core.events import StreamEvent
from llm.core.messages import Message
from tests.engine.script import (
    AsyncScriptedKeyModel,
    AsyncScriptedModel,
    Round,
    ScriptedKeyModel,
    ScriptedModel,
)


class Face(ABC):
    """One way to use the engine."""

    is_async: ClassVar[bool]
    response_class: ClassVar[Any]
    conversation_class: ClassVar[Any]
    base_model: ClassVar[Any]
    _model: ClassVar[Any]
    _key_model: ClassVar[Any]

    @abstractmethod
    def get(self, value: Any) -> Any:
        """Return the value, or what awaiting it gives."""

    @abstractmethod
    def each(self, items: Any) -> Iterator[Any]:
        """Iterate; closing this iterator is what leaving a loop and closing its generator is."""

    @abstractmethod
    def events_of(self, response: Any) -> Any:
        """Return the stream of events of a response or a chain."""

    @abstractmethod
    def hook(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a hook that does what `function` does: a coroutine function where those are allowed."""

    @abstractmethod
    def close(self) -> None:
        """End everything this face has started."""

    def model(self, *rounds: Round, **attributes: Any) -> Any:
        return _with_attributes(self._model(*rounds), attributes)

    def key_model(self, *rounds: Round, **attributes: Any) -> Any:
        return _with_attributes(self._key_model(*rounds), attributes)

    def text(self, response: Any) -> str:
        text: str = self.get(response.text())
        return text

    def messages(self, response: Any) -> list[Message]:
        messages: list[Message] = self.get(response.messages())
        return messages

    def chunks(self, response: Any) -> list[str]:
        return list(self.each(response))

    def events(self, response: Any) -> list[StreamEvent]:
        return list(self.each(self.events_of(response)))

    def done(self, response: Any) -> Any:
        """Run the response and return it."""
        self.get(response._force())
        return response


def _with_attributes(model: Any, attributes: dict[str, Any]) -> Any:
    for name, value in attributes.items():
        setattr(model, name, value)
    return model


class BlockingFace(Face):
    is_async = False
    response_class = llm.Response
    conversation_class = llm.Conversation
    base_model = llm.Model
    _model = ScriptedModel
    _key_model = ScriptedKeyModel

    def get(self, value: Any) -> Any:
        return value

    def each(self, items: Any) -> Iterator[Any]:
        iterator = iter(items)
        try:
            yield from iterator
        finally:
            if hasattr(iterator, "close"):
                iterator.close()

    def events_of(self, response: Any) -> Any:
        return response.stream_events()

    def hook(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def close(self) -> None:
        """Nothing has been started."""


class AsyncFace(Face):
    is_async = True
    response_class = llm.AsyncResponse
    conversation_class = llm.AsyncConversation
    base_model = llm.AsyncModel
    _model = AsyncScriptedModel
    _key_model = AsyncScriptedKeyModel

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def get(self, value: Any) -> Any:
        if not hasattr(type(value), "__await__"):
            return value

        async def wait() -> Any:
            return await value

        return self.loop.run_until_complete(wait())

    def each(self, items: Any) -> Iterator[Any]:
        iterator = items.__aiter__()
        try:
            while True:
                try:
                    item = self.get(iterator.__anext__())
                except StopAsyncIteration:
                    return
                yield item
        finally:
            if hasattr(iterator, "aclose"):
                self.get(iterator.aclose())

    def events_of(self, response: Any) -> Any:
        return response.astream_events()

    def hook(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def hook(*arguments: Any) -> Any:
            await asyncio.sleep(0)
            return function(*arguments)

        return hook

    def close(self) -> None:
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
