"""The tables of models, once more and in full: what each one is must not change by accident."""

from __future__ import annotations

from typing import Any

import pytest

from llm.default_plugins import openai_models

IMAGES = {"image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"}
NEWEST = (
    "gpt-5.4 gpt-5.4-2026-03-05 gpt-5.4-mini gpt-5.4-mini-2026-03-17 gpt-5.4-nano gpt-5.4-nano-2026-03-17 gpt-5.5"
    " gpt-5.5-2026-04-23 gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna gpt-6-astra gpt-6-sol gpt-6-luna"
)
GPT_5 = (
    "gpt-5 gpt-5-mini gpt-5-nano gpt-5-2025-08-07 gpt-5-mini-2025-08-07 gpt-5-nano-2025-08-07"
    " gpt-5.1 gpt-5.2 gpt-5.2-chat-latest"
)

#: V vision, R reasoning, B verbosity, O image detail "original", S schemas, T function tools
TABLE: dict[str, tuple[str, str, str]] = {
    "gpt-4o": ("Chat", "VST", "4o"),
    "gpt-4o-mini": ("Chat", "VST", "4o-mini"),
    "gpt-4.1": ("Chat", "VST", "4.1"),
    "gpt-4.1-mini": ("Chat", "VST", "4.1-mini"),
    "gpt-4.1-nano": ("Chat", "VST", "4.1-nano"),
    "gpt-3.5-turbo": ("Chat", "", "3.5 chatgpt"),
    "gpt-3.5-turbo-16k": ("Chat", "", "chatgpt-16k 3.5-16k"),
    "gpt-4": ("Chat", "", "4 gpt4"),
    "gpt-4-turbo-2024-04-09": ("Chat", "", ""),
    "gpt-4-turbo": ("Chat", "", "gpt-4-turbo-preview 4-turbo 4t"),
    "o1": ("Responses", "VRST", ""),
    "o1-2024-12-17": ("Responses", "VRST", ""),
    "o3-mini": ("Responses", "RST", ""),
    "o3": ("Responses", "VRST", ""),
    "o4-mini": ("Responses", "VRST", ""),
    **dict.fromkeys(GPT_5.split(), ("Responses", "VRBST", "")),
    **dict.fromkeys(NEWEST.split(), ("Responses", "VRBOST", "")),
    "gpt-3.5-turbo-instruct": ("Completion", "", "3.5-instruct chatgpt-instruct"),
}
ASYNC = {"Chat": "AsyncChat", "Responses": "AsyncResponses", "Completion": None}


def letters(model: Any) -> str:
    """The capabilities of a model as letters."""
    options = model.Options.model_fields
    detail = options.get("image_detail")
    has = {
        "V": model.vision,
        "R": "reasoning_effort" in options,
        "B": "verbosity" in options,
        "O": detail is not None and "original" in detail.description,
        "S": model.supports_schema,
        "T": model.supports_tools,
    }
    return "".join(letter for letter, value in has.items() if value)


def test_models() -> None:
    """Each model of the table has its class, flags and aliases, the async variant those of its twin."""
    found: dict[str, tuple[str, str, str]] = {}

    def register(model: Any, async_model: Any = None, aliases: tuple[str, ...] = ()) -> None:
        kind = type(model).__name__
        found[model.model_id] = (kind, letters(model), " ".join(aliases))
        assert (type(async_model).__name__ if async_model else None) == ASYNC[kind]
        assert async_model is None or letters(async_model) == letters(model)

    openai_models.register_models(register)
    assert list(found.items()) == list(TABLE.items())


def test_what_all_models_share() -> None:
    """Names on the wire are the ids; system prompts are allowed; what sees takes images and PDF, nobody sound."""

    def register(*models: Any, aliases: tuple[str, ...] = ()) -> None:
        for model in models:
            assert (model.model_name, model.api_base, model.headers) == (None, None, None)
            assert model.allows_system_prompt is True
            assert model.attachment_types == (IMAGES if model.vision else set())

    openai_models.register_models(register)


EMBEDDINGS = [
    ("text-embedding-ada-002", "ada ada-002", "text-embedding-ada-002", None),
    ("text-embedding-3-small", "3-small", "text-embedding-3-small", None),
    ("text-embedding-3-large", "3-large", "text-embedding-3-large", None),
    ("text-embedding-3-small-512", "3-small-512", "text-embedding-3-small", 512),
    ("text-embedding-3-large-256", "3-large-256", "text-embedding-3-large", 256),
    ("text-embedding-3-large-1024", "3-large-1024", "text-embedding-3-large", 1024),
]


def test_embedding_models() -> None:
    """Each embedding model of the table has its aliases, the API's name and its dimensions."""
    found: list[Any] = []

    def register(model: Any, aliases: tuple[str, ...] = ()) -> None:
        found.append((model.model_id, " ".join(aliases), model.openai_model_id, model.dimensions))

    openai_models.register_embedding_models(register)
    assert found == EMBEDDINGS


NAMES = (
    "register_models register_embedding_models register_commands Chat AsyncChat Responses AsyncResponses Completion"
    " OpenAIEmbeddingModel _Shared _SharedResponses WebSearch CodeInterpreter SharedOptions build_options_class"
    " enum_values_sentence ReasoningEffortEnum ReasoningSummaryEnum VerbosityEnum ImageDetailEnum"
    " ImageDetailWithOriginalEnum not_nulls combine_chunks redact_data _attachment _responses_attachment"
    " remove_dict_none_values simplify_usage_dict logging_client StreamEvent openai"
)


@pytest.mark.parametrize("name", NAMES.split())
def test_importable_names(name: str) -> None:
    """Programs import these names from `llm.default_plugins.openai_models`, private-looking ones too."""
    assert getattr(openai_models, name) is not None


def test_reexports() -> None:
    """What `llm.utils` offers is the same object there."""
    import llm.utils

    for name in ("remove_dict_none_values", "simplify_usage_dict", "logging_client"):
        assert getattr(openai_models, name) is getattr(llm.utils, name)
