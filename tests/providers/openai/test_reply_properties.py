"""Whatever a server sends: its bytes cut anywhere, its values of any type, its members missing, unknown or damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx2
import pytest
import sqlite_utils
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm.core.errors import ModelError, ProviderError
from llm.core.text import plain_text
from llm.providers.openai.chat import Chat
from llm.providers.openai.client import OpenAIClient as ThinClient
from llm.providers.openai.completion import Completion
from llm.providers.openai.responses import Responses
from llm.store.filters import LogFilters
from llm.store.listing import iter_rows
from llm.store.migrations.runner import migrate
from tests.damage import damaged, json_values
from tests.loopback import sse
from tests.providers.openai import pieces
from tests.providers.openai.wire import Outcome, chunk, read, tool_delta, usage_chunk

MODELS: dict[str, Any] = {"chat": Chat, "responses": Responses, "completion": Completion}

CHAT_STREAM = [
    chunk("", role="assistant"),
    chunk("Hel"),
    chunk("lo \u00e9\U0001f600\u2028"),
    chunk(tool_calls=[tool_delta(0, "", "c1", "f")]),
    chunk(tool_calls=[tool_delta(0, '{"a": 1}')]),
    chunk(refusal="no"),
    usage_chunk(
        prompt_tokens=1, completion_tokens=2, total_tokens=3, completion_tokens_details={"reasoning_tokens": 1}
    ),
]
COMPLETION_STREAM = [
    {"id": "c", "model": "m", "choices": [{"index": 0, "text": "Hel", "logprobs": {"top_logprobs": [{"a": 1}]}}]},
    {"id": "c", "model": "m", "choices": [{"index": 0, "text": "lo \u00e9\U0001f600", "finish_reason": "stop"}]},
    usage_chunk(prompt_tokens=1, completion_tokens=2, total_tokens=3),
]
RESPONSES_OUTPUT = [
    pieces.reasoning("rs_1", "E1", "thought"),
    pieces.message("Hello \u00e9\U0001f600"),
    pieces.call('{"a": 1}'),
    pieces.search(results=[{"url": "u"}]),
    {"type": "code_interpreter_call", "id": "ci", "code": "1", "outputs": [{"type": "logs", "logs": "1"}]},
]
RESPONSES_STREAM = [
    {"type": "response.created", "response": {"id": "r", "model": "m", "output": []}},
    pieces.added(pieces.reasoning(), 0),
    pieces.summary_delta("thou", 0, item_id="rs_1", summary_index=0),
    pieces.summary_delta("ght", 0, item_id="rs_1", summary_index=0),
    pieces.done(RESPONSES_OUTPUT[0], 0),
    pieces.added(pieces.message(), 1),
    pieces.text_delta("Hello ", 1),
    pieces.text_delta("\u00e9\U0001f600", 1),
    pieces.done(RESPONSES_OUTPUT[1], 1),
    pieces.added(pieces.call(), 2),
    pieces.arguments_delta('{"a"', 2, item_id="fc_1"),
    pieces.arguments_delta(": 1}", 2, item_id="fc_1"),
    pieces.done(RESPONSES_OUTPUT[2], 2),
    pieces.done(RESPONSES_OUTPUT[3], 3),
    pieces.done(RESPONSES_OUTPUT[4], 4),
    pieces.completed(
        *RESPONSES_OUTPUT,
        model="m",
        usage={"input_tokens": 1, "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 1}},
    ),
]
STREAMS: dict[str, list[Any]] = {
    "chat": CHAT_STREAM,
    "responses": RESPONSES_STREAM,
    "completion": COMPLETION_STREAM,
}
CHAT_REPLY = {
    "id": "c",
    "model": "m",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Hello", "tool_calls": [tool_delta(0, "{}", "c1", "f")]},
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 1}},
}
REPLIES: dict[str, Any] = {
    "chat": CHAT_REPLY,
    "responses": {"id": "r", "model": "m", "status": "completed", "output": RESPONSES_OUTPUT, "usage": {}},
    "completion": {"id": "c", "model": "m", "choices": [{"index": 0, "text": "Hello"}], "usage": {"total_tokens": 1}},
}
KINDS = pytest.mark.parametrize("kind", list(MODELS))
CLIENTS = pytest.mark.parametrize("sdk_client", [False, True], ids=["thin", "sdk"])


@cache
def client(*, from_sdk: bool) -> Any:
    """One client for all: the SDK's takes long to make, and both keep nothing between two requests."""
    import openai

    kind = openai.OpenAI if from_sdk else ThinClient
    return kind(api_key="sk-0123456789", base_url="http://server.invalid/v1", max_retries=0)


