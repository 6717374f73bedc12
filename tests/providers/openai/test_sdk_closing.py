"""The SDK's clients do not close themselves, so whoever makes one for a model sees to it."""

from __future__ import annotations

import gc

import openai
import pytest

from llm.providers.openai import sdk
from llm.providers.openai.chat import Chat
from tests.loopback import CHAT, Loopback, sse_reply
from tests.providers.openai.wire import chunk


def test_connections_are_closed_with_the_client(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of the SDK that a model made leaves no open connection behind when nobody has it any more."""
    monkeypatch.setattr(sdk, "choose", lambda: openai)
    loopback.on(CHAT, sse_reply(chunk("hi")))
    client = Chat("m", api_base=loopback.base_url).get_client("k")
    http = client._client
    client.chat.completions.create(model="m", messages=[], stream=True).close()
    del client
    gc.collect()
    assert http.is_closed
