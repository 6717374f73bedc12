"""Responses models: what they send, what they record, and handing over to Chat Completions."""

from __future__ import annotations

from typing import Any

import pytest

from llm.core.attachments import Attachment
from llm.core.errors import ModelError
from llm.core.server_tools import ServerSideTool
from llm.providers.openai.responses import Responses
from llm.providers.openai.server_tools import WebSearch
from tests.loopback import RESPONSES, Loopback, error_reply, json_reply, sse_reply
from tests.providers.openai.payloads import MESSAGE, THOUGHT, final, payload, stream_of
from tests.providers.openai.wire import KEY, Wire, prompt_of

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}
ENCRYPTED = ["reasoning.encrypted_content"]
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "add", "arguments": '{"a": 1, "b": 2}',
        "status": "completed"}  # fmt: skip
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}}


def add(a: int, b: int) -> int:
    """Add numbers"""
    return a + b


def kwargs_of(model: Any, **options: Any) -> dict[str, Any]:
    fields = {name: options.pop(name) for name in ("schema", "tools", "hide_reasoning") if name in options}
    made: dict[str, Any] = model._build_responses_kwargs(prompt_of(options=options, **fields), True)
    return made


# What is sent


def test_plain_body(wire: Wire) -> None:
    """A prompt without anything else to a model without reasoning."""
    wire.ask(wire.responses(stream_of()))
    assert wire.body == {"model": "m", "input": [{"role": "user", "content": "hi"}], "store": False, "stream": True}
    assert wire.loopback.requests[-1].headers["authorization"] == f"Bearer {KEY}"


def test_system_prompt(wire: Wire) -> None:
    """The system prompt is the instructions, and not allowed where the model takes none."""
    wire.ask(wire.responses(json_reply(payload())), system="be brief", stream=False)
    assert (wire.body["instructions"], wire.body["stream"]) == ("be brief", False)
    with pytest.raises(NotImplementedError, match="system prompts"):
        wire.ask(wire.responses(allows_system_prompt=False), system="be brief")


@pytest.mark.parametrize(
    ("options", "hidden", "reasoning"),
    [
        ({}, False, {"summary": "auto"}),
        ({"reasoning_effort": "low"}, False, {"summary": "auto", "effort": "low"}),
        ({"reasoning_effort": "low"}, True, {"effort": "low"}),
        ({}, True, None),
        ({"reasoning_summary": "detailed"}, False, {"summary": "detailed"}),
    ],
)
def test_reasoning(wire: Wire, options: dict[str, Any], hidden: bool, reasoning: Any) -> None:
    """A reasoning model is asked for summaries unless they are hidden, and always for the encrypted reasoning."""
    wire.ask(wire.responses(stream_of(), reasoning=True), options=options, hide_reasoning=hidden)
    assert wire.body.get("reasoning") == reasoning
    assert wire.body["include"] == ENCRYPTED


def test_reasoning_without_summaries(wire: Wire) -> None:
    """A model made without summaries sends nothing about reasoning until an option does."""
    wire.ask(wire.responses(stream_of(), reasoning=True, reasoning_summary=False))
    assert {"reasoning", "include"}.isdisjoint(wire.body)
    model = wire.responses(stream_of(), reasoning=True, reasoning_summary=False)
    wire.ask(model, options={"reasoning_effort": "low"})
    assert (wire.body["reasoning"], wire.body["include"]) == ({"effort": "low"}, ENCRYPTED)


def test_options(wire: Wire) -> None:
    """Options have the names and places of the Responses API."""
    model = wire.responses(stream_of(), verbosity=True, service_tier=True)
    options = {
        "temperature": 0,
        "top_p": 0.5,
        "max_tokens": 5,
        "verbosity": "low",
        "json_object": True,
        "service_tier": "x",
    }
    wire.ask(model, options=options)
    sent = {name: value for name, value in wire.body.items() if name not in {"model", "input", "store", "stream"}}
    assert sent == {
        "temperature": 0, "top_p": 0.5, "max_output_tokens": 5, "service_tier": "x",
        "text": {"verbosity": "low", "format": {"type": "json_object"}},
    }  # fmt: skip


