"""Chats through pipes: models for them, and functions that hold one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from click.testing import Result

import llm
from llm.cli.chatting.readers import ABOUT_FRAGMENTS, BANNER
from llm.parts import StreamEvent
from tests.cli.spies import run


def banner(model: str) -> str:
    """Return how a chat with a model begins."""
    return f"Chatting with {model}\n{BANNER}\n{ABOUT_FRAGMENTS}\n"


START = banner("spy")


class Stubborn(llm.Model):
    """Fails, is interrupted, or cannot go on, as the prompt says."""

    model_id = "stubborn"
    can_stream = True

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any
    ) -> Iterator[str | StreamEvent]:  # fmt: skip
        if not prompt.hide_reasoning:
            yield StreamEvent("reasoning", "hm")
        yield f"{len(prompt.messages)} "
        if "fail" in prompt.prompt:
            raise llm.ModelError("the provider hung up")
        if "bug" in prompt.prompt:
            raise ZeroDivisionError("a defect")
        if "stop" in prompt.prompt:
            raise KeyboardInterrupt
        yield prompt.prompt


class Single(Stubborn):
    """No conversations."""

    model_id = "single"
    supports_conversation = False


class ChatPlugin:
    """Registers the models."""

    __name__ = "ChatPlugin"

    @llm.hookimpl
    def register_models(self, register: Any) -> None:
        register(Stubborn())
        register(Single())


def chat(*lines: str, words: tuple[str, ...] = (), model: str = "spy") -> Result:
    """Chat with these lines."""
    return run("chat", "-m", model, "--key", "k", *words, piped="".join(f"{line}\n" for line in lines))


def said(*lines: str, words: tuple[str, ...] = (), model: str = "spy") -> str:
    """Return what stands behind the banner of a chat that ends well."""
    result = chat(*lines, "quit", words=words, model=model)
    assert result.exit_code == 0, result.output
    return result.stdout.removeprefix(banner(model)).removesuffix("> quit\n")


def rows() -> list[dict[str, Any]]:
    """What is in the log, oldest first."""
    found: list[dict[str, Any]] = json.loads(run("logs", "list", "-n", "0", "--json").stdout)
    return found
