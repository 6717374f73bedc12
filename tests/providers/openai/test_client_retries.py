"""What the thin client does when a call fails: try again, or raise the SDK's errors."""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import openai
import pytest

from llm.providers.http.exchange import Exchange, perform
from llm.providers.http.policy import Policy
from llm.providers.openai.async_client import AsyncOpenAIClient
from llm.providers.openai.client import OpenAIClient
from tests.loopback import (
    CHAT,
    CUT,
    MODELS,
    RESET,
    Loopback,
    Reply,
    error_reply,
    json_reply,
    no_reply,
    sse_reply,
    text_reply,
)
from tests.providers.callers import KEY, Caller

GOOD = {"id": "good", "choices": []}


class Terminal(io.StringIO):
    """A stderr with somebody in front of it."""

    def isatty(self) -> bool:
        return True


def good(stream: bool) -> Reply:
    return sse_reply(GOOD) if stream else json_reply(GOOD)


def reply_id(result: Any) -> Any:
    return result[0].id if isinstance(result, list) else result.id


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [408, 409, 429, 500, 529])
def test_some_statuses_are_tried_again(caller: Caller, loopback: Loopback, status: int, stream: bool) -> None:
    """Twice, with the same body; the waits are the back-off."""
    loopback.on(CHAT, error_reply(status, "no"), error_reply(status, "no"), good(stream))
    assert reply_id(caller.chat(stream=stream)) == "good"
    assert len({request.body for request in loopback.requests}) == 1
    assert len(loopback.requests) == 3
    first, second = caller.waits
    assert 0.375 <= first <= 0.5
    assert 0.75 <= second <= 1.0


@pytest.mark.parametrize("stream", [False, True])
def test_the_third_failure_is_raised(caller: Caller, loopback: Loopback, stream: bool) -> None:
    """At most three requests per call."""
    loopback.on(CHAT, *[error_reply(503, f"no {number}") for number in range(4)])
    with pytest.raises(openai.InternalServerError, match="Error code: 503 - no 2"):
        caller.chat(stream=stream)
    assert len(loopback.requests) == 3


def test_other_statuses_are_not_tried_again(caller: Caller, loopback: Loopback) -> None:
    """A refusal is final."""
    loopback.on(CHAT, error_reply(400, "no"))
    with pytest.raises(openai.BadRequestError):
        caller.chat()
    assert caller.waits == []


@pytest.mark.parametrize(
    ("headers", "waited"),
    [({"retry_after": "7"}, 7.0), ({"retry_after": "0.5"}, 0.5), ({"retry_after_ms": "250"}, 0.25)],
)
def test_the_server_says_how_long_to_wait(
    caller: Caller, loopback: Loopback, headers: dict[str, str], waited: float
) -> None:
    """Retry-After and retry-after-ms are honoured."""
    loopback.on(CHAT, error_reply(429, "slow down", **headers), json_reply(GOOD))
    assert caller.chat().id == "good"
    assert caller.waits == [waited]


@pytest.mark.parametrize("headers", [{"retry_after": "121"}, {"x_should_retry": "false"}])
def test_the_server_can_rule_out_a_retry(caller: Caller, loopback: Loopback, headers: dict[str, str]) -> None:
    """A wait above two minutes, or x-should-retry: false, ends the call at once."""
    loopback.on(CHAT, error_reply(429, "slow down", **headers))
    with pytest.raises(openai.RateLimitError):
        caller.chat()
    assert caller.waits == []


def test_the_server_can_ask_for_a_retry(caller: Caller, loopback: Loopback) -> None:
    """x-should-retry: true counts more than the status."""
    loopback.on(CHAT, error_reply(400, "odd", x_should_retry="true"), json_reply(GOOD))
    assert caller.chat().id == "good"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "broken",
    [no_reply(), no_reply(RESET), Reply(500, {}, [b"half", CUT])],
    ids=["closed", "reset", "within an error body"],
)
def test_broken_connections_are_tried_again(caller: Caller, loopback: Loopback, broken: Reply, stream: bool) -> None:
    """Before the headers of a reply, and within the body of an error."""
    loopback.on(CHAT, broken, good(stream))
    assert reply_id(caller.chat(stream=stream)) == "good"
    assert len(caller.waits) == 1


def test_a_whole_reply_that_breaks_is_tried_again(caller: Caller, loopback: Loopback) -> None:
    """Until the reply is complete nothing has been handed out."""
    loopback.on(CHAT, Reply(200, {}, [b'{"id": "ha', CUT]), json_reply(GOOD))
    assert caller.chat().id == "good"


