"""The thin client beside the real SDK: the same replies through both give the same."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from llm.providers.openai.client import OpenAIClient
from tests.loopback import (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    MODELS,
    RESPONSES,
    Loopback,
    Reply,
    error_reply,
    json_reply,
    sse_reply,
    stream_reply,
    text_reply,
)
from tests.providers.callers import KEY

USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 12,
    "total_tokens": 21,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 3, "accepted_prediction_tokens": 0},
    "cost": 0.25,
    "cost_details": {"upstream": None},
}
HEAD = {"id": "c-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "gpt-4o-mini-2024-07-18"}
LOGPROBS = {
    "content": [
        {"token": "a", "bytes": [97], "logprob": -1, "top_logprobs": [{"token": "a", "bytes": None, "logprob": 0}]}
    ],
    "refusal": None,
}


def delta(usage: Any = None, **members: Any) -> dict[str, Any]:
    return {
        **HEAD,
        "choices": [{"index": 0, "delta": members, "logprobs": None, "finish_reason": None}],
        "usage": usage,
    }


CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
CHAT_STREAMS: dict[str, list[dict[str, Any]]] = {
    "text": [
        delta(role="assistant", content="", refusal=None),
        delta(content="Hé\u2028"),
        {**HEAD, "system_fingerprint": "fp", "service_tier": "default", "obfuscation": "xyz", "choices": []},
        {**HEAD, "choices": [{"index": 0, "delta": {}, "logprobs": LOGPROBS, "finish_reason": "stop"}]},
        {**HEAD, "choices": [], "usage": USAGE},
    ],
    "tool calls": [
        delta(tool_calls=[CALL]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": '{"a"'}}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": None}}, {"index": 1}]),
    ],
    "gaps": [
        {},
        {"choices": None, "usage": {}},
        {"choices": [{}]},
        {"choices": [{"delta": None}], "x": {"y": [None]}},
        {"choices": [{"delta": {"reasoning_content": "hm", "reasoning": None, "tool_calls": None}}], "provider": "p"},
    ],
}
MESSAGE = {
    "role": "assistant",
    "content": None,
    "refusal": None,
    "annotations": [],
    "reasoning_content": "hm",
    "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
CHAT_REPLY: dict[str, Any] = {
    **HEAD,
    "choices": [{"index": 0, "message": MESSAGE, "logprobs": LOGPROBS, "finish_reason": "tool_calls"}],
    "usage": USAGE,
    "system_fingerprint": None,
    "provider": {"name": "p"},
}
TEXT_CHUNK: dict[str, Any] = {
    "id": "t-1",
    "object": "text_completion",
    "created": 5,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "text": "hi",
            "finish_reason": None,
            "logprobs": {"text_offset": [0], "tokens": ["hi"], "token_logprobs": [0], "top_logprobs": [{"hi": -1}]},
        }
    ],
}
OUTPUT: list[dict[str, Any]] = [
    {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "thought"}],
        "encrypted_content": "gAAA",
    },
    {
        "id": "ws_1",
        "type": "web_search_call",
        "status": "completed",
        "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": "u"}]},
        "results": [{"url": "u"}],
    },
    {
        "id": "ci_1",
        "type": "code_interpreter_call",
        "status": "completed",
        "code": "1",
        "container_id": "c",
        "outputs": [{"type": "logs", "logs": "1"}],
    },
    {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}", "status": "completed"},
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "hello", "annotations": [], "logprobs": []}],
    },
]
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1741476542,
    "status": "completed",
    "completed_at": 1741476543,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "model": "gpt-5-2025-08-07",
    "output": OUTPUT,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": "low", "summary": "auto"},
    "store": False,
    "temperature": 1,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1,
    "truncation": "disabled",
    "usage": {
        "input_tokens": 1,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 1},
        "total_tokens": 3,
    },
    "user": None,
    "metadata": {"a": "b"},
}
EVENTS: list[dict[str, Any]] = [
    {"type": "response.created", "response": {**RESPONSE, "output": [], "status": "in_progress"}},
    {"type": "response.output_item.added", "output_index": 0, "item": {**OUTPUT[0], "summary": []}},
    {
        "type": "response.reasoning_summary_text.delta",
        "item_id": "rs_1",
        "output_index": 0,
        "summary_index": 0,
        "delta": "thought",
    },
    {
        "type": "response.reasoning_summary_text.done",
        "item_id": "rs_1",
        "output_index": 0,
        "summary_index": 0,
        "text": "thought",
    },
    *[{"type": "response.output_item.done", "output_index": at, "item": item} for at, item in enumerate(OUTPUT)],
    {"type": "response.web_search_call.searching", "item_id": "ws_1", "output_index": 1},
    {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 3, "delta": "{}"},
    {
        "type": "response.output_text.delta",
        "item_id": "msg_1",
        "output_index": 4,
        "content_index": 0,
        "delta": "hello",
        "logprobs": [],
    },
    {"type": "error", "code": "server_error", "message": "m", "param": None},
    {"type": "response.completed", "response": RESPONSE},
]
EVENTS = [{**event, "sequence_number": number} for number, event in enumerate(EVENTS)]


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return [without_none(item) for item in value] if isinstance(value, list) else value


def both(loopback: Loopback, path: str, reply: Reply, **arguments: Any) -> tuple[Any, Any]:
    """The result of the same call to the thin client and to the SDK's."""
    loopback.on(path, reply, reply)
    results = []
    for kind in (OpenAIClient, openai.OpenAI):
        with kind(api_key=KEY, base_url=loopback.base_url) as client:
            part: Any = {
                CHAT: client.chat.completions,
                RESPONSES: client.responses,
                COMPLETIONS: client.completions,
                EMBEDDINGS: client.embeddings,
            }[path]
            result = part.create(model="m", **arguments)
            results.append(list(result) if arguments.get("stream") else result)
    return results[0], results[1]


