"""Responses models that hand a prompt over to Chat Completions, and what plugins rely on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import llm
from llm.engine.model import KeyModel
from llm.providers.openai.chat import Chat
from llm.providers.openai.responses import Responses
from llm.providers.openai.responses_base import _SharedResponses
from llm.providers.openai.server_tools import WebSearch
from tests.loopback import CHAT, RESPONSES, Loopback, sse_reply
from tests.providers.openai.payloads import MESSAGE, THOUGHT, stream_of
from tests.providers.openai.wire import KEY, FakeClient, Wire, chunk, counts, obj, prompt_of, read


def test_chat_completions(wire: Wire) -> None:
    """The option sends the prompt to Chat Completions, with the options that it knows."""
    wire.loopback.on(CHAT, sse_reply(chunk("chat")))
    model = wire.responses(reasoning=True, model_name="other")
    options = {"chat_completions": True, "reasoning_effort": "low", "reasoning_summary": "auto", "seed": 1}
    outcome = wire.ask(model, options=options)
    assert (outcome.text, outcome.response.model) == ("chat", model)
    assert wire.body == {
        "model": "other", "messages": [{"role": "user", "content": "hi"}], "stream": True,
        "stream_options": {"include_usage": True}, "reasoning_effort": "low", "seed": 1,
    }  # fmt: skip


def test_chat_completions_keeps_the_key_settings(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's key for OpenAI does not reach another server by way of Chat Completions."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    wire.loopback.on(CHAT, sse_reply(chunk("ok")))
    model = wire.responses()
    model.needs_key = model.key_env_var = None
    wire.ask(model, options={"chat_completions": True}, key=None)
    assert wire.loopback.requests[-1].headers["authorization"] == "Bearer DUMMY_KEY"


def test_chat_completions_refuses_server_side_tools(wire: Wire) -> None:
    """Tools that run at OpenAI are not known to Chat Completions."""
    model = wire.responses()
    with pytest.raises(ValueError, match=r"'web_search'.*llm tools -m m"):
        wire.ask(model, tools=[WebSearch()], options={"chat_completions": True})
    assert wire.loopback.requests == []


def test_chat_sibling_settings() -> None:
    """The sibling has the settings of the model, also those set later, and its client if that is replaced."""
    from llm.providers.openai.chat_sibling import chat_sibling

    model = Responses("m", vision=True, headers={"a": "b"}, api_base="http://x")
    model.default_max_tokens = 5
    model.attachment_types = {"image/png"}
    client = object()
    model.get_client = lambda *_, **__: client  # type: ignore[method-assign]
    sibling = chat_sibling(model, prompt_of(), Chat)
    assert (sibling.model_id, sibling.headers, sibling.api_base) == ("m", {"a": "b"}, "http://x")
    assert (sibling.default_max_tokens, sibling.attachment_types) == (5, {"image/png"})
    assert sibling.get_client("k") is client
    assert isinstance(sibling, Chat)


@pytest.mark.parametrize(
    ("api_base", "variable", "name"),
    [
        (None, None, "max_completion_tokens"),
        ("https://api.openai.com/v1", "http://127.0.0.1:1", "max_completion_tokens"),
        ("http://127.0.0.1:1/v1", None, "max_tokens"),
        (None, "http://127.0.0.1:1/v1", "max_tokens"),
    ],
)
def test_limit_of_reasoning_models(
    api_base: str | None, variable: str | None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenAI's reasoning models take the limit under another name in Chat Completions; other servers the usual one."""
    from llm.providers.openai.chat_sibling import chat_sibling

    if variable:
        monkeypatch.setenv("OPENAI_BASE_URL", variable)
    sibling = chat_sibling(Responses("m", reasoning=True, api_base=api_base), prompt_of(), Chat)
    assert sibling.build_kwargs(prompt_of(options={"max_tokens": 5}), False) == {name: 5}


def test_constructor() -> None:
    """The parameters are those of Chat and one more; all flags are kept for the sibling."""
    assert Responses.__mro__[1:4] == (_SharedResponses, openai_shared(), KeyModel)
    model = Responses("m", reasoning=True, service_tier=True)
    assert (model._reasoning, model._reasoning_summary, model._verbosity) == (True, True, False)
    assert (model._image_detail_original, model._service_tier) == (False, True)
    kwargs = model._delegate_chat_kwargs()
    assert "audio" not in kwargs
    assert "reasoning_summary" not in kwargs
    assert Chat(**kwargs).Options is Chat("m", reasoning=True, service_tier=True).Options


def openai_shared() -> type:
    from llm.default_plugins.openai_models import _Shared

    return _Shared


