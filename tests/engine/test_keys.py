"""API keys of models: which one is used, when it is looked up, and what happens when there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import llm
from tests.engine.faces import Face


@pytest.fixture(autouse=True)
def stored_key(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One stored key of another name, and no key in the environment."""
    (user_path / "keys.json").write_text(json.dumps({"other": "stored other"}))
    monkeypatch.delenv("SCRIPTED_KEY", raising=False)


def store(user_path: Path) -> None:
    (user_path / "keys.json").write_text(json.dumps({"scripted": "stored", "other": "stored other"}))


def used_key(face: Face, model: Any, **arguments: Any) -> Any:
    face.text(model.prompt("x", **arguments))
    return model.script.calls[-1].key


def test_order_of_keys(face: Face, user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Explicit key, else the one set on the object, else the stored one, else the environment's."""
    model = face.key_model(*[["a"]] * 6)
    monkeypatch.setenv("SCRIPTED_KEY", "from environment")
    assert used_key(face, model) == "from environment"
    store(user_path)
    assert used_key(face, model) == "stored"
    assert used_key(face, model, key="explicit") == "explicit"
    assert used_key(face, model, key="other") == "stored other"
    model.key = "on the object"
    assert used_key(face, model) == "on the object"
    assert used_key(face, model, key="explicit") == "explicit"


def test_an_empty_explicit_key(face: Face, user_path: Path) -> None:
    """An empty explicit key counts as not given."""
    store(user_path)
    assert used_key(face, face.key_model(["a"]), key="") == "stored"


def test_no_key(face: Face) -> None:
    """Without a key, running raises `NeedsKeyException`, a `ModelError` that names the alias and the variable."""
    model = face.key_model(["a"])
    response = model.prompt("x")
    with pytest.raises(llm.NeedsKeyException, match=r"llm keys set scripted.*SCRIPTED_KEY") as caught:
        face.text(response)
    assert isinstance(caught.value, llm.ModelError)
    model.key_env_var = None
    with pytest.raises(llm.NeedsKeyException) as caught:
        model.get_key()
    assert "environment" not in str(caught.value)


def test_a_model_without_keys(face: Face) -> None:
    """Where `needs_key` is None, get_key() is None, and an explicit key is ignored."""
    model = face.key_model(["a"], needs_key=None)
    assert model.get_key("explicit") is None
    assert used_key(face, model, key="explicit") is None
    assert face.model().get_key("explicit") is None


def test_get_key_on_every_model(face: Face, user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that look after their key themselves call `self.get_key()`, with or without an explicit one."""
    model = face.model(needs_key="scripted", key_env_var="SCRIPTED_KEY")
    assert (model.key, face.model().needs_key, face.model().key_env_var) == (None, None, None)
    with pytest.raises(llm.NeedsKeyException):
        model.get_key()
    monkeypatch.setenv("SCRIPTED_KEY", "from environment")
    assert model.get_key() == "from environment"
    assert model.get_key("explicit") == model.get_key(explicit_key="explicit") == "explicit"
    model.key = "on the object"
    assert model.get_key() == "on the object"


def test_get_key_is_looked_up_on_the_module(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """`llm.get_key` may be replaced: the model asks it with these keywords, when it runs."""
    asked: list[Any] = []

    def replaced(**named: Any) -> str:
        asked.append(named)
        return "replaced"

    monkeypatch.setattr(llm, "get_key", replaced)
    model = face.key_model(["a"])
    response = model.prompt("x", key="explicit")
    assert asked == []
    face.text(response)
    assert asked == [{"explicit_key": "explicit", "key_alias": "scripted", "env_var": "SCRIPTED_KEY"}]
    assert model.script.calls[0].key == "replaced"


def test_get_key_is_not_asked_without_need(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replaced `llm.get_key` that takes nothing or raises is no trouble for models without keys."""

    def forbidden() -> None:
        raise AssertionError("nobody needs a key here")

    monkeypatch.setattr(llm, "get_key", forbidden)
    assert face.text(face.model(["a"]).prompt("x")) == "a"
    assert used_key(face, face.key_model(["a"], key="own")) == "own"


def test_get_key_overridden_by_the_model(face: Face) -> None:
    """A model that overrides get_key() is asked, with the explicit key."""
    model = face.key_model(["a"])
    model.get_key = lambda explicit_key=None: f"own {explicit_key}"
    assert used_key(face, model, key="k") == "own k"


def test_conversations_and_chains_hand_the_key_on(face: Face) -> None:
    """The key of conversation.prompt() and of a chain reaches every call."""
    call = llm.ToolCall("t", {}, "i")
    model = face.key_model(["a"], [call], ["b"])
    conversation = model.conversation(tools=[llm.Tool("t", implementation=lambda: "1")])
    face.text(conversation.prompt("x", key="one"))
    face.text(conversation.chain("x", key="two"))
    assert [call.key for call in model.script.calls] == ["one", "two", "two"]
