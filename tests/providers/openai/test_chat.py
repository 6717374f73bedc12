"""Chat models: what they send, what they make of the answer, and what plugins rely on."""

from __future__ import annotations

from typing import Any

import pytest

import llm
from llm.core.attachments import Attachment
from llm.core.errors import ModelError
from llm.providers.openai.chat import Chat
from tests.loopback import error_reply, json_reply, sse_reply
from tests.providers.openai.wire import (
    KEY,
    Wire,
    chunk,
    prompt_of,
    tool_delta,
    usage_chunk,
)

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}
DONE = chunk("ok")


def add(a: int, b: int) -> int:
    """Add numbers"""
    return a + b


def bare(a: str) -> str:
    return a


def reply(content: Any = "ok", **fields: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **fields.pop("message", {})}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], **fields}  # fmt: skip


# What is sent


def test_plain_body(wire: Wire) -> None:
    """A prompt without anything else sends model, messages, stream and the request for token counts."""
    wire.ask(wire.chat(sse_reply(DONE)))
    assert wire.body == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    headers = wire.loopback.requests[-1].headers
    assert (headers["authorization"], headers["accept"]) == (f"Bearer {KEY}", "application/json")


def test_body_without_streaming(wire: Wire) -> None:
    """The body says `stream` also when it is false."""
    wire.ask(wire.chat(json_reply(reply())), stream=False)
    assert wire.body == {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": False}


def test_options(wire: Wire) -> None:
    """Options go out by their own names, as plain values; those of other APIs do not go out."""
    model = wire.chat(sse_reply(DONE), reasoning=True, verbosity=True, service_tier=True, model_name="other")
    options = {
        "temperature": 0.0, "max_tokens": 5, "stop": "x", "seed": 1, "logit_bias": '{"17": 3}', "json_object": True,
        "reasoning_effort": "low", "verbosity": "high", "service_tier": "flex", "image_detail": "low",
    }  # fmt: skip
    wire.ask(model, options=options)
    expected = {name: value for name, value in options.items() if name not in {"json_object", "image_detail"}}
    always = {"messages", "stream", "stream_options"}
    assert {name: value for name, value in wire.body.items() if name not in always} == {
        **expected, "logit_bias": {"17": 3}, "model": "other", "response_format": {"type": "json_object"}
    }  # fmt: skip


def test_schema_and_tools(wire: Wire) -> None:
    """A schema replaces JSON mode; tools go out with their schema, without a description as null."""
    model = wire.chat(sse_reply(DONE), supports_schema=True)
    wire.ask(model, schema=SCHEMA, tools=[add, bare], options={"json_object": True})
    assert wire.body["response_format"] == {"type": "json_schema", "json_schema": {"name": "output", "schema": SCHEMA}}
    first, second = (tool["function"] for tool in wire.body["tools"])
    assert (first["name"], first["description"], first["parameters"]["required"]) == ("add", "Add numbers", ["a", "b"])
    assert (second["name"], second["description"]) == ("bare", None)
    assert [tool["type"] for tool in wire.body["tools"]] == ["function", "function"]


def test_default_limit() -> None:
    """A model's own limit of tokens is sent unless the prompt has one."""
    model = Chat("m")
    model.default_max_tokens = 7
    assert model.build_kwargs(prompt_of(), False) == {"max_tokens": 7}
    assert model.build_kwargs(prompt_of(options={"max_tokens": 3}), False) == {"max_tokens": 3}


def test_arguments_are_copies() -> None:
    """Plugins edit nested values of the arguments; the prompt's own schema stays as it is."""
    schema = {"type": "object", "properties": {}}
    kwargs = Chat("m").build_kwargs(prompt_of(schema=schema), False)
    kwargs["response_format"]["json_schema"]["schema"]["additionalProperties"] = False
    assert schema == {"type": "object", "properties": {}}


def test_models_that_cannot_stream(wire: Wire) -> None:
    """A model that cannot stream is not asked to."""
    outcome = wire.ask(wire.chat(json_reply(reply("whole")), can_stream=False))
    assert (outcome.text, wire.body["stream"], "stream_options" in wire.body) == ("whole", False, False)


def test_system_prompt_not_allowed(wire: Wire) -> None:
    """A system prompt for a model that takes none is refused before any request; one in the messages is not checked."""
    model = wire.chat(sse_reply(DONE), allows_system_prompt=False)
    with pytest.raises(NotImplementedError, match="system prompts"):
        wire.ask(model, system="sys")
    assert wire.loopback.requests == []
    wire.ask(model, None, messages=[llm.system("sys"), llm.user("x")])
    assert len(wire.body["messages"]) == 2


def test_image_detail(wire: Wire) -> None:
    """The option reaches each image."""
    model = wire.chat(sse_reply(DONE), vision=True)
    wire.ask(model, attachments=[Attachment(type="image/png", content=b"abc")], options={"image_detail": "high"})
    assert wire.body["messages"][0]["content"][1]["image_url"]["detail"] == "high"


# What comes back


def test_stream(wire: Wire) -> None:
    """Text, token counts, payload and the reported model are recorded."""
    usage = {
        "prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 0.5,
        "prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }  # fmt: skip
    chunks = [{**chunk("he"), "model": "m-2026"}, chunk("llo"), usage_chunk(**usage)]
    outcome = wire.ask(wire.chat(sse_reply(*chunks)))
    assert (outcome.text, len(outcome.events)) == ("hello", 2)
    assert outcome.usage == (3, 4, {"prompt_tokens_details": {"cached_tokens": 2}, "cost": 0.5})
    payload = outcome.response.response_json
    assert (payload["content"], payload["id"], payload["usage"]["total_tokens"]) == ("hello", "c1", 7)
    assert "logprobs" not in payload
    assert outcome.response.resolved_model == "m-2026"


def test_no_usage(wire: Wire) -> None:
    """Streams and replies without counts leave them at None, and the model of the same name is not noted."""
    streamed = wire.ask(wire.chat(sse_reply(DONE)))
    whole = wire.ask(wire.chat(json_reply(reply())), stream=False)
    for outcome in (streamed, whole):
        assert (outcome.text, outcome.usage, outcome.response.resolved_model) == ("ok", (None, None, None), None)


def test_empty_usage(wire: Wire) -> None:
    """An empty usage object means that counts are unknown."""
    assert wire.ask(wire.chat(sse_reply(DONE, usage_chunk()))).usage == (None, None, {})


def test_whole_reply(wire: Wire) -> None:
    """Without streaming, calls come before the text, and the payload is the reply without nulls."""
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
    answer = reply("text", message={"tool_calls": [call]}, usage={"prompt_tokens": 1, "completion_tokens": 2})
    outcome = wire.ask(wire.chat(json_reply(answer)), stream=False, tools=[add])
    assert [(event.type, event.chunk) for event in outcome.events] == [
        ("tool_call_name", "add"), ("tool_call_args", '{"a": 1, "b": 2}'), ("text", "text")
    ]  # fmt: skip
    assert [(c.name, c.arguments, c.tool_call_id) for c in outcome.calls] == [("add", {"a": 1, "b": 2}, "c1")]
    assert outcome.usage == (1, 2, {})
    message = outcome.response.response_json["choices"][0]["message"]
    assert "refusal" not in message
    assert message["content"] == "text"


def test_refusal_in_a_whole_reply(wire: Wire) -> None:
    """A refusal is the text of the answer."""
    outcome = wire.ask(wire.chat(json_reply(reply(None, message={"refusal": "I won't"}))), stream=False)
    assert outcome.text == "I won't"


def test_invalid_arguments(wire: Wire) -> None:
    """Arguments that are no JSON are kept, in both kinds of reply."""
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{"}}
    whole = wire.ask(wire.chat(json_reply(reply(None, message={"tool_calls": [call]}))), stream=False, tools=[add])
    streamed = wire.ask(wire.chat(sse_reply(chunk(tool_calls=[{"index": 0, **call}]))), tools=[add])
    for outcome in (whole, streamed):
        assert [call.arguments for call in outcome.calls] == [{"_raw": "{"}]


@pytest.mark.parametrize("stream", [True, False])
def test_hidden_reasoning(wire: Wire, stream: bool) -> None:
    """Tokens spent on reasoning of which nothing is shown are marked by an empty part in front of the text."""
    usage = {"prompt_tokens": 1, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 8}}
    answer = sse_reply(DONE, usage_chunk(**usage)) if stream else json_reply(reply(usage=usage))
    outcome = wire.ask(wire.chat(answer), stream=stream)
    last = outcome.events[-1]
    assert (last.type, last.chunk, last.redacted) == ("reasoning", "", True)
    assert [type(part).__name__ for part in outcome.parts] == ["ReasoningPart", "TextPart"]
    assert outcome.usage[2] == {"completion_tokens_details": {"reasoning_tokens": 8}}


def test_streamed_tool_call(wire: Wire) -> None:
    """A streamed call is registered, and is a part of the message once."""
    chunks = [chunk(tool_calls=[tool_delta(0, "", "c1", "add")]), chunk(tool_calls=[tool_delta(0, '{"a": 1, "b": 2}')])]
    outcome = wire.ask(wire.chat(sse_reply(*chunks)), tools=[add])
    assert [(call.name, call.arguments) for call in outcome.calls] == [("add", {"a": 1, "b": 2})]
    assert [part.tool_call_id for part in outcome.parts] == ["c1"]


def test_server_without_streaming(wire: Wire) -> None:
    """A server that ignores `stream` and sends one object is understood by the thin client."""
    outcome = wire.ask(wire.chat(json_reply(reply("whole", usage={"prompt_tokens": 1}))))
    assert outcome.text in {"whole", ""}  # the SDK takes a body without events for an empty stream


def test_prompt_json(wire: Wire) -> None:
    """What was sent is kept without the data of attachments, and without touching what was sent."""
    model = wire.chat(sse_reply(DONE), vision=True, audio=True)
    attachments = [
        Attachment(type="image/png", content=b"abc"),
        Attachment(type="application/pdf", content=b"%PDF"),
        Attachment(type="audio/wav", content=b"abc"),
    ]
    outcome = wire.ask(model, attachments=attachments)
    image, file, sound = outcome.response._prompt_json["messages"][0]["content"][1:]
    assert image["image_url"]["url"] == file["file"]["file_data"] == "data:..."
    assert sound["input_audio"] == {"data": "...", "format": "wav"}
    assert wire.body["messages"][0]["content"][1]["image_url"]["url"].endswith("YWJj")


def test_errors(wire: Wire) -> None:
    """Errors are the SDK's, whichever client is used."""
    import openai

    with pytest.raises(openai.RateLimitError, match="slow down") as raised:
        wire.ask(wire.chat(error_reply(429, "slow down", x_should_retry="false")))
    assert raised.value.status_code == 429


def test_error_instead_of_choices(wire: Wire) -> None:
    """An error that comes with status 200 and no choices is not an empty answer."""
    with pytest.raises(ModelError, match="no such model"):
        wire.ask(wire.chat(json_reply({"error": {"message": "no such model"}})), stream=False)


def test_fallback_key_of_keyless_models(wire: Wire) -> None:
    """A model that needs no key sends a fixed text, whatever is stored; a key given for its server is sent there."""
    for key, sent in ((None, "DUMMY_KEY"), ("sk-given", "sk-given")):
        model = wire.chat(sse_reply(DONE))
        model.needs_key = None
        wire.ask(model, key=key)
        assert wire.loopback.requests[-1].headers["authorization"] == f"Bearer {sent}"


def test_headers(wire: Wire) -> None:
    """A model's headers go with each request and may replace the key."""
    wire.ask(wire.chat(sse_reply(DONE), headers={"X-Extra": "1", "authorization": "Basic abc"}))
    headers = wire.loopback.requests[-1].headers
    assert (headers["x-extra"], headers["authorization"]) == ("1", "Basic abc")


def test_account_headers_stay_at_openai(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers of the user's account at OpenAI do not reach another server."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Secret: 1")
    wire.ask(wire.chat(sse_reply(DONE)))
    headers = wire.loopback.requests[-1].headers
    assert "openai-organization" not in headers
    assert "x-secret" not in headers


def test_show_responses(wire: Wire, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With the variable set, what goes over the wire is shown on stderr, without the key."""
    monkeypatch.setenv("LLM_OPENAI_SHOW_RESPONSES", "1")
    outcome = wire.ask(wire.chat(sse_reply(DONE)))
    shown = capsys.readouterr().err
    assert outcome.text == "ok"
    assert '"stream_options"' in shown
    assert KEY not in shown


def test_empty_pieces_of_a_whole_reply(wire: Wire) -> None:
    """Without streaming, empty arguments and an empty text are events too; a text of null is none."""
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": ""}}
    answers = (reply("", message={"tool_calls": [call]}), reply(None, message={"tool_calls": [call]}))
    seen = [wire.ask(wire.chat(json_reply(answer)), stream=False, tools=[add]) for answer in answers]
    call_events = [("tool_call_name", "add"), ("tool_call_args", "")]
    assert [(event.type, event.chunk) for event in seen[0].events] == [*call_events, ("text", "")]
    assert [(event.type, event.chunk) for event in seen[1].events] == call_events
    assert seen[0].calls[0].arguments == {}
