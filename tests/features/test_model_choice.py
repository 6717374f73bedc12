"""Which model answers when nobody named one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import llm
from llm.core.errors import NeedsKeyException
from llm.features.model_choice import NoMatchingModelError, NoModelReadyError, default_model, matching_model_id
from llm.providers.local.chat import LocalChat
from tests.registry.stand_ins import FakeModel, plugin


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local part is installed."""
    monkeypatch.setattr(LocalChat, "available", lambda _: True)


@pytest.fixture
def no_local(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local part is not installed."""
    monkeypatch.setattr(LocalChat, "available", lambda _: False)


@pytest.mark.usefixtures("local")
def test_local_model_without_a_key() -> None:
    """Without a key for the default model the local one answers, and the notice names how to set a key or a default."""
    choice = default_model()
    assert choice.model.model_id == "smollm2"
    assert choice.notice is not None
    assert "llm keys set openai" in choice.notice
    assert "llm models default" in choice.notice
    assert "\n" not in choice.notice


@pytest.mark.usefixtures("local")
def test_async_variant() -> None:
    """The same holds for the async variants."""
    assert isinstance(default_model(asynchronous=True).model, llm.AsyncModel)


@pytest.mark.usefixtures("no_local")
def test_no_model_is_ready() -> None:
    """Without the local part the error lists three ways on: a key, the local part, any compatible server."""
    with pytest.raises(NoModelReadyError) as raised:
        default_model()
    text = str(raised.value)
    assert "llm keys set openai" in text
    assert "llm install 'llm[local]'" in text
    assert "extra-openai-models.yaml" in text


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("where", ["stored", "environment", "given"])
def test_default_model_with_a_key(where: str, user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key, wherever it comes from, the default model answers and nothing is said."""
    if where == "stored":
        (user_path / "keys.json").write_text('{"openai": "sk-x"}', encoding="utf-8")
    if where == "environment":
        monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    choice = default_model(key="sk-x" if where == "given" else None)
    assert (choice.model.model_id, choice.notice) == (llm.DEFAULT_MODEL, None)


@pytest.mark.usefixtures("local")
def test_a_chosen_default_is_never_replaced() -> None:
    """A default that the user chose is used although its key is missing: running it tells so."""
    llm.set_default_model("gpt-4o-mini")
    choice = default_model()
    assert (choice.model.model_id, choice.notice) == ("gpt-4o-mini", None)
    with pytest.raises(NeedsKeyException):
        choice.model.prompt("x").text()


def test_search(register_plugins: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """Of the models that match every text the shortest id is taken; a plugin that fails is reported and left out."""

    def offer(register: Callable[..., None]) -> None:
        for model_id in ("small-mini-2", "small-mini", "mini"):
            register(FakeModel(model_id))

    def fail() -> None:
        raise OSError("the server is down")

    register_plugins(plugin("offering", register_models=offer), plugin("failing", register_models=fail))
    assert matching_model_id(["small", "MINI"]) == "small-mini"
    with pytest.raises(NoMatchingModelError, match="small, xyzzy"):
        matching_model_id(["small", "xyzzy"])
    assert "plugin failing failed in register_models. OSError: the server is down" in capsys.readouterr().err
