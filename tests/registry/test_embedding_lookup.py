from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import llm
from llm.core.errors import UnknownModelError
from llm.registry.embedding_models import (
    EmbeddingModelWithAliases,
    get_embedding_model,
    get_embedding_model_aliases,
    get_embedding_models,
    get_embedding_models_with_aliases,
)
from tests.registry.stand_ins import FakeModel, embedding_plugin, model_plugin

Register = Callable[..., None]


def test_records() -> None:
    """The record is a dataclass of two required positional fields, known as a class of `llm.models`."""
    assert [field.name for field in fields(EmbeddingModelWithAliases)] == ["model", "aliases"]
    assert EmbeddingModelWithAliases.__module__ == "llm.models"
    assert list(get_type_hints(EmbeddingModelWithAliases)) == ["model", "aliases"]


@pytest.mark.parametrize(("query", "found"), [("ALIAS", True), ("fake: E", True), ("f e", False)])
def test_matches(query: str, found: bool) -> None:
    """A query is found in aliases and the displayed name, in any case."""
    model: Any = FakeModel("e")
    assert EmbeddingModelWithAliases(model, ["an-alias"]).matches(query) is found


def test_look_up(register_plugins: Register, user_path: Path) -> None:
    """Models come as registered, with the user's aliases last, and by any name; of equal names the last counts."""
    (user_path / "aliases.json").write_text('{"mine": "e-1", "shared": "e-1", "odd": {}}')
    models: list[Any] = [FakeModel("e-1"), FakeModel("e-2")]
    first, second = models
    register_plugins(embedding_plugin("p", (first, ("a", "both")), (second, ("both", "shared"))))
    assert get_embedding_models() == [first, second]
    assert [entry.aliases for entry in get_embedding_models_with_aliases()] == [
        ["a", "both", "mine", "shared"],
        ["both", "shared"],
    ]
    assert get_embedding_model_aliases() == {
        "a": first, "both": second, "mine": first, "shared": first, "e-1": first, "e-2": second,
    }  # fmt: skip
    assert get_embedding_model("mine") is first


def test_chat_models_are_others(register_plugins: Register) -> None:
    """The two kinds of models do not answer for each other, and no name means no model: there is no default here."""
    register_plugins(model_plugin("chat", (FakeModel("m"),)), embedding_plugin("p", (FakeModel("e"),)))
    for name in ("m", "gone", ""):
        with pytest.raises(UnknownModelError) as caught:
            get_embedding_model(name)
        assert caught.value.args == (f"Unknown model: {name}",)


def test_replaced_list(register_plugins: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that replaces `llm.get_embedding_models_with_aliases` decides what is found."""
    register_plugins(embedding_plugin("p", (FakeModel("hidden"),)))
    model: Any = FakeModel("shown")
    monkeypatch.setattr(llm, "get_embedding_models_with_aliases", lambda: [EmbeddingModelWithAliases(model, ["a"])])
    assert get_embedding_models() == [model]
    assert get_embedding_model("a") is model
    with pytest.raises(UnknownModelError):
        get_embedding_model("hidden")