@contextmanager
def server(
    *body: bytes, status: int = 200, headers: dict[str, str] | None = None, failing: Exception | None = None
) -> Iterator[None]:
    """A transport that answers every request with this body, in these pieces."""

    def pieces_of_body() -> Iterator[bytes]:
        yield from body
        if failing is not None:
            raise failing

    def handle(_transport: Any, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, headers=headers or {}, content=pieces_of_body(), request=request)

    with patch.object(httpx2.HTTPTransport, "handle_request", handle):
        yield


def ask(kind: str, *, stream: bool = True, from_sdk: bool = False) -> Outcome:
    """What a model makes of the reply of `server`."""
    model = MODELS[kind]("m")
    model.get_client = lambda key: client(from_sdk=from_sdk)
    return read(model.prompt("hi", key="sk-0123456789", stream=stream))


def outcome(kind: str, *, stream: bool = True, from_sdk: bool = False) -> Any:
    """The same for replies of any kind: texts, calls and usage, or None after one of the documented failures.

    Whatever came of it can be logged.
    """
    import openai

    try:
        came = ask(kind, stream=stream, from_sdk=from_sdk)
    except (ModelError, ProviderError, openai.APIError) as error:
        assert str(error)  # noqa: PT017
        return None
    assert all(isinstance(event.chunk, str) for event in came.events)
    assert "".join(event.chunk for event in came.events if event.type == "text") == came.response.text()
    json.dumps([came.response.response_json, came.usage])
    came.response.to_dict()
    return comparable(came)


def comparable(came: Outcome) -> Any:
    return (
        [(event.type, event.chunk, event.part_index, event.message_index) for event in came.events],
        [(call.name, call.arguments) for call in came.calls],
        came.usage,
        came.response.response_json,
    )


@cache
def log() -> sqlite_utils.Database:
    """A log in memory, for all examples."""
    database = sqlite_utils.Database(memory=True)
    migrate(database)
    return database


