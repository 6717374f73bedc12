"""Streams of OpenAI and of the servers that speak like it, cut at every place, through both clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from llm.core.parts import ReasoningPart, TextPart
from llm.providers.openai import calls
from llm.providers.openai.chat_stream import ChatDecoder
from llm.providers.openai.responses import Responses
from llm.providers.openai.responses_stream import ResponsesDecoder
from llm.providers.openai.settings import Settings
from llm.providers.openai.streams import EventReader
from tests.loopback import CHAT, RESPONSES, Reply
from tests.providers.openai import recorded
from tests.providers.openai.recorded import Recorded
from tests.providers.openai.wire import Outcome, Wire

ALL = [("chat", name) for name in recorded.CHAT] + [("responses", name) for name in recorded.RESPONSES]
# A real client refuses these: the SDK reads neither a mark at the beginning nor a body that is no stream.
NOT_WITH_THE_SDK = {"byte order mark", "one object"}
STREAM = {"content-type": "text/event-stream"}


def entry(api: str, name: str) -> Recorded:
    return {"chat": recorded.CHAT, "responses": recorded.RESPONSES}[api][name]


def ask(wire: Wire, api: str, *body: bytes) -> Outcome:
    """Prompt a model whose server streams these pieces."""
    wire.loopback.on(CHAT if api == "chat" else RESPONSES, Reply(200, STREAM, body))
    return wire.ask(wire.chat() if api == "chat" else wire.responses())


@pytest.mark.parametrize(("api", "name"), ALL)
def test_recorded(wire: Wire, request: pytest.FixtureRequest, api: str, name: str) -> None:
    """Text, tool calls, usage and reasoning of each recorded stream, the same through both clients and faces."""
    if "sdk" in request.node.callspec.id and name in NOT_WITH_THE_SDK:
        pytest.skip("the SDK cannot read it")
    expected = entry(api, name)
    outcome = ask(wire, api, expected.body)
    assert outcome.text == expected.text
    assert [(call.name, call.arguments) for call in outcome.calls] == list(expected.calls)
    assert outcome.usage[:2] == expected.usage
    thoughts = "".join(part.text for part in outcome.parts if isinstance(part, ReasoningPart))
    assert thoughts == expected.reasoning
    assert len({call.tool_call_id for call in outcome.calls} - {None, ""}) == len(expected.calls)
    assert "".join(part.text for part in outcome.parts if isinstance(part, TextPart)) == expected.text


def objects(api: str, *pieces: bytes) -> Iterator[Any]:
    """The objects that the thin client makes of these pieces."""
    settings = Settings.resolve(api_key="k", base_url="http://x")
    endpoint = calls.CHAT if api == "chat" else calls.RESPONSES
    arguments: dict[str, Any] = {"messages": []} if api == "chat" else {"input": []}
    call = calls.prepare(endpoint, settings, {"model": "m", "stream": True, **arguments})
    reader = EventReader(call, httpx2.Request("POST", "http://x"))
    for piece in pieces:
        yield from reader.feed(piece)
    yield from reader.finish()


def events(api: str, *pieces: bytes) -> list[Any]:
    """What the decoder makes of these pieces: events, then the registered calls."""
    if api == "chat":
        chat = ChatDecoder()
        made: list[Any] = [event for item in objects(api, *pieces) for event in chat.feed(item)]
        return [(event.type, event.chunk) for event in made] + [(c.name, c.arguments) for c in chat.tool_calls()]
    registered: list[Any] = []
    decoder = ResponsesDecoder(Responses("m"), registered.append)
    made = [event for item in objects(api, *pieces) for event in decoder.feed(item)]
    made += decoder.finish()
    return [(event.type, event.chunk) for event in made] + [(c.name, c.arguments) for c in registered]


@pytest.mark.parametrize(("api", "name"), ALL)
def test_cut_anywhere(api: str, name: str) -> None:
    """However the network cuts a recorded stream in two, at every byte position, what comes of it is the same."""
    body = entry(api, name).body
    whole = events(api, body)
    assert whole
    for position in range(1, len(body)):
        assert events(api, body[:position], body[position:]) == whole


@pytest.mark.parametrize(("api", "name"), ALL)
def test_byte_by_byte(api: str, name: str) -> None:
    """The same for a stream of single bytes."""
    body = entry(api, name).body
    assert events(api, *[body[place : place + 1] for place in range(len(body))]) == events(api, body)
