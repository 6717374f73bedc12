"""Models that answer through Chat Completions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import Any

from llm.engine.model import AsyncKeyModel, KeyModel
from llm.providers.openai import PLUGIN
from llm.providers.openai.base import _Shared
from llm.providers.openai.closing import closing_async_stream, closing_stream
from llm.providers.openai.flags import chat_options, flagged_options

_options = flagged_options(chat_options)


class Chat(_Shared, KeyModel):
    """A model behind `/chat/completions`."""

    __module__ = PLUGIN

    needs_key: str | None = "openai"
    key_env_var: str | None = "OPENAI_API_KEY"
    default_max_tokens: int | None = None
    Options: Any = _options

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any = None, key: str | None = None
    ) -> Iterator[Any]:
        """Send the prompt and yield the events of the answer."""
        from llm.providers.openai.chat_exchange import ChatExchange

        exchange = ChatExchange(self, prompt, stream, response, conversation)
        with exchange.explaining():
            reply = self.get_client(key).chat.completions.create(**exchange.request)
            if not exchange.streams:
                yield from exchange.whole_reply(reply)
                return
            with closing_stream(reply):
                for chunk in reply:
                    yield from exchange.feed(chunk)
        yield from exchange.end_of_stream()


class AsyncChat(_Shared, AsyncKeyModel):
    """The same for code on an event loop."""

    __module__ = PLUGIN

    needs_key: str | None = "openai"
    key_env_var: str | None = "OPENAI_API_KEY"
    default_max_tokens: int | None = None
    Options: Any = _options

    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any = None, key: str | None = None
    ) -> AsyncGenerator[Any, None]:
        """Send the prompt and yield the events of the answer."""
        from llm.providers.openai.chat_exchange import ChatExchange

        exchange = ChatExchange(self, prompt, stream, response, conversation)
        with exchange.explaining():
            reply = await self.get_client(key, async_=True).chat.completions.create(**exchange.request)
            if not exchange.streams:
                for event in exchange.whole_reply(reply):
                    yield event
                return
            async with closing_async_stream(reply):
                async for chunk in reply:
                    for event in exchange.feed(chunk):
                        yield event
        for event in exchange.end_of_stream():
            yield event
