"""Legacy completion models."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

import llm
from llm.cli import cli
from llm.core.attachments import Attachment
from llm.core.parts import ToolCallPart
from llm.providers.openai.completion import Completion
from tests.loopback import json_reply, sse_reply
from tests.providers.openai.wire import FakeClient, Wire, obj, read


@pytest.fixture
def wire(wire: Wire) -> Wire:
    """Completion models have no async variant."""
    if wire.is_async:
        pytest.skip("blocking only")
    return wire


def text_chunk(text: str, **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "text": text, "finish_reason": None, "logprobs": None, **fields}
    return {"id": "cmpl", "object": "text_completion", "created": 1, "model": "m", "choices": [choice]}


USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def test_body(wire: Wire) -> None:
    """The texts of user and model make the prompt, a line each; the limit is the model's."""
    model = wire.completion(sse_reply(text_chunk("ok")), default_max_tokens=256)
    history = [
        llm.user("one", Attachment(type="image/png", content=b"abc")),
        llm.assistant("two", ToolCallPart("f", {}, "c1")),
        llm.Message("developer", llm.user("no").parts),
        llm.assistant(""),
    ]
    wire.ask(model, "three", messages=history)
    assert wire.body == {
        "model": "m", "prompt": "one\ntwo\nthree", "stream": True, "max_tokens": 256,
        "stream_options": {"include_usage": True},
    }  # fmt: skip


def test_options(wire: Wire) -> None:
    """Options go out by their own names."""
    wire.ask(wire.completion(json_reply(text_chunk("ok"))), stream=False, logprobs=2, max_tokens=3)
    assert wire.body == {"model": "m", "prompt": "hi", "stream": False, "logprobs": 2, "max_tokens": 3}


def test_stream(wire: Wire) -> None:
    """Text, payload with log probabilities, counts and the reported model."""
    logprobs = {"text_offset": [0], "token_logprobs": [-1], "tokens": ["a"], "top_logprobs": [{"a": -1}]}
    chunks = [
        {**text_chunk("a", logprobs=logprobs), "model": "m-2026"},
        text_chunk(""),
        {**text_chunk("b"), "choices": [], "usage": USAGE},
    ]
    outcome = wire.ask(wire.completion(sse_reply(*chunks)))
    assert [event.chunk for event in outcome.events] == ["a", ""]
    stored = outcome.response.response_json
    assert (stored["content"], stored["object"]) == ("a", "text_completion")
    assert repr(stored["logprobs"]) == "[{'text': 'a', 'top_logprobs': [{'a': -1.0}]}]"
    assert (outcome.usage, outcome.response.resolved_model) == ((1, 2, {}), "m-2026")
    assert outcome.response._prompt_json == {"messages": ["hi"]}


def test_whole_reply(wire: Wire) -> None:
    """A reply in one piece."""
    outcome = wire.ask(wire.completion(json_reply({**text_chunk("whole"), "usage": USAGE})), stream=False)
    assert (outcome.text, outcome.usage) == ("whole", (1, 2, {}))
    assert outcome.response.response_json["choices"][0]["text"] == "whole"


def test_system_prompt(wire: Wire) -> None:
    """These models take no system prompt."""
    with pytest.raises(NotImplementedError, match="not supported for OpenAI completion models"):
        wire.ask(wire.completion(), system="sys")
    assert wire.loopback.requests == []


def test_foreign_client() -> None:
    """A fake client's objects need have only the text."""
    model = Completion("m")
    model.get_client = lambda *_: FakeClient([obj(choices=[{"text": "a"}]), obj(choices=[])])  # type: ignore[method-assign]
    assert read(model.prompt("hi", key="k")).text == "a"


def test_constructor() -> None:
    """The constructor is that of Chat with a limit of tokens."""
    model = Completion("m", "k", default_max_tokens=5)
    assert (model.key, model.default_max_tokens, str(model)) == ("k", 5, "OpenAI Completion: m")


def test_system_prompt_of_a_completion_model() -> None:
    """That completion models take no system prompt is one line, with exit code 1."""
    words = ["prompt", "-m", "gpt-3.5-turbo-instruct", "--key", "k", "-s", "sys", "hi"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "not supported for OpenAI completion models" in result.stderr
