"""A toolbox, functions as tools, hooks, and chains that use them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from typing_extensions import assert_type

import llm
from llm.models import AfterCallSync, BeforeCallAsync, BeforeCallSync, ToolDef
from tests.typing.model_plugin import AsyncKeyed, Keyed


class Numbers(llm.Toolbox):
    """Arithmetic with a memory."""

    def __init__(self, start: int = 0, *, name: str | None = None) -> None:
        self.total = start
        self.add_tool(self._twice, pass_self=False)

    def add(self, number: int) -> int:
        """Add a number to the total."""
        self.total += number
        return self.total

    async def later(self, number: int, llm_tool_call: llm.ToolCall) -> llm.ToolOutput:
        await asyncio.sleep(0)
        return llm.ToolOutput(output=number, attachments=[])

    def prepare(self) -> None:
        self.total = 0

    async def prepare_async(self) -> None:
        self.prepare()

    def _twice(self) -> int:
        return self.total * 2


def double(number: int) -> str:
    """Double a number."""
    return str(number * 2)


def approve(tool: llm.Tool | None, tool_call: llm.ToolCall) -> None:
    if tool_call.arguments.get("number") == 13:
        raise llm.CancelToolCall("not that one")


def note(tool: llm.Tool, tool_call: llm.ToolCall, tool_result: llm.ToolResult) -> None:
    tool_result.output = tool_result.output.strip()


async def approve_later(tool: llm.Tool | None, tool_call: llm.ToolCall) -> None:
    await asyncio.sleep(0)


TOOLS: list[ToolDef] = [Numbers(1), double, llm.Tool.function(double, name="twice"), llm.Tool("none")]
BEFORE: BeforeCallSync = approve
AFTER: AfterCallSync = note
BEFORE_LATER: BeforeCallAsync = approve_later


def chain() -> str:
    found = Keyed().chain("how much?", tools=[double, Numbers()], before_call=BEFORE, after_call=AFTER, key="k")
    for response in found.responses():
        assert_type(response, llm.Response)
        text(response)
    return found.text()


def text(chunks: Iterator[str] | llm.Response) -> str:
    return "".join(chunks)


def by_hand() -> list[llm.ToolResult]:
    response = Keyed().conversation(tools=TOOLS).prompt("how much?", tools=[double], key="k")
    results = response.execute_tool_calls(before_call=approve, after_call=None)
    assert_type(results, list[llm.ToolResult])
    return results


async def async_chain() -> str:
    conversation = AsyncKeyed().conversation(before_call=BEFORE_LATER, chain_limit=3)
    found = conversation.chain("how much?", tools=[], chain_limit=5, key="k")
    async for response in found.responses():
        assert_type(response, llm.AsyncResponse)
        await response
    async for chunk in found:
        assert_type(chunk, str)
    return await found.text()
