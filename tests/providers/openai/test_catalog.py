"""The table of models, and the plugin that registers it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import llm
from llm.default_plugins import default_tools, openai_models

IDS = [
    "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-3.5-turbo", "gpt-3.5-turbo-16k",
    "gpt-4", "gpt-4-turbo-2024-04-09", "gpt-4-turbo", "o1", "o1-2024-12-17", "o3-mini", "o3", "o4-mini", "gpt-5",
    "gpt-5-mini", "gpt-5-nano", "gpt-5-2025-08-07", "gpt-5-mini-2025-08-07", "gpt-5-nano-2025-08-07", "gpt-5.1",
    "gpt-5.2", "gpt-5.2-chat-latest", "gpt-5.4", "gpt-5.4-2026-03-05", "gpt-5.4-mini", "gpt-5.4-mini-2026-03-17",
    "gpt-5.4-nano", "gpt-5.4-nano-2026-03-17", "gpt-5.5", "gpt-5.5-2026-04-23", "gpt-5.6-sol", "gpt-5.6-terra",
    "gpt-5.6-luna", "gpt-6-astra", "gpt-6-sol", "gpt-6-luna", "gpt-3.5-turbo-instruct",
]  # fmt: skip

IMAGES = {"image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"}


@pytest.fixture
def rows() -> dict[str, tuple[Any, Any, tuple[str, ...]]]:
    """What is registered, by model id and in order."""
    found: dict[str, tuple[Any, Any, tuple[str, ...]]] = {}

    def register(model: Any, async_model: Any = None, aliases: tuple[str, ...] = ()) -> None:
        found[model.model_id] = (model, async_model, tuple(aliases))

    openai_models.register_models(register)
    return found


def test_order(rows: dict[str, Any]) -> None:
    """The models are registered in the order of the table."""
    assert list(rows) == IDS


def test_variants(rows: dict[str, Any]) -> None:
    """Every model but the completion model has an async variant of the same id and text."""
    without = [model_id for model_id, (_, async_model, _) in rows.items() if async_model is None]
    assert without == ["gpt-3.5-turbo-instruct"]
    for model, async_model, _ in rows.values():
        if async_model is not None:
            assert (async_model.model_id, str(async_model)) == (model.model_id, str(model))
            assert async_model.attachment_types == model.attachment_types


@pytest.mark.parametrize(
    ("model_id", "text"),
    [
        ("gpt-4o", "OpenAI Chat: gpt-4o"),
        ("gpt-5.5", "OpenAI Responses: gpt-5.5"),
        ("gpt-3.5-turbo-instruct", "OpenAI Completion: gpt-3.5-turbo-instruct"),
    ],
)
def test_text(rows: dict[str, Any], model_id: str, text: str) -> None:
    """A model shows as its API and its id, in angle brackets in its repr."""
    model = rows[model_id][0]
    assert (str(model), repr(model)) == (text, f"<{text}>")


@pytest.mark.parametrize(
    ("model_id", "aliases"),
    [
        ("gpt-4o", ("4o",)),
        ("gpt-4o-mini", ("4o-mini",)),
        ("gpt-4.1", ("4.1",)),
        ("gpt-4.1-mini", ("4.1-mini",)),
        ("gpt-4.1-nano", ("4.1-nano",)),
        ("gpt-3.5-turbo", ("3.5", "chatgpt")),
        ("gpt-4", ("4", "gpt4")),
        ("gpt-3.5-turbo-16k", ("chatgpt-16k", "3.5-16k")),
        ("gpt-4-turbo", ("gpt-4-turbo-preview", "4-turbo", "4t")),
        ("gpt-5.6-luna", ()),
        ("gpt-3.5-turbo-instruct", ("3.5-instruct", "chatgpt-instruct")),
    ],
)
def test_aliases(rows: dict[str, Any], model_id: str, aliases: tuple[str, ...]) -> None:
    """Aliases are those of LLM 0.36, in its order; a model without any has none."""
    assert rows[model_id][2] == aliases


@pytest.mark.parametrize(
    ("model_id", "vision", "schema", "tools", "options"),
    [
        ("gpt-4o", True, True, True, {"service_tier"}),
        ("gpt-4", False, False, False, {"service_tier"}),
        ("o3-mini", False, True, True, {"reasoning_effort", "reasoning_summary", "chat_completions"}),
        ("gpt-5", True, True, True, {"verbosity", "reasoning_effort", "service_tier"}),
    ],
)
def test_capabilities(
    rows: dict[str, Any], model_id: str, vision: bool, schema: bool, tools: bool, options: set[str]
) -> None:
    """Flags decide about attachments, schemas, tools and options."""
    model = rows[model_id][0]
    assert (model.attachment_types == IMAGES, model.supports_schema, model.supports_tools) == (vision, schema, tools)
    assert options <= set(model.Options.model_fields)


def test_image_detail(rows: dict[str, Any]) -> None:
    """Only models from gpt-5.4 on take images at their original size."""
    assert rows["gpt-5.4"][0].Options(image_detail="original").image_detail.value == "original"
    with pytest.raises(ValueError, match="'low', 'high' or 'auto'"):
        rows["gpt-5.2"][0].Options(image_detail="original")


def test_streaming_and_limits(rows: dict[str, Any]) -> None:
    """The o1 models do not stream, and only the completion model limits tokens by itself."""
    assert [model_id for model_id, (model, _, _) in rows.items() if not model.can_stream] == ["o1", "o1-2024-12-17"]
    limits = {model_id: model.default_max_tokens for model_id, (model, _, _) in rows.items()}
    assert {model_id: limit for model_id, limit in limits.items() if limit} == {"gpt-3.5-turbo-instruct": 256}
    assert "service_tier" not in rows["gpt-3.5-turbo-instruct"][0].Options.model_fields


def test_keys(rows: dict[str, Any]) -> None:
    """All of them use OpenAI's key."""
    for model, async_model, _ in rows.values():
        for variant in filter(None, (model, async_model)):
            assert (variant.needs_key, variant.key_env_var, variant.key) == ("openai", "OPENAI_API_KEY", None)


