"""Models that answer through the Responses API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import Any

from llm.core.server_tools import ServerSideTool
from llm.engine.model import AsyncKeyModel, KeyModel
from llm.providers.openai import PLUGIN
from llm.providers.openai.chat import AsyncChat, Chat
from llm.providers.openai.chat_sibling import chat_sibling
from llm.providers.openai.closing import closing_async_stream, closing_stream
from llm.providers.openai.failures import explaining
from llm.providers.openai.flags import flagged_options, responses_options
from llm.providers.openai.responses_base import _SharedResponses
from llm.providers.openai.responses_stream import ResponsesDecoder
from llm.providers.openai.server_tools import CodeInterpreter, WebSearch

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
        return SERVER_SIDE_TOOLS

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any = None, key: str | None = None
    ) -> Iterator[Any]:
        """Send the prompt and yield the events of the answer."""
        if self._uses_chat(prompt):
            yield from chat_sibling(self, prompt, Chat).execute(prompt, stream, response, conversation, key)
            return
        request = self._responses_request(prompt, stream)
        with explaining(self, response):
            reply = self.get_client(key).responses.create(**request)
            if not request["stream"]:
                yield from self._whole_reply(response, reply, request)
                return
            decoder = ResponsesDecoder(self, response.add_tool_call)
            with closing_stream(reply):
                for event in reply:
                    yield from decoder.feed(event)
            yield from self._end_of_stream(response, decoder, request)


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
        return SERVER_SIDE_TOOLS

    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any = None, key: str | None = None
    ) -> AsyncGenerator[Any, None]:
        """Send the prompt and yield the events of the answer."""
        if self._uses_chat(prompt):
            chunks = chat_sibling(self, prompt, AsyncChat).execute(prompt, stream, response, conversation, key)
            async with closing_async_stream(chunks):
                async for chunk in chunks:
                    yield chunk
            return
        request = self._responses_request(prompt, stream)
        with explaining(self, response):
            reply = await self.get_client(key, async_=True).responses.create(**request)
            if not request["stream"]:
                for made in self._whole_reply(response, reply, request):
                    yield made
                return
            decoder = ResponsesDecoder(self, response.add_tool_call)
            async with closing_async_stream(reply):
                async for event in reply:
                    for made in decoder.feed(event):
                        yield made
            for made in self._end_of_stream(response, decoder, request):
                yield made


SERVER_SIDE_TOOLS: tuple[type[ServerSideTool], ...] = (WebSearch, CodeInterpreter, ServerSideTool)
