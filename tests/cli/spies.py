"""A model that remembers what it was asked, takes everything, and calls the tools that the prompt tells it to."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any, ClassVar

from click.testing import CliRunner, Result

import llm
from llm.cli import cli

TYPES = {"image/png", "text/plain"}


class Options(llm.Options):
    """Options named like parameters of the library, which must not get in each other's way."""

    n: int | None = None
    stream: str | None = None
    system: str | None = None


class _Shared:
    asked: ClassVar[list[Any]] = []  #: every prompt, of both variants
    given: ClassVar[list[tuple[bool, str | None]]] = []  #: `stream` and key, likewise

    def answer(self, prompt: Any, stream: bool, response: Any, key: str | None) -> Iterator[str]:
        self.asked.append(prompt)
        self.given.append((stream, key))
        response.set_usage(input=len(self.asked), output=1)
        text = prompt.prompt or ""
        if text.startswith("call "):
            for name, arguments in json.loads(text[5:]).items():
                response.add_tool_call(llm.ToolCall(name=name, arguments=arguments))
            yield "calling"
        elif prompt.tool_results:
            yield "; ".join(result.output for result in prompt.tool_results)
        else:
            yield f"answer to {text}"


class Spy(_Shared, llm.KeyModel):
    """The blocking variant."""

    model_id = "spy"
    needs_key = "spy"
    can_stream = True
    supports_schema = True
    supports_tools = True
    attachment_types = TYPES
    Options = Options

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any, key: str | None = None
    ) -> Iterator[str]:  # fmt: skip
        yield from self.answer(prompt, stream, response, key)


class AsyncSpy(_Shared, llm.AsyncKeyModel):
    """The async variant."""

    model_id = "spy"
    needs_key = "spy"
    can_stream = True
    supports_schema = True
    supports_tools = True
    attachment_types = TYPES
    Options = Options

    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any, key: str | None = None
    ) -> AsyncGenerator[str, None]:  # fmt: skip
        for chunk in self.answer(prompt, stream, response, key):
            yield chunk


class Clock(llm.Toolbox):
    """A toolbox with an argument."""

    def __init__(self, zone: str = "UTC") -> None:
        self.zone = zone

    def now(self) -> str:
        """The time."""
        return f"noon in {self.zone}"


class Late(llm.Toolbox):
    """A toolbox that knows its tools only once it is prepared."""

    def prepare(self) -> None:
        """Add the tool."""

        def late() -> str:
            """Say that it came."""
            return "it came"

        self.add_tool(late)


def shout(text: str) -> str:
    """Make a text loud."""
    return text.upper()


def fail() -> str:
    """Fail."""
    raise RuntimeError("broken tool")


class SpyPlugin:
    """Registers the model, tools and loaders."""

    __name__ = "SpyPlugin"

    @llm.hookimpl
    def register_models(self, register: Any) -> None:
        register(Spy(), AsyncSpy(), aliases=["s"])

    @llm.hookimpl
    def register_tools(self, register: Any) -> None:
        for tool in (shout, fail, Clock, Late):
            register(tool)

    @llm.hookimpl
    def register_fragment_loaders(self, register: Any) -> None:
        register("twice", lambda argument: [llm.Fragment(argument, "one"), llm.Fragment(argument, "two")])
        register("pic", lambda argument: llm.Attachment(type="image/png", content=argument.encode()))

    @llm.hookimpl
    def register_template_loaders(self, register: Any) -> None:
        register("remote", lambda argument: llm.Template(name=argument, prompt="far: $input", functions="raise Danger"))


def run(*words: Any, piped: str | bytes | None = None) -> Result:
    """Run `llm` with these words; the model is the spy unless they name another."""
    return CliRunner().invoke(cli, list(words), input=piped)


def ask(*words: Any, piped: str | bytes | None = None) -> Result:
    """Run a prompt of the spy, which has to succeed."""
    result = run("-m", "spy", "--key", "k", *words, piped=piped)
    assert result.exit_code == 0, result.output
    return result


def asked() -> Any:
    """Return the last prompt that the spy got."""
    return _Shared.asked[-1]


def all_asked() -> list[Any]:
    """Return all prompts that the spy got."""
    return _Shared.asked


def given() -> tuple[bool, str | None]:
    """Return whether the last prompt was to be streamed, and its key."""
    return _Shared.given[-1]


def forget() -> None:
    """Start anew."""
    _Shared.asked.clear()
    _Shared.given.clear()
