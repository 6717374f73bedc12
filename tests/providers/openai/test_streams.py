"""Streamed replies of the thin client."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from typing import Any

import openai
import pytest

from llm.providers.openai.async_client import AsyncOpenAIClient
from llm.providers.openai.client import OpenAIClient
from tests.loopback import (
    CHAT,
    COMPLETIONS,
    CUT,
    RESET,
    RESPONSES,
    Loopback,
    Piece,
    Reply,
    error_reply,
    json_reply,
    split,
    sse,
    sse_reply,
    stream_reply,
    text_reply,
)
from tests.providers.callers import KEY, Caller


def chunk(content: str) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": content}}]}


def contents(chunks: list[Any]) -> list[str]:
    return [chunk.choices[0].delta.content for chunk in chunks]


def opened(loopback: Loopback, **arguments: Any) -> Any:
    client = OpenAIClient(api_key=KEY, base_url=loopback.base_url, **arguments)
    return client.chat.completions.create(model="m", messages=[], stream=True)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 16, 64, 10_000])
def test_the_pieces_of_a_body_do_not_matter(caller: Caller, loopback: Loopback, size: int) -> None:
    """However the network cuts the bytes, the chunks are the same."""
    loopback.on(CHAT, sse_reply(chunk("h\u2028é"), chunk("\U0001f600"), {"usage": {}}, size=size))
    first, second, last = caller.chat(stream=True)
    assert contents([first, second]) == ["h\u2028é", "\U0001f600"]
    assert last.usage.prompt_tokens is None


def test_chunks_are_handed_out_as_they_arrive(loopback: Loopback) -> None:
    """The first chunk is there before the server sends the second."""
    got_first = threading.Event()
    loopback.on(CHAT, stream_reply(sse(chunk("a"), done=False), got_first, sse(chunk("b"))))
    stream = opened(loopback)
    first = next(stream)
    got_first.set()
    assert contents([first, *stream]) == ["a", "b"]
    assert list(stream) == []


def test_async_chunks_are_handed_out_as_they_arrive(loopback: Loopback) -> None:
    """The same in an event loop."""
    got_first = threading.Event()
    loopback.on(CHAT, stream_reply(sse(chunk("a"), done=False), got_first, sse(chunk("b"))))

    async def run() -> list[Any]:
        client = AsyncOpenAIClient(api_key=KEY, base_url=loopback.base_url)
        chunks = []
        async with await client.chat.completions.create(model="m", messages=[], stream=True) as stream:
            async for item in stream:
                chunks.append(item)
                got_first.set()
        assert stream.response.is_closed
        return chunks

    assert contents(asyncio.run(run())) == ["a", "b"]


def test_what_follows_the_end_mark_is_ignored(caller: Caller, loopback: Loopback) -> None:
    """Data after [DONE], even broken data, does not count."""
    loopback.on(CHAT, stream_reply(sse(chunk("a")) + b"data: {broken\n\n", sse(chunk("b"))))
    assert contents(caller.chat(stream=True)) == ["a"]


def test_a_body_that_just_ends_is_complete(caller: Caller, loopback: Loopback) -> None:
    """Without [DONE], and an event without its blank line does not count."""
    loopback.on(CHAT, stream_reply(sse(chunk("a"), done=False), b'data: {"id": "x"}\n'))
    assert contents(caller.chat(stream=True)) == ["a"]


def test_a_server_that_does_not_end_its_body_is_not_awaited(caller: Caller, loopback: Loopback) -> None:
    """After [DONE] the end of the body is waited for only briefly: here the server would wait for seconds."""
    over = threading.Event()
    waited: list[bool] = []
    loopback.on(CHAT, stream_reply(sse(chunk("a")), lambda: waited.append(over.wait(10))))
    try:
        assert contents(caller.chat(stream=True)) == ["a"]
        assert waited == []
    finally:
        over.set()


def test_a_stream_read_to_its_end_leaves_the_connection_usable(caller: Caller, loopback: Loopback) -> None:
    """The next call of the thread needs no new connection, also after [DONE]."""
    loopback.on(CHAT, sse_reply(chunk("a")), sse_reply(chunk("b"), done=False), json_reply({}))
    if caller.is_async:
        asyncio.run(_three_calls(loopback))
    else:
        caller.chat(stream=True)
        caller.chat(stream=True)
        caller.chat()
    assert {request.connection for request in loopback.requests} == {1}


async def _three_calls(loopback: Loopback) -> None:
    for stream in (True, True, False):
        client = AsyncOpenAIClient(api_key=KEY, base_url=loopback.base_url)
        reply = await client.chat.completions.create(model="m", messages=[], stream=stream)
        if stream:
            assert [item async for item in reply]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ({"message": "Overloaded", "code": 529}, "Overloaded"),
        ({"code": "x"}, "An error occurred during streaming"),
        ("plain text", "plain text"),
        ({"message": f"key {KEY}"}, "key [...]"),
    ],
)
def test_an_error_in_the_data_is_raised_in_its_place(
    caller: Caller, loopback: Loopback, error: Any, message: str
) -> None:
    """With the API's message and the error as body."""
    loopback.on(CHAT, sse_reply(chunk("a"), {"error": error}, chunk("b")))
    with pytest.raises(openai.APIError) as caught:
        caller.chat(stream=True)
    assert type(caught.value) is openai.APIError
    assert str(caught.value) == message
    assert caught.value.body == error
    assert len(loopback.requests) == 1