def test_image_detail(wire: Wire) -> None:
    """The level of detail is on each image, and no argument."""
    model = wire.responses(stream_of(), vision=True)
    wire.ask(model, attachments=[Attachment(type="image/png", content=b"abc")], options={"image_detail": "high"})
    assert wire.body["input"][0]["content"][1]["detail"] == "high"
    assert "image_detail" not in wire.body


def test_schema_and_tools(wire: Wire) -> None:
    """A schema replaces JSON mode; tools keep their order, those of the server as they describe themselves."""
    model = wire.responses(stream_of(), supports_schema=True)
    raw = ServerSideTool({"type": "own_tool", "x": 1})
    wire.ask(model, schema=SCHEMA, tools=[raw, add, WebSearch()], options={"json_object": True})
    format_ = {"type": "json_schema", "name": "output", "schema": SCHEMA, "strict": False}
    assert wire.body["text"] == {"format": format_}
    first, second, third = wire.body["tools"]
    assert (first, third) == ({"type": "own_tool", "x": 1}, {"type": "web_search"})
    assert (second["type"], second["name"], second["description"]) == ("function", "add", "Add numbers")
    assert second["parameters"]["required"] == ["a", "b"]


def test_tools_prepare_the_complete_request() -> None:
    """Each server-side tool sees the request once, in order and otherwise complete."""
    seen: list[Any] = []

    class Own(ServerSideTool):
        """A tool of a plugin."""

        def __init__(self, label: str = "") -> None:
            self.label = label

        def tool_spec(self, model: Any) -> dict[str, Any]:
            return {"type": self.label}

        def prepare_request(self, model: Any, kwargs: dict[str, Any]) -> None:
            seen.append((self.label, sorted(kwargs)))
            kwargs[self.label] = True

    model = Responses("m", reasoning=True)
    tools = [Own("a"), Own("b")]
    kwargs = model._finalize_responses_kwargs(prompt_of(tools=tools), True, "sys")
    complete = ["include", "instructions", "reasoning", "store", "tools"]
    assert seen == [("a", complete), ("b", ["a", *complete])]
    assert (kwargs["a"], kwargs["b"]) == (True, True)


def test_kwargs_for_subclasses() -> None:
    """Options that the API does not know stay under their own names, for subclasses to take out."""
    options = {"seed": 1, "stop": "x", "logit_bias": {1: 2}, "own": 3, "presence_penalty": 0.0}
    assert kwargs_of(Responses("m"), **options, chat_completions=False) == options
    assert kwargs_of(Responses("m"), reasoning_effort="low", reasoning_summary="auto") == {}
    assert kwargs_of(Responses("m", reasoning=True), hide_reasoning=True) == {}


def test_default_limit() -> None:
    """A model's own limit of tokens is sent unless the prompt has one."""
    model = Responses("m")
    model.default_max_tokens = 7
    assert kwargs_of(model) == {"max_output_tokens": 7}
    assert kwargs_of(model, max_tokens=3) == {"max_output_tokens": 3}


def test_unsupported_options(wire: Wire) -> None:
    """Options of Chat Completions that Responses lacks are refused by name, before any request."""
    with pytest.raises(ValueError, match=r"Model 'm'.*stop, seed"):
        wire.ask(wire.responses(), options={"seed": 1, "stop": "x"})
    assert wire.loopback.requests == []


def test_subclass_that_takes_options_out() -> None:
    """A subclass that removes such options from the arguments may use them."""

    class Own(Responses):
        def _build_responses_kwargs(self, prompt: Any, stream: bool) -> dict[str, Any]:
            kwargs = super()._build_responses_kwargs(prompt, stream)
            return {"extra_body": {"seed": kwargs.pop("seed")}, **kwargs}

    kwargs = Own("m")._finalize_responses_kwargs(prompt_of(options={"seed": 1}), True)
    assert kwargs == {"extra_body": {"seed": 1}, "store": False}


def test_models_that_cannot_stream(wire: Wire) -> None:
    """A model that cannot stream is not asked to."""
    outcome = wire.ask(wire.responses(json_reply(payload()), can_stream=False))
    assert (outcome.text, wire.body["stream"]) == ("ok", False)


# What comes back