def test_overridden_hooks() -> None:
    """A plugin's own items become events by its overrides, in streams and whole replies, and are refreshed by them."""

    class Own(Responses):
        def _server_tool_events(self, item: Any, message_index: int) -> list[Any]:
            if item.type != "own_call":
                return super()._server_tool_events(item, message_index)
            event = llm_event("tool_result", item.status)
            event.provider_metadata = {"own": {"id": item.id}}
            return [event]

        def _build_responses_input(self, prompt: Any) -> Any:  # type: ignore[override]
            return [{"role": "user", "content": "own"}], None

    item = {"type": "own_call", "id": "o1", "status": "working"}
    end = {**item, "status": "complete"}
    events = [
        obj(type="response.output_item.done", item=item, output_index=0),
        obj(type="response.completed", response={"output": [end], "status": "completed"}),
    ]
    client = FakeClient(events)
    model = Own("m")
    model.get_client = lambda *_: client  # type: ignore[method-assign]
    outcome = read(model.prompt("hi", key="k"))
    assert [(part.output, part.provider_metadata) for part in outcome.parts] == [("complete", {"own": {"id": "o1"}})]
    assert client.calls[0]["input"] == [{"role": "user", "content": "own"}]
    whole = FakeClient(obj(output=[end], status="completed", usage=None))
    model.get_client = lambda *_: whole  # type: ignore[method-assign]
    assert read(model.prompt("hi", key="k", stream=False)).parts == outcome.parts


def llm_event(kind: str, text: str) -> Any:
    from llm.core.events import StreamEvent

    return StreamEvent(kind, text, server_executed=True)


def test_item_hooks() -> None:
    """The hooks for items answer on attribute objects whose lists hold dictionaries or objects."""
    model = Responses("m", reasoning=True)
    item = SimpleNamespace(
        type="reasoning",
        id="rs_1",
        encrypted_content="E",
        summary=[{"text": "a"}, obj(text="b")],
        content=[obj(text="c")],
    )
    assert model._reasoning_text_from_item(item) == "a\n\nbc"
    event = model._reasoning_event(item, include_text=False)
    assert (event.chunk, event.redacted) == ("", False)
    known = {"id": "rs_1", "encrypted_content": "E", "summary": [{"text": "a"}, {"text": "b"}]}
    assert event.provider_metadata == {"openai": known}
    event.part_index, event.message_index = 3, 1
    (refreshed,) = model._reasoning_refresh_events(
        {
            "output": [
                {"type": "reasoning", "id": "rs_1", "encrypted_content": "F"},
                {"type": "reasoning", "id": "rs_2"},
            ]
        },
        {"rs_1": event},
    )
    assert (refreshed.part_index, refreshed.message_index, refreshed.chunk) == (3, 1, "")
    assert refreshed.provider_metadata == {"openai": {"id": "rs_1", "encrypted_content": "F"}}
    outputs = SimpleNamespace(type="code_interpreter_call", id="ci", outputs=[{"logs": "a"}, obj(url="u")], code=None)
    assert [made.chunk for made in model._server_tool_events(outputs, 2)] == [
        "code_interpreter",
        '{"code": ""}',
        "a\nu",
    ]


def test_usage_hook() -> None:
    """Counts are recorded as given, details only where there are any."""
    response = Responses("m").prompt("hi")
    Responses("m")._set_usage_responses(response, {})
    assert counts(response) == (None, None, None)
    usage = {"output_tokens": 4, "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {}}
    Responses("m")._set_usage_responses(response, usage)
    assert counts(response) == (0, 4, {"input_tokens_details": {"cached_tokens": 0}})


def test_json_replacements() -> None:
    """The fragments for condensing are those on disk; for reading there are those of both APIs."""
    assert set(Chat("m").json_replacements) == {"completion_tokens_details_0", "prompt_tokens_details_0"}
    assert set(Responses("m").json_replacements) == {
        "tool_usage_0", "input_tokens_details_0", "reasoning_settings_0", "reasoning_settings_1", "text_format_0",
        "response_env_0", "message_completed",
    }  # fmt: skip
    known = {**Chat("m").json_replacements, **Responses("m").json_replacements}
    assert Chat("m").readable_json_replacements == Responses("m").readable_json_replacements == known


def test_continued_conversation(loopback: Loopback) -> None:
    """A conversation sends what was said, with the reasoning in its place."""
    loopback.on(RESPONSES, stream_of(THOUGHT, MESSAGE), stream_of())
    conversation = Responses("m", api_base=loopback.base_url, reasoning=True).conversation()
    conversation.prompt("one", key=KEY).text()
    conversation.prompt("two", key=KEY).text()
    kinds = [item.get("type") or (item["role"], item["content"]) for item in loopback.bodies[-1]["input"]]
    assert kinds == [("user", "one"), "reasoning", ("assistant", "ok"), ("user", "two")]
    assert isinstance(llm.user("x"), llm.Message)
