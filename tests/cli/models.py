"""Models for tests of commands: they answer at once, and say what they were asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import llm
from llm.parts import StreamEvent


class Options(llm.Options):
    """Options of the scripted models."""

    n: int | None = None


def answer(prompt: Any, response: Any) -> list[str | StreamEvent]:
    """Reasoning, the words of the prompt, and how many messages the model saw."""
    response.set_usage(input=1234, output=5, details={"cached": 2})
    words = [f"{word} " for word in prompt.prompt.split()]
    system = f"({prompt.system}) " if prompt.system else ""
    return [StreamEvent("reasoning", "thinking"), system, *words, f"[{len(prompt.messages)}]"]


class Echo(llm.Model):
    """Says the prompt again."""

    model_id = "echo"
    can_stream = True
    Options = Options

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str | StreamEvent]:
        yield from answer(prompt, response)


class AsyncEcho(llm.AsyncModel):
    """Says the prompt again, later."""

    model_id = "echo"
    can_stream = True
    Options = Options

    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any
    ) -> AsyncGenerator[str | StreamEvent, None]:
        for event in answer(prompt, response):
            yield event


class Failing(llm.Model):
    """Breaks off in the middle of its answer."""

    model_id = "failing"
    can_stream = True

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        yield "partial "
        raise llm.ModelError("the provider hung up")


class ScriptedModels:
    """A plugin that registers them."""

    __name__ = "ScriptedModels"

    @llm.hookimpl
    def register_models(self, register: Any) -> None:
        register(Echo(), AsyncEcho(), aliases=["e"])
        register(Failing())
