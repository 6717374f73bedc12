"""A plugin with a little of everything, loaded by both programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

import llm


class Sample(llm.Model):
    model_id = "sample"
    can_stream = True
    supports_tools = True
    supports_schema = True
    attachment_types = frozenset({"image/png", "image/jpeg"})
    needs_key = "sample-key"
    key_env_var = "SAMPLE_KEY"

    class Options(llm.Options):
        temperature: float | None = Field(default=None, description="How warm it is, told at some length. " * 4)
        count: int = Field(default=1, description="How many")
        tags: list[str] | None = None
        flag: bool | None = None

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        yield "said"


class Plain(llm.Model):
    model_id = "plain"
    can_stream = False

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        yield "said"


class Vectors(llm.EmbeddingModel):
    model_id = "vectors"

    def embed_batch(self, items: Any, *_: Any, **__: Any) -> Iterator[list[float]]:
        return ([1.0] for _ in items)


class Box(llm.Toolbox):
    """A box of tools.

    With more words.
    """

    def __init__(self, name: str, size: int = 3) -> None:
        self.named = name

    def get(self, key: str) -> str:
        """Get it

        with care
        """
        return key

    def put(self, key: str, value: str):  # type: ignore[no-untyped-def]
        return ""


class Dynamic(llm.Toolbox):
    """Knows its tools late."""

    def __init__(self, where: str = "here") -> None:
        self.where = where

    def prepare(self) -> None:
        def late(number: int) -> int:
            """Comes late"""
            return number

        self.add_tool(late)

    def fixed(self) -> None:
        """Always there"""


def upper(text: str) -> str:
    """Convert text to uppercase."""
    return text.upper()


def bare(text: str):  # type: ignore[no-untyped-def]
    return text


def template(rest: str) -> llm.Template:
    """Gives templates"""
    if rest == "bad":
        raise ValueError("no such template")
    return llm.Template(name=rest, prompt=f"About {rest}", functions="1/0", tools=["upper"])


def fragment(argument: str) -> Any:
    """Gives fragments"""
    if argument == "bad":
        raise ValueError("no such fragment")
    if argument == "two":
        return [llm.Fragment("one", "first"), llm.Fragment("two", "second")]
    return llm.Fragment(f"content of {argument}", f"sample:{argument}")


def undocumented(argument: str) -> Any:
    return llm.Fragment("x")


undocumented.__doc__ = None


@llm.hookimpl
def register_models(register: Any) -> None:
    register(Sample(), aliases=["s1", "s2"])
    register(Plain())


@llm.hookimpl
def register_embedding_models(register: Any) -> None:
    register(Vectors(), aliases=["v1"])


@llm.hookimpl
def register_tools(register: Any) -> None:
    for tool in (upper, bare, Box, Dynamic):
        register(tool)
    register(upper, name="capitals")


@llm.hookimpl
def register_template_loaders(register: Any) -> None:
    register("sample", template)


@llm.hookimpl
def register_fragment_loaders(register: Any) -> None:
    register("sample", fragment)
    register("none", undocumented)