def test_chunks_before_an_error_are_handed_out(loopback: Loopback) -> None:
    """Also when both arrive in one piece; the error releases the connection."""
    loopback.on(CHAT, stream_reply(sse(chunk("a"), {"error": {"message": "no"}})))
    stream = opened(loopback)
    assert contents([next(stream)]) == ["a"]
    with pytest.raises(openai.APIError):
        next(stream)
    assert stream.response.is_closed


@pytest.mark.parametrize("event", [{"error": None, "id": "x"}, {"error": {}, "id": "x"}, {"error": "", "id": "x"}])
def test_an_empty_error_is_none(caller: Caller, loopback: Loopback, event: Any) -> None:
    """Only a truthy `error` counts."""
    loopback.on(CHAT, sse_reply(event))
    assert [item.id for item in caller.chat(stream=True)] == ["x"]


def test_data_that_is_no_json_is_an_error(caller: Caller, loopback: Loopback) -> None:
    """A JSONDecodeError, not silence."""
    loopback.on(CHAT, stream_reply(b"data: hello\n\n"))
    with pytest.raises(json.JSONDecodeError):
        caller.chat(stream=True)


def test_the_type_in_the_data_decides_not_the_event_line(caller: Caller, loopback: Loopback) -> None:
    """A gateway may send another `event:` line, or none."""
    data = {"type": "response.output_text.delta", "delta": "x"}
    body = b"event: message\ndata: " + json.dumps(data).encode() + b"\n\n"
    loopback.on(RESPONSES, stream_reply(body))
    (event,) = caller.call("responses.create", model="m", input=[], stream=True)
    assert (event.type, event.delta, event.item_id) == ("response.output_text.delta", "x", None)


def test_an_event_may_be_large(caller: Caller, loopback: Loopback) -> None:
    """An event of several MB in pieces arrives whole."""
    text = "x" * 3_000_000
    body = sse({"type": "response.completed", "response": {"id": text}})
    loopback.on(RESPONSES, stream_reply(*split(body, 65_536)))
    (event,) = caller.call("responses.create", model="m", input=[], stream=True)
    assert event.response.id == text


# --- a server that does not stream ---


def test_a_whole_chat_reply_counts_as_one_chunk(caller: Caller, loopback: Loopback) -> None:
    """The message becomes the delta, its tool calls get their index, the rest stays."""
    call = {"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": "hi", "tool_calls": [call, {**call, "id": "t2"}]}
    reply = {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {"x": 1}}
    loopback.on(CHAT, json_reply(reply))
    (only,) = caller.chat(stream=True)
    (choice,) = only.choices
    assert (choice.delta.content, choice.finish_reason, only.usage.x) == ("hi", "stop", 1)
    assert [(each.index, each.id) for each in choice.delta.tool_calls] == [(0, "t1"), (1, "t2")]
    assert not hasattr(choice, "message")


@pytest.mark.parametrize(
    ("status", "kind"),
    [("completed", "completed"), ("failed", "failed"), ("incomplete", "incomplete"), (None, "completed")],
)
def test_a_whole_response_counts_as_its_last_event(
    caller: Caller, loopback: Loopback, status: str | None, kind: str
) -> None:
    """A reply of the Responses API becomes the event that would have carried it."""
    loopback.on(RESPONSES, json_reply({"id": "r", "status": status, "output": []}))
    (event,) = caller.call("responses.create", model="m", input=[], stream=True)
    assert (event.type, event.response.id) == (f"response.{kind}", "r")


