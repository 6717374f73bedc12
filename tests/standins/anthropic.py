"""Stands for llm-anthropic: key models in pairs with a shared mixin, built from `prompt.messages`."""

from collections.abc import AsyncGenerator, Collection, Iterator
from typing import Any

import click
from pydantic import Field, field_validator

import llm
from llm.models import _partition_tools  # type: ignore[attr-defined]  # private, and used all the same
from llm.parts import AttachmentPart, Message, ReasoningPart, StreamEvent, TextPart, ToolCallPart, ToolResultPart


class Refusal(llm.ModelError):
    """What the provider refused."""


class WebSearch(llm.ServerSideTool):
    """Search the web"""

    name = "web_search"

    def __init__(self, max_uses: int = 5) -> None:
        self.max_uses = max_uses

    def tool_spec(self, model: Any) -> dict[str, Any]:
        return {"type": "web_search", "max_uses": self.max_uses}


@llm.hookimpl
def register_models(register: Any) -> None:
    register(Messages("standin-claude"), AsyncMessages("standin-claude"), aliases=("claude",))


@llm.hookimpl
def register_commands(cli: click.Group) -> None:
    @cli.group(name="standin-anthropic")
    def group() -> None:
        """Commands for the models"""

    @group.command(name="models")
    def models() -> None:
        """List them"""
        click.echo([model.model_id for model in llm.get_models() if isinstance(model, Messages)])


class _Shared:
    needs_key: str | None = "anthropic"
    key_env_var: str | None = "ANTHROPIC_API_KEY"
    can_stream = True
    supports_schema = True
    supports_tools = True

    class Options(llm.Options):
        max_tokens: int | None = Field(description="Most tokens to generate", default=None)

        @field_validator("max_tokens")
        @classmethod
        def validate_max_tokens(cls, value: int | None) -> int | None:
            if value is not None and value < 1:
                raise ValueError("max_tokens must be at least 1")
            return value

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id
        self.attachment_types: Collection[str] = {"image/png"}

    @property
    def supported_server_side_tools(self) -> tuple[type[llm.ServerSideTool], ...]:
        return (WebSearch,)

    def build_messages(self, prompt: llm.Prompt, conversation: Any) -> list[Any]:
        return [[message.role, *map(self.block, message.parts)] for message in prompt.messages]

    def block(self, part: Any) -> Any:
        if isinstance(part, (TextPart, ReasoningPart)):
            return part.text
        if isinstance(part, AttachmentPart):
            return part.attachment and part.attachment.base64_content()
        if isinstance(part, ToolCallPart):
            return {"id": part.tool_call_id, "input": part.arguments}
        assert isinstance(part, ToolResultPart)
        return {"tool_use_id": part.tool_call_id, "content": part.output}

    def pieces(self, prompt: llm.Prompt, response: Any, conversation: Any, key: str | None) -> Iterator[Any]:
        assert all(isinstance(message, Message) for message in prompt.messages)
        functions, at_provider = _partition_tools(self, prompt.tools)
        request = {
            "messages": self.build_messages(prompt, conversation),
            "tools": [tool.name for tool in functions] + [tool.tool_spec(self) for tool in at_provider],
            **prompt.options.model_dump(exclude_none=True),
        }
        response._prompt_json = request
        yield StreamEvent(type="reasoning", chunk="hm", part_index=0)
        if functions and not prompt.tool_results:
            yield StreamEvent(type="tool_call_name", chunk=functions[0].name, part_index=1, tool_call_id="toolu_1")
            yield StreamEvent(type="tool_call_args", chunk="{}", part_index=1, tool_call_id="toolu_1")
            response.add_tool_call(llm.ToolCall(tool_call_id="toolu_1", name=functions[0].name, arguments={}))
        else:
            yield StreamEvent(type="text", chunk=f"{key}: {request['messages'][-1][-1]}", part_index=1)
        response.response_json = {"id": "msg_1", "usage": {"input_tokens": 3}}
        response.set_usage(input=response.response_json.pop("usage")["input_tokens"], output=2)
        if prompt.prompt == "refuse":
            raise Refusal("refused")


class Messages(_Shared, llm.KeyModel):
    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any, key: str | None) -> Iterator[Any]:
        yield from self.pieces(prompt, response, conversation, key)


class AsyncMessages(_Shared, llm.AsyncKeyModel):
    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any, key: str | None
    ) -> AsyncGenerator[Any, None]:
        for piece in self.pieces(prompt, response, conversation, key):
            yield piece