@pytest.mark.parametrize("stream", [False, True])
def test_a_lasting_failure_to_connect_is_raised(caller: Caller, loopback: Loopback, stream: bool) -> None:
    """As APIConnectionError, with the address in its text and the cause behind it."""
    loopback.close()
    with pytest.raises(openai.APIConnectionError, match=f"Connection error. {loopback.url}: ") as caught:
        caller.chat(stream=stream)
    assert len(caller.waits) == 2
    assert isinstance(caught.value.__cause__, httpx2.ConnectError)
    assert caught.value.request.headers["authorization"] == f"Bearer {KEY}"
    assert (caught.value.body, caught.value.code) == (None, None)


@pytest.mark.parametrize("base_url", ["nowhere", "ftp://h/v1"])
def test_an_address_that_is_none_is_not_tried_again(caller: Caller, base_url: str) -> None:
    """What can never work fails at once."""
    with pytest.raises(openai.APIConnectionError):
        caller.chat(client={"base_url": base_url})
    assert caller.waits == []


@pytest.mark.parametrize("stream", [False, True])
def test_silence_ends_in_a_time_out(caller: Caller, loopback: Loopback, stream: bool) -> None:
    """A server that sends nothing: retried like other failures, then APITimeoutError that names the limit."""
    over = threading.Event()
    loopback.on(CHAT, *[no_reply(over) for _ in range(2)])
    try:
        with pytest.raises(openai.APITimeoutError, match=r"timed out. http://.* sent nothing for 0.05 s") as caught:
            caller.chat(client={"max_retries": 1}, timeout=0.05, stream=stream)
    finally:
        over.set()
    assert caught.value.message == str(caught.value)
    assert len(caller.waits) == 1


