"""What the compared programs have at hand: a model that does as it is told, and ways to show what they see.

Runs under both programs; nothing here uses more than the public interface.
"""

from __future__ import annotations

import asyncio
import enum
import inspect
import json
import os
import pathlib
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import pydantic
import sqlite_utils
from pydantic import Field

import llm
from llm.parts import StreamEvent

FREE = "<in other words>"  # for texts of errors, which each program words as it likes
LOCAL = ("smollm2", "local", "wordllama", "local-embed")  # models of the part `local`, which 0.36 does not have
BASES = (
    "Model", "KeyModel", "AsyncModel", "AsyncKeyModel", "_Model", "_AsyncModel", "_BaseModel", "ABC", "object",
    "EmbeddingModel", "Response", "AsyncResponse", "_BaseResponse", "ChainResponse", "AsyncChainResponse",
    "_BaseChainResponse", "Conversation", "AsyncConversation", "_BaseConversation",
)  # fmt: skip
OURS = ("UserError", "SettingsError", "DamagedSettingsError", "BrokenJSONError")
PNG = b"\x89PNG\r\n\x1a\n123456"


class Mood(enum.Enum):
    """An option with a few values."""

    glad = "glad"
    sad = "sad"


class Shared:
    """Does one round of its script a call: strings and events are yielded, errors raised, functions run."""

    model_id = "scripted"
    can_stream = True
    supports_schema = True
    supports_tools = True
    attachment_types: Any = ("image/png", "text/plain")

    class Options(llm.Options):
        temperature: float | None = Field(default=None, description="How warm", ge=0, le=2)
        count: int | None = None
        loud: bool | None = None
        mood: Mood | None = None
        words: list[str] | None = None

    def __init__(self, *rounds: Any) -> None:
        self.rounds = list(rounds)
        self.seen: list[Any] = []

    def steps(self, prompt: Any, response: Any, **others: Any) -> Iterator[Any]:
        self.seen.append((prompt, others))
        for step in self.rounds.pop(0) if self.rounds else ["said ", prompt.prompt]:
            if isinstance(step, BaseException):
                raise step
            if callable(step):
                step(response)
            else:
                yield step


class Scripted(Shared, llm.Model):
    """A model."""

    def execute(self, prompt: Any, stream: Any, response: Any, conversation: Any) -> Iterator[Any]:
        yield from self.steps(prompt, response, stream=stream, conversation=conversation)


class AsyncScripted(Shared, llm.AsyncModel):
    """Its async twin."""

    async def execute(self, prompt: Any, stream: Any, response: Any, conversation: Any) -> AsyncGenerator[Any, None]:
        for step in self.steps(prompt, response, stream=stream, conversation=conversation):
            yield step


class Keyed(Shared, llm.KeyModel):
    """A model with a key."""

    model_id = "keyed"
    needs_key = "lock"
    key_env_var = "LOCK_KEY"

    def execute(self, prompt: Any, stream: Any, response: Any, conversation: Any, key: Any) -> Iterator[Any]:
        yield from self.steps(prompt, response, stream=stream, conversation=conversation, key=key)


class AsyncKeyed(Shared, llm.AsyncKeyModel):
    """Its async twin."""

    model_id = "keyed"
    needs_key = "lock"
    key_env_var = "LOCK_KEY"

    async def execute(
        self, prompt: Any, stream: Any, response: Any, conversation: Any, key: Any
    ) -> AsyncGenerator[Any, None]:
        for step in self.steps(prompt, response, stream=stream, conversation=conversation, key=key):
            yield step


class Lengths(llm.EmbeddingModel):
    """Three numbers about a text."""

    model_id = "lengths"
    supports_binary = True
    batch_size = 2

    def embed_batch(self, items: Any, *, key: str | None = None) -> Iterator[list[float]]:
        for item in items:
            yield [float(len(item)), 1.0, 0.5]