def cut(body: bytes, places: Sequence[int]) -> list[bytes]:
    ends = [*sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@KINDS
def test_a_byte_at_a_time(kind: str) -> None:
    """A stream that comes byte by byte gives the events of one that comes at once, and they hold its whole text."""
    body = sse(*STREAMS[kind])
    with server(body):
        whole = outcome(kind)
    assert whole is not None
    assert "Hel" in repr(whole)
    with server(*(bytes([byte]) for byte in body)):
        assert outcome(kind) == whole


@KINDS
@settings(max_examples=12)
@given(st.lists(st.integers(0, 10_000), max_size=8), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_cuts_and_line_ends(kind: str, places: list[int], end: bytes) -> None:
    """Neither where the body is cut nor how its lines end changes anything."""
    body = sse(*STREAMS[kind])
    with server(body):
        whole = outcome(kind)
    with server(*cut(body.replace(b"\n", end), places)):
        assert outcome(kind) == whole


@CLIENTS
@KINDS
@settings(max_examples=12)
@given(st.data())
def test_any_types_in_a_stream(kind: str, sdk_client: bool, data: st.DataObject) -> None:
    """Events with values of the wrong type, without members or with unknown ones are read as far as they can be.

    What cannot be understood is a documented failure, never an exception of Python's own.
    """
    stream = data.draw(damaged(STREAMS[kind]))
    with server(sse(*(stream if isinstance(stream, list) else [stream]))):
        outcome(kind, from_sdk=sdk_client)


@KINDS
@settings(max_examples=20)
@given(st.data())
def test_any_order(kind: str, data: st.DataObject) -> None:
    """Events in any order, some missing and some twice, are read or refused, and never lose text that came."""
    stream = STREAMS[kind]
    order = data.draw(st.lists(st.integers(0, len(stream) - 1), max_size=len(stream) + 4))
    with server(sse(*(stream[place] for place in order))):
        outcome(kind)


@CLIENTS
@KINDS
@settings(max_examples=12)
@given(st.data())
def test_any_types_in_a_whole_reply(kind: str, sdk_client: bool, data: st.DataObject) -> None:
    """The same for replies that come in one piece, asked for so or sent by a server that ignores `stream`."""
    reply = json.dumps(data.draw(damaged(REPLIES[kind]))).encode()
    with server(reply):
        outcome(kind, stream=False, from_sdk=sdk_client)
    with server(reply):
        outcome(kind, stream=True, from_sdk=sdk_client)


@KINDS
@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 5_000), st.binary(max_size=3)), max_size=5))
def test_any_damage_to_the_bytes(kind: str, changes: list[tuple[int, bytes]]) -> None:
    """Bytes that are lost, added or changed on the way lead to text or to a documented failure."""
    body = sse(*STREAMS[kind])
    for place, new in changes:
        at = place % (len(body) + 1)
        body = body[:at] + new + body[at + len(new) // 2 + 1 :]
    with server(body):
        outcome(kind)


@KINDS
@settings(max_examples=12)
@given(st.integers(0, 5_000))
def test_truncated_streams(kind: str, length: int) -> None:
    """A stream that ends early keeps the beginning of its text: what was shown is what the whole stream says first."""
    body = sse(*STREAMS[kind])
    with server(body):
        whole = ask(kind).text
    with server(body[: length % len(body)]):
        assert whole.startswith(ask(kind).text)


@KINDS
@settings(max_examples=20)
@given(
    st.sampled_from([400, 401, 404, 418, 429, 500, 503, 599]),
    st.binary(max_size=60)
    | json_values.map(lambda value: json.dumps(value).encode())
    | json_values.map(lambda value: json.dumps({"error": value}).encode()),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    st.booleans(),
)
@example(429, b'{"error": {"message": "\\ud800"}}', "Wed, 21 Oct 2015 07:28:00 GMT", True)
def test_any_error_reply(kind: str, status: int, body: bytes, header: str, stream: bool) -> None:
    """An error status with any body, and any `Retry-After`, is an error of the SDK's classes that names the status."""
    import openai

    headers = {"retry-after": header.strip(), "content-type": "application/json"}
    with server(body, status=status, headers=headers), pytest.raises(openai.APIStatusError, match=str(status)):
        ask(kind, stream=stream)


@KINDS
@settings(max_examples=8)
@given(st.data())
def test_any_reply_can_be_logged(kind: str, data: st.DataObject) -> None:
    """What was read of a damaged reply is in the log as it was shown, and in the rows of `llm logs --json`."""
    with server(json.dumps(data.draw(damaged(REPLIES[kind]))).encode()):
        try:
            came = ask(kind, stream=data.draw(st.booleans()))
        except (ModelError, ProviderError):
            return
    came.response.log_to_db(log())
    (row,) = list(iter_rows(log().conn, LogFilters(count=1)))
    assert row["response"] == plain_text(came.text)


@KINDS
@settings(max_examples=12)
@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_as_a_reply(kind: str, body: bytes, stream: bool) -> None:
    """A successful status with any bytes behind it is no answer, or a documented failure."""
    with server(body):
        outcome(kind, stream=stream)


@CLIENTS
@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        ("responses", None),
        ("responses", {"status": [], "output": "none"}),
        ("responses", {"output": [None, 5, {"type": ["message"]}, {"type": "message", "content": {"text": "a"}}]}),
        ("responses", {"output": [{"type": "web_search_call", "id": [], "results": 5}], "usage": "none"}),
        ("chat", {"choices": {"message": {}}, "usage": "unknown"}),
        ("chat", {"id": [], "choices": [{"message": {"content": ["a"], "tool_calls": {"id": 1}}}]}),
        ("chat", {"choices": [{"message": "a"}], "usage": {"prompt_tokens": "many", "completion_tokens": 10**30}}),
        ("completion", {"choices": [{"text": 5}], "usage": []}),
    ],
)
def test_replies_that_broke_it_once(kind: str, reply: Any, sdk_client: bool) -> None:
    """Each of these ended in an exception of Python's own."""
    with server(json.dumps(reply).encode()):
        outcome(kind, stream=False, from_sdk=sdk_client)
    with server(sse(reply, {"type": "response.completed", "response": reply})):
        outcome(kind, from_sdk=sdk_client)


def test_usage_beside_an_answer_is_no_reason_to_lose_it() -> None:
    """Counts that are a sentence, or beyond what a database holds, count as unknown; the text is there."""
    usage = {"prompt_tokens": "many", "completion_tokens": 10**30}
    with server(json.dumps({"choices": [{"message": {"content": "Hello"}}], "usage": usage}).encode()):
        came = ask("chat", stream=False)
    assert came.text == "Hello"
    assert came.usage[:2] == (None, None)