def test_a_whole_completion_counts_as_one_chunk(caller: Caller, loopback: Loopback) -> None:
    """Its shape is that of a chunk anyway."""
    body = b' \n{"choices":\n\n [{"text": "hi"}]}'
    loopback.on(COMPLETIONS, Reply(200, {"content-type": "application/json"}, split(body, 4)))
    (only,) = caller.call("completions.create", model="m", prompt="p", stream=True)
    assert only.choices[0].text == "hi"


def test_a_whole_error_is_raised(caller: Caller, loopback: Loopback) -> None:
    """An object with a truthy `error` is that error, though the status says success."""
    loopback.on(CHAT, json_reply({"error": {"message": "no such model"}}))
    with pytest.raises(openai.APIError, match="no such model"):
        caller.chat(stream=True)


@pytest.mark.parametrize("body", ["", "<html></html>", "[1]", "{broken"])
def test_a_body_without_events_is_an_empty_answer(caller: Caller, loopback: Loopback, body: str) -> None:
    """What is neither a stream nor an object gives no chunks."""
    loopback.on(CHAT, text_reply(body))
    assert caller.chat(stream=True) == []


# --- broken connections ---


@pytest.mark.parametrize("pieces", [(CUT,), (RESET,), (b": hello\n\n", CUT), (b'data: {"id"', CUT)])
def test_a_stream_that_breaks_before_its_first_event_is_asked_again(
    caller: Caller, loopback: Loopback, pieces: tuple[Piece, ...]
) -> None:
    """Nothing was handed out, so nothing can be repeated."""
    loopback.on(CHAT, stream_reply(*pieces), error_reply(503, "busy"), sse_reply(chunk("a")))
    assert contents(caller.chat(stream=True)) == ["a"]
    assert len(caller.waits) == 2


def test_such_a_stream_is_asked_for_three_times_in_all(caller: Caller, loopback: Loopback) -> None:
    """The attempts count together, whatever failed."""
    loopback.on(CHAT, *[stream_reply(CUT) for _ in range(5)])
    with pytest.raises(openai.APIConnectionError):
        caller.chat(stream=True)
    assert len(loopback.requests) == 3


@pytest.mark.parametrize("cut", [CUT, RESET])
def test_a_stream_that_breaks_later_is_not_repeated(loopback: Loopback, cut: Piece) -> None:
    """What was handed out stays, then APIConnectionError."""
    got_first = threading.Event()
    loopback.on(CHAT, stream_reply(sse(chunk("a"), done=False), got_first, cut), sse_reply(chunk("b")))
    stream = opened(loopback)
    assert contents([next(stream)]) == ["a"]
    got_first.set()
    with pytest.raises(openai.APIConnectionError, match="Connection error"):
        next(stream)
    assert len(loopback.requests) == 1
    assert list(stream) == []


# --- releasing the connection ---


def test_closing_a_stream_releases_its_connection(loopback: Loopback) -> None:
    """By close(), by `with`, at the end."""
    over = threading.Event()
    loopback.on(CHAT, *[stream_reply(sse(chunk("a"), done=False), over) for _ in range(2)], sse_reply(chunk("a")))
    try:
        stream = opened(loopback)
        next(stream)
        stream.close()
        with opened(loopback) as other:
            pass
        last = opened(loopback)
        list(last)
        assert [each.response.is_closed for each in (stream, other, last)] == [True, True, True]
    finally:
        over.set()


def test_a_stream_that_is_forgotten_releases_its_connection(loopback: Loopback) -> None:
    """At once, when the loop over it is left, without waiting for the garbage collector."""
    over = threading.Event()
    loopback.on(CHAT, stream_reply(sse(chunk("a"), done=False), over))
    gc.disable()
    try:
        stream = opened(loopback)
        response = stream.response
        for _item in stream:
            break
        del stream
        assert response.is_closed
    finally:
        gc.enable()
        over.set()


def test_an_async_stream_that_is_forgotten_releases_its_connection(loopback: Loopback) -> None:
    """The event loop does it in its next turns."""
    over = threading.Event()
    loopback.on(CHAT, stream_reply(sse(chunk("a"), done=False), over))

    async def run() -> bool:
        client = AsyncOpenAIClient(api_key=KEY, base_url=loopback.base_url)
        stream = await client.chat.completions.create(model="m", messages=[], stream=True)
        response = stream.response
        async for _item in stream:
            break
        del stream
        for _ in range(10):
            await asyncio.sleep(0)
        return bool(response.is_closed)

    try:
        assert asyncio.run(run())
    finally:
        over.set()