class Plugin:
    """Registers what it is made with, under a name."""

    def __init__(self, name: str, *models: Any, tools: Any = (), embeddings: Any = ()) -> None:
        self.__name__ = name
        self.models, self.tools, self.embeddings = models, tools, embeddings

    @llm.hookimpl
    def register_models(self, register: Any) -> None:
        for model in self.models:
            register(*model) if isinstance(model, tuple) else register(model)

    @llm.hookimpl
    def register_tools(self, register: Any) -> None:
        for tool in self.tools:
            register(tool)

    @llm.hookimpl
    def register_embedding_models(self, register: Any) -> None:
        for model in self.embeddings:
            register(model)


def text(chunk: str, **more: Any) -> StreamEvent:
    return StreamEvent(type="text", chunk=chunk, **more)


def event(kind: str, chunk: str = "", **more: Any) -> StreamEvent:
    return StreamEvent(type=kind, chunk=chunk, **more)


def call(name: str, _id: str | None = "call", **arguments: Any) -> Callable[[Any], None]:
    """Make a step that has a tool called."""
    return lambda response: response.add_tool_call(llm.ToolCall(name, arguments, tool_call_id=_id))


def usage(**counts: Any) -> Callable[[Any], None]:
    """Make a step that sets the usage."""
    return lambda response: response.set_usage(**counts)


def payload(value: Any) -> Callable[[Any], None]:
    """Make a step that sets the raw answer."""
    return lambda response: setattr(response, "response_json", value)


def upper(text: str) -> str:
    """Make a text upper case."""
    return text.upper()


async def slow(text: str) -> str:
    """Make a text lower case, later."""
    await asyncio.sleep(0)
    return text.lower()


def failing() -> str:
    """Fail."""
    raise ValueError("this tool fails")


class Memory(llm.Toolbox):
    """Remembers."""

    def __init__(self, start: int = 1, *, names: Any = ("a",)) -> None:
        self.total = start

    def add(self, n: int) -> int:
        """Add a number."""
        self.total += n
        return self.total

    async def later(self) -> int:
        """The total, later."""
        return self.total


def described(error: BaseException, *, words: bool = False) -> str:
    """Tell the class of an error with its bases (ours left out), and its text where that is fixed."""
    bases = [base.__name__ for base in type(error).__mro__[:-1] if base.__name__ not in OURS]
    return f"{' < '.join(bases)}: {error if words else FREE}"


def fails(action: Callable[..., Any], *args: Any, words: bool = False, **named: Any) -> Any:
    """Show the error of a call, or what it gives."""
    try:
        value = action(*args, **named)
        if inspect.isawaitable(value):
            value = run(value)
    except Exception as error:
        print("error:", described(error, words=words))
        return error
    print("no error:", value)
    return value


def run(awaitable: Any) -> Any:
    """Run something awaitable to its end."""

    async def main() -> Any:
        return await awaitable

    return asyncio.run(main())


def collect(items: Any) -> list[Any]:
    """Take all items of an async iterator."""

    async def main() -> list[Any]:
        return [item async for item in items]

    return asyncio.run(main())


def show(value: Any) -> None:
    """Print as JSON, indented; what JSON does not have, by its repr."""
    print(json.dumps(value, indent=1, default=repr))


def undescribed(schema: Any) -> Any:
    """Leave descriptions out of a schema: each program describes things in its own words."""
    if isinstance(schema, dict):
        return {key: undescribed(value) for key, value in schema.items() if key != "description"}
    return [undescribed(each) for each in schema] if isinstance(schema, list) else schema


def parts(messages: Any) -> None:
    """Print messages in their JSON form."""
    show([message.to_dict() for message in messages])


def rows(db: Any, table: str, *columns: str) -> None:
    """Print some columns of a table."""
    for row in db[table].rows:
        print(table, {name: row[name] for name in columns or row})


def database() -> Any:
    """Make a database in the working directory."""
    return sqlite_utils.Database("mine.db")


__all__ = ["os", "pathlib", "pydantic", "sys"]
