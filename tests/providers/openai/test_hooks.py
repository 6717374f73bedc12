"""The methods that plugins override or call: what they are given, and what may be missing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import llm
from llm.core.tools import ToolCall
from llm.default_plugins.openai_models import Chat, Responses, SharedOptions
from tests.loopback import json_reply, sse_reply
from tests.providers.openai.pieces import call, message, reasoning, search
from tests.providers.openai.wire import FakeClient, Wire, chunk, obj, prompt_of, read, usage_chunk


def test_the_conversation_is_not_walked() -> None:
    """`prompt.messages` is all there is to send: the conversation is not so much as looked at."""

    class Untouchable:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    assert Chat("m").build_messages(SimpleNamespace(messages=[llm.user("x")]), Untouchable()) == [
        {"role": "user", "content": "x"}
    ]


def test_own_options() -> None:
    """A subclass's own options are among the arguments, under their names, for the subclass to take out."""

    class Options(SharedOptions):
        provider: str | None = None

    class Own(Chat):
        def build_kwargs(self, prompt: Any, stream: bool) -> dict[str, Any]:
            kwargs = super().build_kwargs(prompt, stream)
            return {"extra_body": {"order": [kwargs.pop("provider")]}, **kwargs}

    Own.Options = Options
    kwargs = Own("m").build_kwargs(prompt_of(options={"provider": "x", "temperature": 1}), False)
    assert kwargs == {"temperature": 1, "extra_body": {"order": ["x"]}}


def test_json_object_false() -> None:
    """JSON mode that is turned off is the same as not mentioned, for both APIs."""
    prompt = prompt_of(options={"json_object": False})
    assert Chat("m").build_kwargs(prompt, False) == {}
    assert Responses("m")._build_responses_kwargs(prompt, False) == {}