def test_server_side_tools(rows: dict[str, Any]) -> None:
    """Responses models take OpenAI's tools and raw specifications, which are no plugin's; the others take none."""
    expected = (openai_models.WebSearch, openai_models.CodeInterpreter, llm.ServerSideTool)
    for variant in rows["gpt-5"][:2]:
        assert tuple(variant.supported_server_side_tools) == expected
    assert [kind.plugin for kind in expected] == [None] * 3
    assert tuple(rows["gpt-4o"][0].supported_server_side_tools) == ()
    assert tuple(rows["gpt-3.5-turbo-instruct"][0].supported_server_side_tools) == ()


def test_embedding_models() -> None:
    """Six embedding models are registered in this order, with these API names, aliases and dimensions."""
    found: list[tuple[Any, ...]] = []

    def register(model: Any, aliases: tuple[str, ...] = ()) -> None:
        found.append((model.model_id, model.openai_model_id, tuple(aliases), model.dimensions))

    openai_models.register_embedding_models(register)
    small, large = "text-embedding-3-small", "text-embedding-3-large"
    assert found == [
        ("text-embedding-ada-002", "text-embedding-ada-002", ("ada", "ada-002"), None),
        (small, small, ("3-small",), None),
        (large, large, ("3-large",), None),
        (f"{small}-512", small, ("3-small-512",), 512),
        (f"{large}-256", large, ("3-large-256",), 256),
        (f"{large}-1024", large, ("3-large-1024",), 1024),
    ]


def test_default_tools() -> None:
    """The plugin of the default tools registers the very functions of `llm.tools`."""
    import llm.tools

    found: list[Any] = []
    default_tools.register_tools(found.append)
    assert found == [llm.tools.llm_version, llm.tools.llm_time]


def test_plugin_names() -> None:
    """Every name that programs import from the plugin's module is there and is the object itself."""
    for name, home in openai_models._HOMES.items():
        value = getattr(openai_models, name)
        assert value is getattr(openai_models, name)
        module = getattr(value, "__module__", "")
        if isinstance(value, type) and home.startswith("llm.providers.openai"):
            assert module == "llm.default_plugins.openai_models", name


def test_plugin_lists_no_lazy_names() -> None:
    """Pluggy looks at every listed name, so names that are not loaded yet are not listed."""
    code = (
        "from llm.default_plugins import openai_models as m; import pluggy, sys;"
        "pluggy.PluginManager('llm').register(m);"
        "print([x for x in ('openai', 'pydantic', 'httpx2', 'llm.engine') if x in sys.modules])"
    )
    assert _python(code) == "[]"


def test_registering_is_light() -> None:
    """Registering and showing the models loads neither the SDK nor Pydantic, YAML or an HTTP client."""
    code = (
        "from llm.default_plugins import openai_models as m; import sys; found = [];"
        "m.register_models(lambda *models, aliases=(): found.extend(map(str, models)));"
        "m.register_embedding_models(lambda model, aliases=(): found.append(str(model)));"
        "print([x for x in ('openai', 'pydantic', 'httpx2', 'yaml', 'asyncio', 'numpy') if x in sys.modules])"
    )
    assert _python(code) == "[]"


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