def assert_same(mine: Any, theirs: Any) -> None:
    """Equal dumps of what was sent, and equal full dumps but for fields that are None."""
    assert json.dumps(mine.to_dict(), sort_keys=True) == json.dumps(theirs.to_dict(warnings=False), sort_keys=True)
    full, reference = mine.model_dump(warnings=False), theirs.model_dump(warnings=False)
    assert without_none(full) == without_none(reference)
    assert mine.model_dump(exclude_none=True) == theirs.model_dump(exclude_none=True, warnings=False)


@pytest.mark.parametrize("name", CHAT_STREAMS)
@pytest.mark.parametrize("size", [None, 13])
def test_chat_streams_are_the_same(loopback: Loopback, name: str, size: int | None) -> None:
    """Chunk by chunk, with every declared field, in the same order."""
    reply = sse_reply(*CHAT_STREAMS[name], size=size)
    mine, theirs = both(loopback, CHAT, reply, messages=[], stream=True)
    assert len(mine) == len(theirs) == len(CHAT_STREAMS[name])
    for chunk, reference in zip(mine, theirs, strict=True):
        assert_same(chunk, reference)
        assert list(chunk.model_dump().items()) == list(reference.model_dump(warnings=False).items())
        assert [key for key, _ in chunk] == [key for key, _ in reference]


def test_chat_replies_are_the_same(loopback: Loopback) -> None:
    """With logprobs, tool calls and what a gateway adds."""
    mine, theirs = both(loopback, CHAT, json_reply(CHAT_REPLY), messages=[])
    assert_same(mine, theirs)
    assert list(mine.model_dump()) == list(theirs.model_dump())
    assert mine.choices[0].message.model_dump() == theirs.choices[0].message.model_dump()
    assert mine.usage.model_dump() == theirs.usage.model_dump()


@pytest.mark.parametrize("stream", [False, True])
def test_completions_are_the_same(loopback: Loopback, *, stream: bool) -> None:
    """With log probabilities as floats."""
    reply = sse_reply(TEXT_CHUNK, {"choices": []}) if stream else json_reply(TEXT_CHUNK)
    mine, theirs = both(loopback, COMPLETIONS, reply, prompt="p", stream=stream)
    for chunk, reference in zip(mine, theirs, strict=True) if stream else [(mine, theirs)]:
        assert_same(chunk, reference)
        assert list(chunk.model_dump().items()) == list(reference.model_dump(warnings=False).items())


def test_responses_events_are_the_same(loopback: Loopback) -> None:
    """Event by event, and of each item what adapters read."""
    mine, theirs = both(loopback, RESPONSES, sse_reply(*EVENTS, done=False), input=[], stream=True)
    assert len(mine) == len(theirs) == len(EVENTS)
    for event, reference in zip(mine, theirs, strict=True):
        assert_same(event, reference)
        assert list(event.model_dump(include=set(event._fields))) == list(reference.model_dump(warnings=False))


