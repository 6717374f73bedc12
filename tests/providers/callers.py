"""The blocking and the async client behind one interface, so that a test is one body run through both."""

from __future__ import annotations

import asyncio
from operator import attrgetter
from typing import Any

from llm.providers.openai.async_client import AsyncOpenAIClient
from llm.providers.openai.client import OpenAIClient

KEY = "sk-test-0123456789"


class Caller:
    """Makes calls with a client of its own. `waits` are the seconds it would have slept between attempts."""

    is_async = False

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.waits: list[float] = []

    def call(self, method: str, *, client: dict[str, Any] | None = None, **arguments: Any) -> Any:
        """Call `method` (`chat.completions.create`); a stream comes back as the list of its objects."""
        made = OpenAIClient(**self.arguments(client), sleep=self.waits.append)
        result = attrgetter(method)(made)(**arguments)
        return list(result) if arguments.get("stream") else result

    def chat(self, **arguments: Any) -> Any:
        """Call Chat Completions with some model and no messages."""
        return self.call("chat.completions.create", **{"model": "m", "messages": [], **arguments})

    def arguments(self, client: dict[str, Any] | None) -> dict[str, Any]:
        """The arguments of the client."""
        return {"api_key": KEY, "base_url": self.base_url, **(client or {})}


class AsyncCaller(Caller):
    """The same with the async client, in an event loop of its own per call."""

    is_async = True

    def call(self, method: str, *, client: dict[str, Any] | None = None, **arguments: Any) -> Any:
        """Call `method` in an event loop."""
        return asyncio.run(self._call(method, client, arguments))

    async def _call(self, method: str, client: dict[str, Any] | None, arguments: dict[str, Any]) -> Any:
        made = AsyncOpenAIClient(**self.arguments(client), sleep=self._sleep)
        result = await attrgetter(method)(made)(**arguments)
        return [item async for item in result] if arguments.get("stream") else result

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
