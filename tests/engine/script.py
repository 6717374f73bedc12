"""Scripted models: what they answer is a list of rounds, what they were asked can be read afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pydantic import Field

import llm
from llm.core.events import StreamEvent

#: A step of a round: text or an event to yield, a tool call to register, an exception to raise, or a function that is
#: called with the response.
Step = str | StreamEvent | llm.ToolCall | BaseException | Callable[[Any], Any] | None
Round = Sequence[Step]


class Effort(str, Enum):
    LOW = "low"
    HIGH = "high"


class Settings(llm.Options):
    temperature: float | None = Field(default=None, ge=0, le=2, description="How much chance")
    effort: Effort | None = None
    stream: bool | None = None


@dataclass
class Call:
    """One call of `execute`."""

    prompt: Any
    stream: bool
    response: Any
    conversation: Any
    key: str | None = None


@dataclass
class Script:
    """What a model answers, round by round, and the calls it got."""

    rounds: list[Round]
    calls: list[Call] = field(default_factory=list)
    closed: int = 0  #: calls whose generator has ended, in whichever way
    asked: int = 0  #: steps that somebody asked for

    def play(self, call: Call) -> Iterator[str | StreamEvent]:
        self.calls.append(call)
        if len(self.calls) > len(self.rounds):
            raise AssertionError("the model was called more often than the script says")
        for step in self.rounds[len(self.calls) - 1]:
            self.asked += 1
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, llm.ToolCall):
                call.response.add_tool_call(step)
            elif callable(step):
                step(call.response)
            else:
                yield step  # type: ignore[misc]  # None is among the steps: a fault that some tests plant

    @property
    def prompts(self) -> list[Any]:
        return [call.prompt for call in self.calls]


class Scripted:
    """What the four scripted models share. Like most plugins, it calls no constructor of its base."""

    can_stream = True
    supports_tools = True
    supports_schema = True
    attachment_types: Collection[str] = frozenset({"image/png"})

    def __init__(self, *rounds: Round, model_id: str = "scripted") -> None:
        self.model_id = model_id
        self.script = Script(list(rounds))


class ScriptedModel(Scripted, llm.Model):
    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str | StreamEvent]:
        try:
            yield from self.script.play(Call(prompt, stream, response, conversation))
        finally:
            self.script.closed += 1


class ScriptedKeyModel(Scripted, llm.KeyModel):
    needs_key = "scripted"
    key_env_var = "SCRIPTED_KEY"

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any, key: str | None
    ) -> Iterator[str | StreamEvent]:
        yield from self.script.play(Call(prompt, stream, response, conversation, key))


class AsyncScriptedModel(Scripted, llm.AsyncModel):
    async def execute(  # type: ignore[override]  # a generator without a type for what is sent
        self, prompt: Any, stream: bool, response: Any, conversation: Any
    ) -> AsyncIterator[str | StreamEvent]:
        try:
            for step in self.script.play(Call(prompt, stream, response, conversation)):
                await asyncio.sleep(0)
                yield step
        finally:
            self.script.closed += 1


class AsyncScriptedKeyModel(Scripted, llm.AsyncKeyModel):
    needs_key = "scripted"
    key_env_var = "SCRIPTED_KEY"

    async def execute(  # type: ignore[override]
        self, prompt: Any, stream: bool, response: Any, conversation: Any, key: str | None
    ) -> AsyncIterator[str | StreamEvent]:
        for step in self.script.play(Call(prompt, stream, response, conversation, key)):
            await asyncio.sleep(0)
            yield step
