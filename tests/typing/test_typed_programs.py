"""The typed programs beside this file run. That `mypy --strict` accepts them is part of `make lint`."""

from __future__ import annotations

import asyncio

import pytest

import llm
from tests.typing import caller, model_plugin, tools


def test_a_caller() -> None:
    """A program that prompts models in blocking code runs as it is typed."""
    assert caller.blocking() == "BE LOUDHELLOBE LOUDHELLO!!AGAIN!"
    assert caller.conversing()[0] == "ONE"
    assert caller.embedding() == [3.0]
    assert caller.faking() is None


def test_an_async_caller() -> None:
    """A program that prompts async models runs as it is typed."""
    assert asyncio.run(caller.on_a_loop()) == ""


def test_a_missing_key() -> None:
    """The typed exceptions are those that are raised."""
    message = caller.failing()
    assert message is not None
    assert "llm keys set keyed" in message


def test_a_plugin() -> None:
    """The plugin's hooks register its models, which a program then looks up."""
    llm.pm.register(model_plugin, "typed-plugin")
    try:
        assert caller.looking_up("shout") == "HELLO"
        assert llm.get_embedding_model("lengths").embed("ab") == [2.0]
    finally:
        llm.pm.unregister(name="typed-plugin")


def test_tools() -> None:
    """Toolboxes, functions and hooks work in chains as they are typed."""
    assert tools.chain() == "4"
    assert [result.output for result in tools.by_hand()] == ["4"]
    assert asyncio.run(tools.async_chain()) == "k"


def test_a_wrong_answer_would_be_seen() -> None:
    """The programs are no stubs: a refused call shows."""
    with pytest.raises(llm.CancelToolCall):
        tools.approve(None, llm.ToolCall("double", {"number": 13}))
