"""A plugin with one of each, for trying what is published: a model, an embedding model, a tool and a command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import click

import llm


@llm.hookimpl
def register_models(register: Any) -> None:
    register(Smoke())


@llm.hookimpl
def register_embedding_models(register: Any) -> None:
    register(SmokeEmbedding())


@llm.hookimpl
def register_tools(register: Any) -> None:
    register(whisper)


@llm.hookimpl
def register_commands(cli: click.Group) -> None:
    @cli.command(name="smoke")
    def smoke() -> None:
        """Say that the plugin is there."""
        click.echo("smoke is there")


def whisper(text: str) -> str:
    """Return the text in small letters."""
    return text.lower()


class Smoke(llm.Model):
    """Says the prompt, and the system prompt, again."""

    model_id = "smoke"

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:
        yield from ("You said: ", prompt.prompt, f" ({prompt.system})" if prompt.system else "")


class SmokeEmbedding(llm.EmbeddingModel):
    """Counts a few letters."""

    model_id = "smoke-embed"

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        for item in items:
            yield [float(str(item).count(letter)) for letter in "aeiou"]
