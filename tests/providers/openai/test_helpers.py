"""Helpers that plugins import, and models that are no more."""

from __future__ import annotations

import inspect
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest

import llm
from llm.core.errors import UnknownModelError
from llm.default_plugins import openai_models
from llm.providers.openai.embeddings import OpenAIEmbeddingModel
from tests.providers.openai.wire import obj

RETIRED = [
    "chatgpt-4o-latest",
    "gpt-4o-audio-preview",
    "gpt-4o-audio-preview-2024-12-17",
    "gpt-4o-audio-preview-2024-10-01",
    "gpt-4o-mini-audio-preview",
    "gpt-4o-mini-audio-preview-2024-12-17",
    "gpt-4-32k",
    "gpt-4-1106-preview",
    "gpt-4-0125-preview",
    "gpt-4.5-preview-2025-02-27",
    "gpt-4.5-preview",
    "o1-preview",
    "o1-mini",
    "gpt-5.1-chat-latest",
]


@pytest.mark.parametrize("model_id", RETIRED)
def test_retired_models(model_id: str) -> None:
    """Models that OpenAI has retired are not registered, neither the blocking nor the async variant."""
    for look_up in (llm.get_model, llm.get_async_model):
        with pytest.raises(UnknownModelError):
            look_up(model_id)


def test_completion_has_no_async_variant() -> None:
    """The completion model is there for blocking code only."""
    assert str(llm.get_model("3.5-instruct")) == "OpenAI Completion: gpt-3.5-turbo-instruct"
    with pytest.raises(UnknownModelError):
        llm.get_async_model("gpt-3.5-turbo-instruct")


def test_not_nulls() -> None:
    """What iterates as pairs becomes a dictionary without the None values; false values stay."""
    pairs = [("a", None), ("b", 0), ("c", ""), ("d", [None])]
    assert openai_models.not_nulls(pairs) == {"b": 0, "c": "", "d": [None]}
    options = openai_models.build_options_class()(temperature=0)
    assert openai_models.not_nulls(options) == {"temperature": 0}


@pytest.mark.parametrize(
    ("data", "redacted"),
    [
        ({"image_url": {"url": "data:image/png;base64,AA"}}, {"image_url": {"url": "data:..."}}),
        ({"image_url": {"url": "https://x/y.png"}}, {"image_url": {"url": "https://x/y.png"}}),
        ([{"x": [{"input_audio": {"data": "AA", "n": 1}}]}], [{"x": [{"input_audio": {"data": "...", "n": 1}}]}]),
        ("data:image/png;base64,AA", "data:image/png;base64,AA"),
        ({"text": "data:x"}, {"text": "data:x"}),
        (None, None),
    ],
)  # fmt: skip
def test_redact_data(data: Any, redacted: Any) -> None:
    """Pictures and sound are replaced wherever they are nested; addresses and texts stay."""
    assert openai_models.redact_data(data) == redacted


def test_redact_data_in_place() -> None:
    """The very object is changed and returned."""
    data = {"content": [{"image_url": {"url": "data:x"}}]}
    assert openai_models.redact_data(data) is data
    assert data == {"content": [{"image_url": {"url": "data:..."}}]}


def test_what_is_sent_is_not_redacted() -> None:
    """A copy is redacted: the arguments of the request stay whole."""
    sent = {"messages": [{"content": [{"image_url": {"url": "data:x"}}]}]}
    openai_models.redact_data(deepcopy(sent))
    assert sent["messages"][0]["content"][0]["image_url"]["url"] == "data:x"


def test_combine_no_chunks() -> None:
    """No chunks give empty content, no role and no usage."""
    combined = openai_models.combine_chunks([])
    assert (combined["content"], combined["usage"], combined.get("role")) == ("", {}, None)


def test_combine_chunks() -> None:
    """Texts joined, role of the last delta, last finish reason that is given, last usage, the rest of the first."""
    common = {"id": "c1", "object": "chat.completion.chunk", "model": "m", "created": 1}
    chunks = [
        obj(**common, choices=[{"index": 0, "delta": {"role": "assistant", "content": "a"}, "finish_reason": None}]),
        obj(id="c2", model="n", choices=[{"index": 0, "delta": {"content": "b"}, "finish_reason": "stop"}]),
        obj(
            id="c3",
            choices=[{"index": 0, "delta": {"content": None}, "finish_reason": None}],
            usage={"prompt_tokens": 1},
        ),
    ]
    combined = openai_models.combine_chunks(chunks)
    assert {name: combined[name] for name in common} == common
    assert (combined["content"], combined["role"], combined["finish_reason"]) == ("ab", None, "stop")
    assert combined["usage"]["prompt_tokens"] == 1


def test_combine_legacy_chunks() -> None:
    """Texts of completions are joined as well, with their log probabilities as a list."""
    probabilities = SimpleNamespace(top_logprobs=[{"a": -1.0}])
    chunks = [
        SimpleNamespace(choices=[SimpleNamespace(text="a", logprobs=probabilities)], usage=None, id="c", model="m"),
        SimpleNamespace(choices=[SimpleNamespace(text="b", logprobs=None)], usage=None, id="c", model="m"),
    ]
    combined = openai_models.combine_chunks(chunks)
    assert combined["content"] == "ab"
    assert combined["logprobs"] == [{"text": "a", "top_logprobs": [{"a": -1.0}]}]


def test_embedding_model_attributes() -> None:
    """Embedding models take texts in batches of a hundred, with the key for OpenAI."""
    model = OpenAIEmbeddingModel("m", "theirs", 7)
    assert (model.model_id, model.openai_model_id, model.dimensions) == ("m", "theirs", 7)
    assert (model.needs_key, model.key_env_var, model.batch_size) == ("openai", "OPENAI_API_KEY", 100)
    assert (model.supports_text, model.supports_binary) == (True, False)


ORDER = [
    "model_id",
    "key",
    "model_name",
    "api_base",
    "api_type",
    "api_version",
    "api_engine",
    "headers",
    "can_stream",
    "vision",
    "audio",
    "reasoning",
    "verbosity",
    "image_detail_original",
    "service_tier",
    "supports_schema",
    "supports_tools",
    "allows_system_prompt",
]


@pytest.mark.parametrize(("name", "more"), [("Chat", []), ("AsyncChat", []), ("Responses", ["reasoning_summary"]),
                                            ("AsyncResponses", ["reasoning_summary"])])  # fmt: skip
def test_order_of_parameters(name: str, more: list[str]) -> None:
    """The order of the constructors' parameters is fixed: plugins pass the first ones by place."""
    assert list(inspect.signature(getattr(openai_models, name)).parameters) == ORDER + more
