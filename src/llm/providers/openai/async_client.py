"""The async client: the loops of what `llm.providers.openai.client_base` decides, in an event loop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from llm.providers.openai.client_base import ClientBase

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from typing_extensions import Self

    from llm.providers.openai.calls import Call


class AsyncOpenAIClient(ClientBase):
    """A client for asyncio; see `ClientBase` for its arguments. An async context manager."""

    is_async = True

    async def perform(self, call: Call) -> Any:
        """Carry out a call and return its reply, or a stream of it."""
        import asyncio

        from llm.providers.http.connections import loop_http
        from llm.providers.http.exchange import perform_async
        from llm.providers.openai.replies import read_reply
        from llm.providers.openai.streams import AsyncStream

        http = self._http_client or await loop_http()
        exchange = self._exchange(call, http)
        carry_out = partial(perform_async, http=http, sleep=self._sleep or asyncio.sleep)
        response = await carry_out(exchange.open())
        return AsyncStream(call, exchange, response, carry_out) if call.streaming else read_reply(call, response)

    def perform_list(self, call: Call) -> AwaitedList:
        """Carry out a call for a list when it is awaited or iterated."""
        return AwaitedList(self, call)

    async def close(self) -> None:
        """Make no more calls. Shared connections stay; an `http_client` that was given is closed."""
        self._closed = True
        if self._http_client is not None:
            await self._http_client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()


class AwaitedList:
    """A list that is asked for when somebody awaits it, or iterates with `async for`."""

    def __init__(self, client: AsyncOpenAIClient, call: Call) -> None:
        self._client = client
        self._call = call

    def __await__(self) -> Generator[Any, None, Any]:
        return self._client.perform(self._call).__await__()

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in await self:
            yield item