def test_usage_hook_that_takes_the_totals(wire: Wire) -> None:
    """`set_usage` gets a dictionary of its own to change; the details it leaves are read afterwards."""
    model = wire.chat(
        sse_reply(chunk("ok"), usage_chunk(prompt_tokens=1, completion_tokens_details={"reasoning_tokens": 3}))
    )
    given: list[Any] = []

    def set_usage(_: Any, usage: Any) -> None:
        given.append([usage.pop(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")])

    model.set_usage = set_usage  # type: ignore[method-assign, assignment]
    outcome = wire.ask(model)
    assert given == [[1, None, None]]
    assert (outcome.events[-1].type, outcome.events[-1].redacted) == ("reasoning", True)
    assert outcome.response.response_json["usage"]["prompt_tokens"] == 1


def test_order_of_details(wire: Wire) -> None:
    """Details are stored with those of the completion first, then those of the prompt, then what the server adds."""
    usage = {"cost": 1, "prompt_tokens_details": {"cached_tokens": 2}, "completion_tokens_details": {"audio_tokens": 3}}
    for reply in (sse_reply(usage_chunk(**usage)), json_reply({"choices": [], "usage": usage})):
        details = wire.ask(wire.chat(reply), stream=reply.headers["content-type"] != "application/json").usage[2]
        assert list(details) == ["completion_tokens_details", "prompt_tokens_details", "cost"]


def test_least_prompts() -> None:
    """Building input needs only messages of a prompt; building arguments only options, tools and schema."""
    model = Responses("m", reasoning=True)
    assert model._build_responses_input(SimpleNamespace(messages=[llm.user("x")]))[1] is None
    prompt = SimpleNamespace(options=[], tools=[], schema=None)
    assert model._build_responses_kwargs(prompt, True) == {"reasoning": {"summary": "auto"}}


def test_server_tools_need_no_function_tools(wire: Wire) -> None:
    """Tools that run at the server are offered by models without `supports_tools` too."""
    from llm.default_plugins.openai_models import WebSearch

    model = wire.responses(json_reply({"output": [message("ok")], "status": "completed"}), supports_tools=False)
    assert wire.ask(model, tools=[WebSearch()], stream=False).text == "ok"
    assert wire.body["tools"] == [{"type": "web_search"}]


def test_summary_option_asks_for_encrypted_reasoning() -> None:
    """On a model made without summaries the option for them asks for the encrypted reasoning as well."""
    model = Responses("m", reasoning=True, reasoning_summary=False)
    kwargs = model._finalize_responses_kwargs(prompt_of(options={"reasoning_summary": "concise"}), True)
    assert kwargs["include"] == ["reasoning.encrypted_content"]
    assert kwargs["reasoning"] == {"summary": "concise"}


def test_output_events() -> None:
    """`_non_streaming_output_events` returns the events and whether there was reasoning, and registers calls."""
    registered: list[ToolCall] = []
    response = SimpleNamespace(add_tool_call=registered.append)
    two_texts = message("a")
    two_texts["content"] += [{"type": "output_text", "text": ""}, {"type": "output_text", "text": "b"}]
    output = obj(items=[reasoning("rs_1", "E", "hm"), two_texts, call("{")]).items
    events, had_reasoning = Responses("m")._non_streaming_output_events(output, response)
    assert [(event.type, event.chunk) for event in events] == [
        ("reasoning", "hm"), ("text", "a"), ("text", "b"), ("tool_call_name", "f"), ("tool_call_args", "{")
    ]  # fmt: skip
    assert (had_reasoning, registered) == (True, [ToolCall("f", {"_raw": "{"}, "c1")])
    assert Responses("m")._non_streaming_output_events([], response) == ([], False)


def test_reasoning_without_metadata() -> None:
    """An item with neither id, ciphertext nor summary gives an event without metadata."""
    event = Responses("m")._reasoning_event(obj(type="reasoning", id=None, encrypted_content=None, summary=[]))
    assert (event.chunk, event.provider_metadata, event.redacted) == ("", None, True)


def test_refresh_hook() -> None:
    """`_refresh_server_tool_events` gets the final output and, by item id, the events that were handed out."""
    given: list[Any] = []

    class Own(Responses):
        def _refresh_server_tool_events(self, output: Any, done_events: Any) -> None:
            given.append(([item.id for item in output], {name: len(events) for name, events in done_events.items()}))

    stream = [
        obj(type="response.output_item.done", item=search(), output_index=0),
        obj(type="response.completed", response={"output": [search(status="late")], "status": "completed"}),
    ]
    model = Own("m")
    model.get_client = lambda *_: FakeClient(stream)  # type: ignore[method-assign]
    assert [part.output for part in read(model.prompt("hi", key="k")).parts[1:]] == ["completed"]
    assert given == [(["ws_1"], {"ws_1": 3})]


@pytest.mark.parametrize(
    ("item", "name", "arguments", "result"),
    [
        (search(results=[{"url": "é"}]), "web_search", '{"type": "search"}', '[{"url": "\\u00e9"}]'),
        (search(results=[], status="failed"), "web_search", '{"type": "search"}', "failed"),
        (search(action=None, status=None), "web_search", "{}", "completed"),
        ({"type": "code_interpreter_call", "id": "ci", "code": "6 * 7", "outputs": [{"logs": "4"}, {"url": "u"}]},
         "code_interpreter", '{"code": "6 * 7"}', "4\nu"),
        ({"type": "code_interpreter_call", "id": "ci", "code": None, "outputs": [], "status": "failed"},
         "code_interpreter", '{"code": ""}', "failed"),
        ({"type": "code_interpreter_call", "id": "ci", "code": None, "outputs": None, "status": None},
         "code_interpreter", '{"code": ""}', "completed"),
    ],
)  # fmt: skip
def test_server_tool_events(item: dict[str, Any], name: str, arguments: str, result: str) -> None:
    """A step of the server is its name, its arguments as JSON, and its result or else its status."""
    events = Responses("m")._server_tool_events(obj(**item), 2)
    assert [(event.type, event.chunk) for event in events] == [
        ("tool_call_name", name), ("tool_call_args", arguments), ("tool_result", result)
    ]  # fmt: skip
    assert {(event.server_executed, event.tool_call_id, event.message_index) for event in events} == {
        (True, item["id"], 2)
    }
    assert events[-1].tool_name == name


def test_unknown_items_have_no_events() -> None:
    """An endpoint's own types of items are ignored."""
    assert Responses("m")._server_tool_events(obj(type="own_call", id="x"), 0) == []


@pytest.mark.parametrize("name", ["frequency_penalty", "presence_penalty", "stop", "logit_bias", "seed"])
def test_each_unsupported_option(name: str) -> None:
    """Each of the options of Chat Completions that Responses lacks is refused, with its name and the model's."""
    options = {name: {"stop": "x", "logit_bias": {1: 1}}.get(name, 0)}
    with pytest.raises(ValueError, match=rf"Model 'm'.*{name}"):
        Responses("m")._finalize_responses_kwargs(prompt_of(options=options), True)
