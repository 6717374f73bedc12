"""How long a model waits and how often it tries again, set per model."""

from __future__ import annotations

import threading
from typing import Any

import httpx2
import openai
import pytest

from llm.providers.openai.chat import Chat
from llm.providers.openai.responses import Responses
from tests.loopback import CHAT, error_reply, sse_reply, stream_reply
from tests.providers.openai.wire import Wire, chunk


def test_retries_of_a_model(wire: Wire) -> None:
    """A model's own number of retries counts, whichever client carries the request."""
    model = wire.chat(*[error_reply(429, "slow down", retry_after_ms="1")] * 4, sse_reply(chunk("yes")))
    model.max_retries = 4
    assert wire.ask(model).text == "yes"
    assert len(wire.loopback.requests) == 5


def test_no_retries(wire: Wire) -> None:
    """Zero means that a failure is final."""
    model = wire.chat(error_reply(503, "busy"), sse_reply(chunk("yes")))
    model.max_retries = 0
    with pytest.raises(openai.InternalServerError):
        wire.ask(model)
    assert len(wire.loopback.requests) == 1


def test_timeout_of_a_model(wire: Wire) -> None:
    """A model's own time limit counts: a server that is silent for longer is given up."""
    for_ever = threading.Event()
    model = wire.chat(stream_reply(for_ever))
    model.timeout, model.max_retries = 0.05, 0
    try:
        with pytest.raises(openai.APITimeoutError):
            wire.ask(model)
    finally:
        for_ever.set()


@pytest.mark.parametrize(
    ("timeout", "connect", "read"),
    [(2, 2, 2), (30.5, 5, 30.5), (httpx2.Timeout(9, connect=8), 8, 9)],
)
def test_forms_of_a_timeout(timeout: Any, connect: float, read: float) -> None:
    """Seconds count for each phase, but do not lengthen the wait for a connection; an httpx2.Timeout is taken as is."""
    model = Chat("m", api_base="http://x")
    model.timeout = timeout
    limits = model.get_client("k").timeout
    assert (limits.connect, limits.read) == (connect, read)


def test_limits_beat_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model says goes before LLM_TIMEOUT and LLM_MAX_RETRIES; what it leaves out comes from there."""
    monkeypatch.setenv("LLM_TIMEOUT", "7")
    monkeypatch.setenv("LLM_MAX_RETRIES", "8")
    model = Chat("m", api_base="http://x")
    model.max_retries = 1
    client = model.get_client("k")
    assert (client.timeout.read, client.max_retries) == (7, 1)


def test_limits_on_the_way_through_chat(wire: Wire) -> None:
    """A Responses model that answers through Chat Completions keeps its limits."""
    model = wire.responses()
    wire.loopback.on(CHAT, *[error_reply(429, "slow down", retry_after_ms="1")] * 3, sse_reply(chunk("yes")))
    model.max_retries = 3
    assert wire.ask(model, chat_completions=True).text == "yes"


def test_no_new_options() -> None:
    """Limits are no options of a prompt, so that listings of options stay the same."""
    for kind in (Chat, Responses):
        assert not {"timeout", "max_retries"} & set(kind("m").Options.model_fields)