def test_stream(wire: Wire) -> None:
    """Reasoning, text, payload, counts and the reported model of a streamed reply."""
    usage = {
        "input_tokens": 3, "output_tokens": 4, "total_tokens": 7, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 2},
    }  # fmt: skip
    begun = {**MESSAGE, "content": []}
    where = {"item_id": "rs_1", "output_index": 0, "sequence_number": 1}
    events = [
        {"type": "response.output_item.added", **where, "item": {"type": "reasoning", "id": "rs_1", "summary": []}},
        {"type": "response.reasoning_summary_text.delta", **where, "summary_index": 0, "delta": "hm"},
        {"type": "response.output_item.done", **where, "item": THOUGHT},
        {"type": "response.output_item.added", "sequence_number": 2, "output_index": 1, "item": begun},
        {
            "type": "response.output_text.delta", "item_id": "msg_1", "output_index": 1, "content_index": 0,
            "sequence_number": 3, "delta": "ok", "logprobs": [],
        },
        final({**THOUGHT, "encrypted_content": "E2"}, MESSAGE, usage=usage, model="m-2026"),
    ]  # fmt: skip
    outcome = wire.ask(wire.responses(sse_reply(*events), reasoning=True))
    thought, text = outcome.parts
    assert (thought.text, thought.redacted, text.text) == ("hm", False, "ok")
    known = {"id": "rs_1", "encrypted_content": "E2", "summary": [{"type": "summary_text", "text": "hm"}]}
    assert thought.provider_metadata == {"openai": known}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 2}}
    assert outcome.usage == (3, 4, details)
    assert outcome.response.resolved_model == "m-2026"
    stored = outcome.response.response_json
    assert stored["output"][0]["encrypted_content"] == "E2"
    assert "metadata" not in stored
    assert repr(stored["temperature"]) == "1.0"


def test_whole_reply(wire: Wire) -> None:
    """Items in order; what stands between two messages belongs to the earlier one."""
    interpreter = {"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "code": "print(6 * 7)",
                   "container_id": "cntr_1", "outputs": [{"type": "logs", "logs": "42"}]}  # fmt: skip
    answer = payload(THOUGHT, MESSAGE, interpreter, {**MESSAGE, "id": "msg_2"}, CALL)
    outcome = wire.ask(wire.responses(json_reply(answer), reasoning=True), stream=False, tools=[add])
    first, second = outcome.messages
    assert [type(part).__name__ for part in first.parts] == [
        "ReasoningPart",
        "TextPart",
        "ToolCallPart",
        "ToolResultPart",
    ]
    assert (first.parts[2].arguments, first.parts[3].output) == ({"code": "print(6 * 7)"}, "42")
    assert [type(part).__name__ for part in second.parts] == ["TextPart", "ToolCallPart"]
    assert [(call.name, call.arguments, call.tool_call_id) for call in outcome.calls] == [
        ("add", {"a": 1, "b": 2}, "c1")
    ]


def test_adjacent_reasoning_in_a_whole_reply(wire: Wire) -> None:
    """Two reasoning items that follow one another are two parts."""
    other = {**THOUGHT, "id": "rs_2", "encrypted_content": "E2"}
    outcome = wire.ask(wire.responses(json_reply(payload(THOUGHT, other, MESSAGE)), reasoning=True), stream=False)
    found = [part.provider_metadata["openai"]["id"] for part in outcome.parts[:2]]
    assert found == ["rs_1", "rs_2"]


@pytest.mark.parametrize("stream", [True, False])
def test_hidden_reasoning(wire: Wire, stream: bool) -> None:
    """Reasoning of which there are only token counts is marked by an empty part."""
    usage = {
        "input_tokens": 1,
        "output_tokens": 9,
        "total_tokens": 10,
        "output_tokens_details": {"reasoning_tokens": 8},
    }
    answer = stream_of(usage=usage) if stream else json_reply(payload(usage=usage))
    outcome = wire.ask(wire.responses(answer), stream=stream)
    assert [(type(part).__name__, getattr(part, "redacted", None)) for part in outcome.parts] == [
        ("ReasoningPart", True), ("TextPart", None)
    ]  # fmt: skip


def test_web_search(wire: Wire) -> None:
    """The arguments of a search have what the reply has, and no nulls."""
    outcome = wire.ask(wire.responses(json_reply(payload(SEARCH, MESSAGE))), stream=False, tools=[WebSearch()])
    assert outcome.parts[0].arguments == {"type": "search", "query": "q"}
    assert (outcome.parts[1].name, outcome.parts[1].output, outcome.calls) == ("web_search", "completed", [])