@pytest.mark.parametrize("number", [0, 1, 5])
def test_the_number_of_retries_can_be_set(
    caller: Caller, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """For a client, or for all by LLM_MAX_RETRIES."""
    loopback.on(CHAT, *[error_reply(503, "no") for _ in range(12)])
    with pytest.raises(openai.InternalServerError):
        caller.chat(client={"max_retries": number})
    assert len(caller.waits) == number
    monkeypatch.setenv("LLM_MAX_RETRIES", str(number))
    with pytest.raises(openai.InternalServerError):
        caller.chat()
    assert len(caller.waits) == 2 * number


def test_the_time_of_a_whole_call_can_be_limited(loopback: Loopback) -> None:
    """With a policy that has a total, no attempt is begun or awaited beyond it."""
    now = [100.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    loopback.on(MODELS, *[error_reply(503, "no", retry_after="4") for _ in range(9)])
    request = httpx2.Request("GET", loopback.base_url + "/models")
    exchange = Exchange(request, Policy(total=10.0, max_retries=9), whole=True, clock=lambda: now[0])
    with httpx2.Client() as http, pytest.raises(openai.InternalServerError):
        perform(exchange.open(), http, sleep)
    assert len(loopback.requests) == 3
    assert request.extensions["timeout"]["read"] == 2.0
    now[0] += 5
    with pytest.raises(openai.APITimeoutError, match="took more than 10 s"):
        exchange.check_time()


def test_a_stream_may_not_exceed_the_time_of_its_call(loopback: Loopback) -> None:
    """The total counts between the pieces of a stream too."""
    loopback.on(CHAT, sse_reply(GOOD, GOOD))
    client = OpenAIClient(api_key=KEY, base_url=loopback.base_url, policy=Policy(total=60.0))
    stream = client.chat.completions.create(model="m", messages=[], stream=True)
    stream._reply.exchange._clock = lambda: float("inf")
    with pytest.raises(openai.APITimeoutError):
        next(stream)


@pytest.mark.parametrize("terminal", [True, False])
def test_somebody_at_a_terminal_is_told_about_a_wait(
    caller: Caller, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    """One line per wait, and nothing where stderr is no terminal."""
    stderr = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    loopback.on(CHAT, error_reply(429, "slow down", retry_after="12"), no_reply(), json_reply(GOOD))
    caller.chat()
    lines = stderr.getvalue().splitlines()
    assert len(lines) == (2 if terminal else 0)
    if terminal:
        assert lines[0] == f"{loopback.url} answered with status 429; trying again in 12.0 s (1 of 2)"
        assert lines[1].startswith(f"Connection error. {loopback.url}: ")
        assert lines[1].endswith(" s (2 of 2)")
    assert KEY not in stderr.getvalue()


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (418, "APIStatusError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
        (503, "InternalServerError"),
    ],
)
def test_a_status_has_its_class(caller: Caller, loopback: Loopback, status: int, name: str) -> None:
    """The classes and the attributes are the SDK's."""
    loopback.on(CHAT, error_reply(status, "Sorry.", code="c_1", x_request_id="req_9"))
    with pytest.raises(openai.APIStatusError) as caught:
        caller.chat(client={"max_retries": 0})
    error = caught.value
    assert type(error).__name__ == name
    assert str(error) == error.message == f"Error code: {status} - Sorry."
    assert (error.status_code, error.request_id) == (status, "req_9")
    assert (error.code, error.param, error.type) == ("c_1", None, "test_error")
    assert error.body == {"message": "Sorry.", "type": "test_error", "param": None, "code": "c_1"}
    assert error.response.status_code == status
    assert str(error.request.url) == loopback.base_url + "/chat/completions"


@pytest.mark.parametrize(
    ("reply", "text", "body"),
    [
        (json_reply({"message": "flat"}, status=400), "Error code: 400 - flat", {"message": "flat"}),
        (json_reply({"error": "a string"}, status=400), "Error code: 400 - a string", "a string"),
        (
            json_reply({"error": {"message": ""}, "x": 1}, status=400),
            'Error code: 400 - {"error": {"message": ""}, "x": 1}',
            {"message": ""},
        ),
        (json_reply([1], status=400), "Error code: 400 - [1]", [1]),
        (text_reply(" no\n such  page ", status=400), "Error code: 400 - no such page", "no\n such  page"),
        (text_reply("", status=400), "Error code: 400", ""),
        (text_reply("x" * 999, status=400), "Error code: 400 - " + "x" * 299 + "…", "x" * 999),
    ],
)
def test_what_an_error_says(caller: Caller, loopback: Loopback, reply: Reply, text: str, body: Any) -> None:
    """The API's message, or the beginning of what it sent; the body is the member `error`, the JSON or the text."""
    loopback.on(CHAT, reply)
    with pytest.raises(openai.BadRequestError) as caught:
        caller.chat()
    assert str(caught.value) == text
    assert caught.value.body == body


def test_a_key_in_a_message_is_hidden(caller: Caller, loopback: Loopback) -> None:
    """Some servers repeat the key that they refuse."""
    loopback.on(CHAT, error_reply(401, f"Bad key {KEY}!"))
    with pytest.raises(openai.AuthenticationError) as caught:
        caller.chat()
    assert str(caught.value) == "Error code: 401 - Bad key [...]!"


@pytest.mark.parametrize("body", ["<html>hello</html>", "[]", "", '"text"', '{"id": 1'])
def test_a_reply_that_is_no_json_object_is_an_api_error(caller: Caller, loopback: Loopback, body: str) -> None:
    """The error names status and content type."""
    loopback.on(CHAT, text_reply(body, content_type="text/html"))
    with pytest.raises(openai.APIError, match=r"not a JSON object \(status 200, text/html\)"):
        caller.chat()


def test_a_redirect_to_nowhere_is_a_status_error(caller: Caller, loopback: Loopback) -> None:
    """A status below 200 or of 3xx that leads no further is no success."""
    loopback.on(CHAT, Reply(304, {}))
    with pytest.raises(openai.APIStatusError, match="Error code: 304"):
        caller.chat()


class Silent(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body whose second piece does not come in time."""

    def __iter__(self) -> Iterator[bytes]:
        yield b'data: {"id": "a"}\n\n'
        raise httpx2.ReadTimeout("")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def test_a_time_out_within_a_stream_is_raised(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once an event was handed out, silence is an APITimeoutError and nothing is asked again."""

    def fake(_transport: object, _request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, stream=Silent())

    async def fake_async(transport: object, request: httpx2.Request) -> httpx2.Response:
        return fake(transport, request)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", fake)
    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", fake_async)
    with pytest.raises(openai.APITimeoutError, match="sent nothing for 9 s"):
        caller.chat(stream=True, timeout=9)
    assert caller.waits == []


def test_a_cancelled_call_is_not_tried_again(loopback: Loopback) -> None:
    """Cancelling the task that waits for a reply ends the call."""
    over, arrived = threading.Event(), threading.Event()
    loopback.on(CHAT, no_reply(arrived.set, over))

    async def run() -> None:
        client = AsyncOpenAIClient(api_key=KEY, base_url=loopback.base_url)
        task = asyncio.ensure_future(client.chat.completions.create(model="m", messages=[]))
        await asyncio.get_running_loop().run_in_executor(None, arrived.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    try:
        asyncio.run(run())
    finally:
        over.set()
    assert len(loopback.requests) == 1
