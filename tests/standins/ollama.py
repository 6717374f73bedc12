"""Stands for llm-ollama: models without keys, every class by its public name in annotations, a tool of its own."""

from collections.abc import AsyncGenerator, Collection, Iterator
from typing import Any

import click

import llm
from llm import AsyncConversation, AsyncResponse, Attachment, Conversation, Prompt, Response, Tool, ToolCall, hookimpl
from llm.parts import AttachmentPart, ReasoningPart, StreamEvent, TextPart, ToolCallPart, ToolResultPart
from llm.utils import dicts_to_table_string, monotonic_ulid

PARTS = (AttachmentPart, ReasoningPart, TextPart, ToolCallPart, ToolResultPart)


@hookimpl
def register_models(register: Any) -> None:
    register(Ollama("standin-ollama:latest"), AsyncOllama("standin-ollama:latest"), aliases=["standin-ollama"])


@hookimpl
def register_tools(register: Any) -> None:
    register(ping)


@hookimpl
def register_commands(cli: click.Group) -> None:
    @cli.command(name="standin-ollama-models")
    def models() -> None:
        """List local models"""
        for line in dicts_to_table_string(["id"], [{"id": "standin-ollama:latest"}]):
            click.echo(line)


def ping() -> str:
    """Answer"""
    return "pong"


class _Shared:
    can_stream: bool = True
    supports_tools: bool = True
    attachment_types: Collection[str] = frozenset({"image/png"})

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def __str__(self) -> str:
        return f"Ollama: {self.model_id}"

    def pieces(self, prompt: Prompt, response: Response | AsyncResponse) -> Iterator[StreamEvent]:
        assert all(isinstance(part, PARTS) for message in prompt.messages for part in message.parts)
        tools: list[Any] = prompt.tools
        if tools and not prompt.tool_results:
            assert isinstance(tools[0], Tool)
            identity = str(monotonic_ulid())
            response.add_tool_call(ToolCall(name=tools[0].name, arguments={}, tool_call_id=identity))
            return
        results = [result.output for result in prompt.tool_results]
        pictures: list[Attachment] = prompt.attachments
        yield StreamEvent("text", f"{prompt.prompt}{results}{len(pictures)}")


class Ollama(_Shared, llm.Model):
    def execute(
        self, prompt: Prompt, stream: bool, response: Response, conversation: Conversation | None = None
    ) -> Iterator[Any]:
        yield from self.pieces(prompt, response)


class AsyncOllama(_Shared, llm.AsyncModel):
    async def execute(
        self, prompt: Prompt, stream: bool, response: AsyncResponse, conversation: AsyncConversation | None = None
    ) -> AsyncGenerator[Any, None]:
        for piece in self.pieces(prompt, response):
            yield piece