@pytest.mark.parametrize("stream", [True, False])
def test_failed_reply(wire: Wire, stream: bool) -> None:
    """A reply that failed is an error with what the API says; payload and counts can still be read."""
    error = {"code": "server_error", "message": "broken"}
    usage = {"input_tokens": 1, "output_tokens": 0, "total_tokens": 1}
    answer = payload(status="failed", error=error, usage=usage)
    answer["output"] = []
    event = {"type": "response.failed", "sequence_number": 1, "response": answer}
    model = wire.responses(sse_reply(event) if stream else json_reply(answer))
    responses: list[Any] = []
    prompt = model.prompt

    def kept(*arguments: Any, **keywords: Any) -> Any:
        responses.append(prompt(*arguments, **keywords))
        return responses[0]

    model.prompt = kept  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="server_error: broken"):
        wire.ask(model, stream=stream)
    assert responses[0].response_json["status"] == "failed"
    assert responses[0].input_tokens == 1


@pytest.mark.parametrize("stream", [True, False])
def test_incomplete_reply(wire: Wire, stream: bool) -> None:
    """A reply that was cut short keeps its text, payload and counts."""
    fields: dict[str, Any] = {
        "incomplete_details": {"reason": "max_output_tokens"},
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    }
    answer = stream_of(kind="incomplete", **fields) if stream else json_reply(payload(status="incomplete", **fields))
    outcome = wire.ask(wire.responses(answer), stream=stream)
    assert (outcome.text, outcome.usage) == ("ok", (1, 2, None))
    assert outcome.response.response_json["incomplete_details"] == {"reason": "max_output_tokens"}


def test_stream_that_just_ends(wire: Wire) -> None:
    """Without a final event there is no payload and there are no counts."""
    delta = {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0,
             "sequence_number": 1, "delta": "ok", "logprobs": []}  # fmt: skip
    outcome = wire.ask(wire.responses(sse_reply(delta, done=False)))
    assert (outcome.text, outcome.response.response_json, outcome.usage) == ("ok", None, (None, None, None))


def test_prompt_json(wire: Wire) -> None:
    """What was sent is kept without the data of attachments."""
    model = wire.responses(stream_of(), vision=True)
    attachments = [Attachment(type="image/png", content=b"abc"), Attachment(type="application/pdf", content=b"%PDF")]
    outcome = wire.ask(model, attachments=attachments)
    kept = outcome.response._prompt_json
    assert kept["instructions"] is None
    assert [entry.get("image_url") or entry.get("file_data") for entry in kept["input"][0]["content"][1:]] == [
        "data:..."
    ] * 2
    assert wire.body["input"][0]["content"][1]["image_url"].endswith("YWJj")


def test_tool_chain(loopback: Loopback) -> None:
    """Every round sends back the reasoning of the rounds before, with unchanged id and ciphertext."""
    second = {**THOUGHT, "id": "rs_2", "encrypted_content": "E2"}
    loopback.on(RESPONSES, stream_of(THOUGHT, CALL), stream_of(second, {**CALL, "call_id": "c2"}), stream_of())
    model = Responses("m", api_base=loopback.base_url, reasoning=True, supports_tools=True)
    chain = model.chain("hi", tools=[add], key=KEY)
    assert chain.text() == "ok"
    last = loopback.bodies[-1]["input"]
    assert chain._responses[-1]._prompt_json["input"] == last
    assert [item.get("type") or item["role"] for item in last] == [
        "user", "reasoning", "function_call", "function_call_output", "reasoning", "function_call",
        "function_call_output",
    ]  # fmt: skip
    assert [(last[i]["id"], last[i]["encrypted_content"]) for i in (1, 4)] == [("rs_1", "E1"), ("rs_2", "E2")]
    assert last[3] == {"type": "function_call_output", "call_id": "c1", "output": "3"}


def test_errors(wire: Wire) -> None:
    """Errors are the SDK's, whichever client is used."""
    import openai

    with pytest.raises(openai.BadRequestError, match="Error code: 400"):
        wire.ask(wire.responses(error_reply(400, "bad")))