def test_responses_are_the_same(loopback: Loopback) -> None:
    """A whole reply, with its text."""
    mine, theirs = both(loopback, RESPONSES, json_reply(RESPONSE, x_request_id="req_1"), input=[])
    assert_same(mine, theirs)
    assert mine.output_text == theirs.output_text == "hello"
    assert mine._request_id == theirs._request_id == "req_1"
    for item, reference in zip(mine.output, theirs.output, strict=True):
        assert set(item._fields) <= set(type(reference).model_fields)


def test_embeddings_are_the_same(loopback: Loopback) -> None:
    """The same numbers from base64."""
    reply = json_reply({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": "AACAPwAAAMA="}]})
    mine, theirs = both(loopback, EMBEDDINGS, reply, input=["a"])
    assert mine.data[0].embedding == theirs.data[0].embedding == [1.0, -2.0]
    assert loopback.bodies[0] == loopback.bodies[1]


def test_requests_are_the_same(loopback: Loopback) -> None:
    """Body, path, query and the headers that matter."""
    arguments: dict[str, Any] = {
        "messages": [{"role": "user", "content": "é"}],
        "stop": None,
        "logit_bias": {5: 1},
        "stream": False,
        "extra_query": {"a": [1, 2], "b": {"c": True}},
        "extra_headers": {"X-A": "1"},
        "extra_body": {"top_k": 3},
    }
    both(loopback, CHAT, json_reply({}), **arguments)
    mine, theirs = loopback.requests
    assert (mine.method, mine.path, mine.json) == (theirs.method, theirs.path, theirs.json)
    assert mine.query == theirs.query
    differ = {name for name in {*mine.headers, *theirs.headers} if mine.headers.get(name) != theirs.headers.get(name)}
    assert {name for name in differ if not name.startswith("x-stainless")} <= {"user-agent"}


@pytest.mark.parametrize(
    "reply",
    [
        *(error_reply(status, "Sorry", code="c") for status in (400, 401, 403, 404, 409, 418, 422, 429, 500, 503)),
        json_reply({"message": "flat", "code": 5}, status=400),
        text_reply("", status=404),
    ],
    ids=lambda reply: str(reply.status),
)
def test_errors_are_the_same(loopback: Loopback, reply: Reply) -> None:
    """Class, text and attributes."""
    caught = []
    for kind in (OpenAIClient, openai.OpenAI):
        loopback.on(CHAT, reply)
        with kind(api_key=KEY, base_url=loopback.base_url, max_retries=0) as client:
            with pytest.raises(openai.APIStatusError) as info:
                client.chat.completions.create(model="m", messages=[])
            caught.append(info.value)
    mine, theirs = caught
    assert type(mine) is type(theirs)
    names = ("message", "body", "code", "param", "type", "status_code", "request_id", "args")
    assert {name: getattr(mine, name) for name in names} == {name: getattr(theirs, name) for name in names}


def test_stream_errors_are_the_same(loopback: Loopback) -> None:
    """Raised at the same place, with the same attributes."""
    reply = stream_reply(b'data: {"id": "a"}\n\ndata: {"error": {"message": "no", "code": 1, "type": "t"}}\n\n')
    caught = []
    for kind in (OpenAIClient, openai.OpenAI):
        loopback.on(CHAT, reply)
        with kind(api_key=KEY, base_url=loopback.base_url) as client:
            stream = client.chat.completions.create(model="m", messages=[], stream=True)
            assert next(stream).id == "a"
            with pytest.raises(openai.APIError) as info:
                next(stream)
            caught.append(info.value)
    mine, theirs = caught
    names = ("message", "body", "code", "param", "type", "args")
    assert {name: getattr(mine, name) for name in names} == {name: getattr(theirs, name) for name in names}


def test_the_models_are_the_same(loopback: Loopback) -> None:
    """The list, and what else the reply has."""
    data = {"object": "list", "data": [{"id": "a", "created": 1, "object": "model", "owned_by": "x"}], "error": None}
    dumps = []
    for kind in (OpenAIClient, openai.OpenAI):
        loopback.on(MODELS, json_reply(data))
        with kind(api_key=KEY, base_url=loopback.base_url) as client:
            page = client.models.list()
            dumps.append(([model.id for model in page], page.to_dict()))
    assert dumps[0] == dumps[1]
