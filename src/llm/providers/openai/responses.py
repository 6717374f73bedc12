"""Models that answer through the Responses API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import TYPE_CHECKING, Any

from llm.engine.model import AsyncKeyModel, KeyModel
from llm.providers.openai import PLUGIN
from llm.providers.openai.chat import AsyncChat, Chat
from llm.providers.openai.closing import closing_async_stream, closing_stream
from llm.providers.openai.flags import flagged_options, responses_options
from llm.providers.openai.responses_base import _SharedResponses

if TYPE_CHECKING:
    from llm.core.server_tools import ServerSideTool

_options = flagged_options(responses_options)


class Responses(_SharedResponses, KeyModel):
    """A model behind `/responses`."""

    __module__ = PLUGIN

    needs_key: str | None = "openai"
    key_env_var: str | None = "OPENAI_API_KEY"
    default_max_tokens: int | None = None
    Options: Any = _options

    @property
    def supported_server_side_tools(self) -> tuple[type[ServerSideTool], ...]:
        """The classes of tools that run at OpenAI; `ServerSideTool` stands for raw specifications."""
        return _server_side_tools()

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any = None, key: str | None = None
    ) -> Iterator[Any]:
        """Send the prompt and yield the events of the answer."""
        from llm.providers.openai.chat_sibling import chat_sibling
        from llm.providers.openai.responses_exchange import ResponsesExchange

        if self._uses_chat(prompt):
            yield from chat_sibling(self, prompt, Chat).execute(prompt, stream, response, conversation, key)
            return
        exchange = ResponsesExchange(self, prompt, stream, response)
        with exchange.explaining():
            reply = self.get_client(key).responses.create(**exchange.request)
            if not exchange.streams:
                yield from exchange.whole_reply(reply)
                return
            with closing_stream(reply):
                for event in reply:
                    yield from exchange.feed(event)
            yield from exchange.end_of_stream()


class AsyncResponses(_SharedResponses, AsyncKeyModel):
    """The same for code on an event loop."""

    __module__ = PLUGIN

    needs_key: str | None = "openai"
    key_env_var: str | None = "OPENAI_API_KEY"
    default_max_tokens: int | None = None
    Options: Any = _options

    @property
    def supported_server_side_tools(self) -> tuple[type[ServerSideTool], ...]:
        """The classes of tools that run at OpenAI; `ServerSideTool` stands for raw specifications."""
        return _server_side_tools()

    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any = None, key: str | None = None
    ) -> AsyncGenerator[Any, None]:
        """Send the prompt and yield the events of the answer."""
        from llm.providers.openai.chat_sibling import chat_sibling
        from llm.providers.openai.responses_exchange import ResponsesExchange

        if self._uses_chat(prompt):
            chunks = chat_sibling(self, prompt, AsyncChat).execute(prompt, stream, response, conversation, key)
            async with closing_async_stream(chunks):
                async for chunk in chunks:
                    yield chunk
            return
        exchange = ResponsesExchange(self, prompt, stream, response)
        with exchange.explaining():
            reply = await self.get_client(key, async_=True).responses.create(**exchange.request)
            if not exchange.streams:
                for made in exchange.whole_reply(reply):
                    yield made
                return
            async with closing_async_stream(reply):
                async for event in reply:
                    for made in exchange.feed(event):
                        yield made
            for made in exchange.end_of_stream():
                yield made


def _server_side_tools() -> tuple[type[ServerSideTool], ...]:
    from llm.core.server_tools import ServerSideTool
    from llm.providers.openai.server_tools import CodeInterpreter, WebSearch

    return WebSearch, CodeInterpreter, ServerSideTool
