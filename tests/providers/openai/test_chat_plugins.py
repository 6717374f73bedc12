"""Keys of Chat models, and what plugins rely on: replaced clients, overridden methods, calls by position."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from llm.core.errors import NeedsKeyException
from llm.default_plugins import openai_models
from llm.engine.model import KeyModel
from llm.providers.openai.base import _Shared
from llm.providers.openai.chat import AsyncChat, Chat
from llm.providers.openai.options import ReasoningEffortEnum
from tests.loopback import CHAT, Loopback, sse_reply
from tests.providers.openai.wire import (
    FakeClient,
    chunk,
    counts,
    later,
    obj,
    prompt_of,
    read,
    usage_chunk,
)

DONE = chunk("ok")


def test_no_key(loopback: Loopback) -> None:
    """Without any key nothing is sent."""
    with pytest.raises(NeedsKeyException, match="openai"):
        Chat("m", api_base=loopback.base_url).prompt("hi").text()
    assert loopback.requests == []


@pytest.mark.parametrize("needs_key", [None, ""])
def test_keyless_models_look_no_key_up(
    needs_key: str | None, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's key for OpenAI is not sent by a model that needs no key."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    loopback.on(CHAT, sse_reply(DONE))
    model = Chat("m", api_base=loopback.base_url)
    model.needs_key = needs_key
    model.prompt("hi").text()
    assert loopback.requests[-1].headers["authorization"] == "Bearer DUMMY_KEY"


def test_own_get_key(loopback: Loopback) -> None:
    """A subclass decides about the key that the client gets."""

    class Own(Chat):
        def get_key(self, explicit_key: str | None = None) -> str | None:
            return "sk-own"

    loopback.on(CHAT, sse_reply(DONE))
    Own("m", api_base=loopback.base_url).prompt("hi", key="sk-other").text()
    assert loopback.requests[-1].headers["authorization"] == "Bearer sk-own"


def test_constructor() -> None:
    """Parameters may be positional, and become attributes, the flags for options excepted."""
    model = Chat("m", "k", "name", "http://x", "type", "version", "engine", {"h": "1"}, False, True, True)
    expected = {
        "model_id": "m", "key": "k", "model_name": "name", "api_base": "http://x", "api_type": "type",
        "api_version": "version", "api_engine": "engine", "headers": {"h": "1"}, "can_stream": False, "vision": True,
        "supports_schema": False, "supports_tools": False, "allows_system_prompt": True,
    }  # fmt: skip
    assert {name: getattr(model, name) for name in expected} == expected
    assert {"audio/wav", "audio/mpeg", "image/png", "application/pdf"} <= set(model.attachment_types)
    assert isinstance(model, KeyModel)
    assert Chat.__mro__[1:3] == (_Shared, KeyModel)


def test_client_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client is made of what is set, by the SDK once somebody has replaced its class."""
    made: list[dict[str, Any]] = []

    class OpenAI:
        def __init__(self, **arguments: Any) -> None:
            made.append(arguments)

    # Set in the module's own dictionary: reading the attribute, as `monkeypatch.setattr` does, imports the SDK.
    stand_in = SimpleNamespace(OpenAI=OpenAI, AsyncOpenAI=OpenAI)
    monkeypatch.setitem(vars(openai_models), "openai", stand_in)
    assert isinstance(Chat("m", api_base="http://x/v1", headers={"a": "b"}).get_client("k"), OpenAI)
    Chat("m").get_client("k")
    AsyncChat("m", api_type="azure", api_version="1", api_engine="e").get_client("k", async_=True)
    assert made == [
        {"api_key": "k", "base_url": "http://x/v1", "default_headers": {"a": "b"}},
        {"api_key": "k"},
        {"api_key": "k", "api_type": "azure", "api_version": "1", "engine": "e"},
    ]


def test_replaced_client() -> None:
    """Whatever `get_client` returns is used as it is: on the instance, with a list for a stream, without `close`."""
    client = FakeClient([obj(**chunk("a")), obj(**chunk("b"))])
    model = Chat("m")
    asked: list[Any] = []
    model.get_client = lambda *arguments: (asked.append(arguments), client)[1]  # type: ignore[method-assign, func-returns-value]
    assert model.prompt("hi", key="k").text() == "ab"
    assert asked == [("k",)]
    assert client.calls[0]["messages"] == [{"role": "user", "content": "hi"}]


def test_mock_client() -> None:
    """A mock with nothing but the text of its chunks will do."""
    from unittest.mock import MagicMock

    piece, client = MagicMock(choices=[MagicMock()]), MagicMock()
    piece.choices[0].delta.content = "a"
    client.chat.completions.create.return_value = [piece, piece]
    model = Chat("m")
    model.get_client = lambda *_: client  # type: ignore[method-assign]
    assert model.prompt("hi", key="k").text() == "aa"


def test_replaced_async_client() -> None:
    """The async classes ask for an async client by keyword, await `create` and iterate asynchronously."""
    ended: list[bool] = []
    client = FakeClient(later([obj(**chunk("a"))], lambda: ended.append(True)), is_async=True)
    model = AsyncChat("m")
    asked: list[Any] = []

    def get_client(key: Any, *, async_: bool = False) -> Any:
        asked.append((key, async_))
        return client

    model.get_client = get_client  # type: ignore[method-assign]

    async def run() -> str:
        return await model.prompt("hi", key="k").text()

    assert asyncio.run(run()) == "a"
    assert (asked, ended) == ([("k", True)], [True])


