"""A plugin as its author writes it: models of all four kinds, with options, keys and tools, and an embedding model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from typing import Any

from pydantic import Field, field_validator

import llm
from llm.parts import StreamEvent, TextPart


class Shouting(llm.Model):
    """Repeats the conversation in capitals."""

    model_id = "shouting"
    can_stream = True
    attachment_types = {"image/png"}  # noqa: RUF012 - as plugins write it
    supports_tools = True

    class Options(llm.Options):
        marks: int | None = Field(default=None, description="Exclamation marks", ge=0, le=10)

        @field_validator("marks")
        @classmethod
        def no_thirteen(cls, value: int | None) -> int | None:
            return value

    def execute(
        self, prompt: llm.Prompt, stream: bool, response: llm.Response, conversation: llm.Conversation | None = None
    ) -> Iterator[str]:
        for message in prompt.messages:
            for part in message.parts:
                if isinstance(part, TextPart):
                    yield part.text.upper()
        yield "!" * (prompt.options.marks or 0)
        response.response_json = {"shouted": True}
        response.set_usage(input=len(prompt.prompt), output=1, details={"cached": 0})


class Keyed(llm.KeyModel):
    """Streams events, and asks for tools."""

    model_id = "keyed"
    needs_key = "keyed"
    key_env_var = "KEYED_KEY"
    supports_tools = True
    supports_schema = True

    def execute(
        self,
        prompt: llm.Prompt,
        stream: bool,
        response: llm.Response,
        conversation: llm.Conversation | None,
        key: str | None,
    ) -> Iterator[str | StreamEvent]:
        if prompt.tools and not prompt.tool_results:
            response.add_tool_call(llm.ToolCall(name=prompt.tools[0].name, arguments={"number": 2}))
        else:
            yield StreamEvent("reasoning", "I have a key", provider_metadata={"keyed": {"length": len(key or "")}})
            yield " ".join(result.output for result in prompt.tool_results) or "nothing to do"
        response.set_resolved_model("keyed-2026")


class AsyncShouting(llm.AsyncModel):
    model_id = "shouting"
    Options = Shouting.Options

    async def execute(
        self,
        prompt: llm.Prompt,
        stream: bool,
        response: llm.AsyncResponse,
        conversation: llm.AsyncConversation | None,
    ) -> AsyncGenerator[str | StreamEvent, None]:
        await asyncio.sleep(0)
        yield prompt.prompt.upper()


class AsyncKeyed(llm.AsyncKeyModel):
    model_id = "keyed"
    needs_key = "keyed"

    async def execute(
        self,
        prompt: llm.Prompt,
        stream: bool,
        response: llm.AsyncResponse,
        conversation: llm.AsyncConversation | None,
        key: str | None,
    ) -> AsyncGenerator[str | StreamEvent, None]:
        yield key or ""


class Lengths(llm.EmbeddingModel):
    model_id = "lengths"
    supports_binary = True
    batch_size = 10

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        return ([float(len(item))] for item in items)


@llm.hookimpl
def register_models(register: Callable[..., Any]) -> None:
    register(Shouting(), AsyncShouting(), aliases=("shout",))
    register(Keyed(), async_model=AsyncKeyed())


@llm.hookimpl
def register_embedding_models(register: Callable[..., Any]) -> None:
    register(Lengths())