def test_stream_is_closed_early() -> None:
    """A consumer that stops early releases the connection."""

    class Stream:
        closed = False

        def __iter__(self) -> Any:
            return iter([obj(**chunk("a")), obj(**chunk("b"))])

        def close(self) -> None:
            self.closed = True

    stream = Stream()
    model = Chat("m")
    model.get_client = lambda *_: FakeClient(stream)  # type: ignore[method-assign]
    response = model.prompt("hi", key="k")
    events = model.execute(response.prompt, True, response, None, "k")
    assert next(events).chunk == "a"
    assert not stream.closed
    events.close()  # type: ignore[attr-defined]
    assert stream.closed


def test_async_stream_is_closed_early() -> None:
    """The same in an event loop."""
    ended: list[bool] = []

    async def run() -> None:
        stream = later([obj(**chunk("a")), obj(**chunk("b"))], lambda: ended.append(True))
        model = AsyncChat("m")
        model.get_client = lambda *_, **__: FakeClient(stream, is_async=True)  # type: ignore[method-assign]
        events = model.prompt("hi", key="k").astream_events()
        assert (await anext(events)).chunk == "a"
        await events.aclose()

    asyncio.run(run())
    assert ended == [True]


def test_overridden_methods() -> None:
    """Overrides of the building methods take effect, called as plugins define them."""

    class Own(Chat):
        def build_messages(self, prompt: Any, conversation: Any) -> list[dict[str, Any]]:  # type: ignore[override]
            return [{"role": "user", "content": "own"}]

        def build_kwargs(self, prompt: Any, stream: bool) -> dict[str, Any]:
            kwargs = super().build_kwargs(prompt, stream)
            kwargs["extra_body"] = {"own": True}
            return kwargs

        def set_usage(self, response: Any, usage: Any) -> None:
            given.append(usage)

    given: list[Any] = []
    client = FakeClient([obj(**chunk("a"))])
    model = Own("m")
    model.get_client = lambda *_: client  # type: ignore[method-assign]
    read(model.prompt("hi", key="k"))
    assert client.calls[0]["messages"] == [{"role": "user", "content": "own"}]
    assert client.calls[0]["extra_body"] == {"own": True}
    assert given == [None]


def test_replaced_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """`combine_chunks` and `_Shared.build_messages` are looked up when they are used."""
    monkeypatch.setattr(openai_models, "combine_chunks", lambda chunks: {"count": len(chunks)})
    monkeypatch.setattr(openai_models._Shared, "build_messages", lambda *_, **__: [{"role": "user", "content": "new"}])
    client = FakeClient([obj(**chunk("a")), obj(**chunk("b"))])
    model = Chat("m")
    model.get_client = lambda *_: client  # type: ignore[method-assign]
    outcome = read(model.prompt("hi", key="k"))
    assert outcome.response.response_json == {"count": 2}
    assert client.calls[0]["messages"] == [{"role": "user", "content": "new"}]


def test_super_execute_by_position() -> None:
    """Subclasses call `execute` of the base with five positional arguments, on a prompt whose options they replaced."""

    class Own(Chat):
        def execute(
            self, prompt: Any, stream: bool, response: Any, conversation: Any = None, key: str | None = None
        ) -> Any:
            prompt.options = self.Options(temperature=1)
            yield "before "
            yield from super().execute(prompt, stream, response, conversation, key)

    client = FakeClient([obj(**chunk("a"))])
    model = Own("m")
    model.get_client = lambda *_: client  # type: ignore[method-assign]
    assert model.prompt("hi", key="k").text() == "before a"
    assert client.calls[0]["temperature"] == 1.0


def test_stand_in_prompts() -> None:
    """An object that forwards to a prompt but has options of its own is asked for those."""
    inner = Chat("m").prompt("hi", temperature=1).prompt

    class StandIn:
        options = Chat.Options(temperature=0)

        def __getattr__(self, name: str) -> Any:
            return getattr(inner, name)

    assert Chat("m").build_kwargs(StandIn(), False) == {"temperature": 0.0}
    assert Chat("m").build_kwargs(inner, False) == {"temperature": 1.0}


def test_usage_hook() -> None:
    """Usage is recorded in the shape of Chat Completions, with everything but the totals as details."""
    response = Chat("m").prompt("hi")
    Chat("m").set_usage(response, None)
    assert counts(response) == (None, None, None)
    Chat("m").set_usage(response, {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.1, "x": {}})
    assert counts(response) == (1, 2, {"cost": 0.1})


def test_enum_members_stay_texts() -> None:
    """Arguments that are enum members equal their texts."""
    kwargs = Chat("m").build_kwargs(prompt_of(options={"reasoning_effort": ReasoningEffortEnum.low}), False)
    assert kwargs == {"reasoning_effort": "low"}


def test_prompt_without_options_is_light(loopback: Loopback) -> None:
    """A plain prompt imports neither the SDK nor Pydantic."""
    import subprocess
    import sys

    loopback.on(CHAT, sse_reply(DONE, usage_chunk(prompt_tokens=1)))
    code = (
        "import sys, llm; from llm.default_plugins.openai_models import Chat;"
        f"print(Chat('m', api_base={loopback.base_url!r}).prompt('hi', key='k').text(),"
        "[x for x in ('openai', 'pydantic', 'yaml', 'numpy', 'sqlite_utils') if x in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "ok []"


def test_text_arrives_as_it_comes(loopback: Loopback) -> None:
    """The first piece is there while the server still holds back the second."""
    import threading

    from tests.loopback import sse, stream_reply

    go = threading.Event()
    loopback.on(CHAT, stream_reply(sse(chunk("a"), done=False), go, sse(chunk("b"))))
    pieces = iter(Chat("m", api_base=loopback.base_url).prompt("hi", key="k"))
    assert next(pieces) == "a"
    started = time.monotonic()
    go.set()
    assert list(pieces) == ["b"]
    assert time.monotonic() - started < 10
