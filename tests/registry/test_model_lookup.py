from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import llm
from llm.core.errors import UnknownModelError
from llm.registry.hookspecs import hookimpl
from llm.registry.models import (
    ModelWithAliases,
    get_async_model,
    get_async_model_aliases,
    get_async_models,
    get_model,
    get_model_aliases,
    get_models,
    get_models_with_aliases,
)
from llm.registry.plugin_manager import pm
from tests.registry.stand_ins import FakeAsyncModel, FakeModel, model_plugin, plugin

Register = Callable[..., None]


def set_aliases(user_path: Path, **aliases: Any) -> None:
    (user_path / "aliases.json").write_text(json.dumps(aliases))


def ids(entries: list[ModelWithAliases]) -> list[str]:
    return [entry.model.model_id for entry in entries if entry.model is not None]


def test_records() -> None:
    """The record is a dataclass of three required positional fields, known as `llm.models.ModelWithAliases`."""
    assert [field.name for field in fields(ModelWithAliases)] == ["model", "async_model", "aliases"]
    assert ModelWithAliases.__module__ == "llm.models"
    assert list(get_type_hints(ModelWithAliases)) == ["model", "async_model", "aliases"]
    model: Any = FakeModel("m")
    assert ModelWithAliases(model, None, ["a"]) == ModelWithAliases(model, None, ["a"])


@pytest.mark.parametrize("query", ["ALIAS", "fake: M-1", "m-1-as", ""])
def test_matches(query: str) -> None:
    """A query is found in aliases, the displayed name and the async model's id, in any case."""
    model: Any = FakeModel("m-1")
    async_model: Any = FakeAsyncModel("m-1-async")
    assert ModelWithAliases(model, async_model, ["an-alias"]).matches(query)
    assert not ModelWithAliases(model, async_model, ["an-alias"]).matches("fake (async)")
    assert ModelWithAliases(None, async_model, []).matches("M-1-A")


def test_latest_plugin_comes_first(register_plugins: Register) -> None:
    """The list follows pluggy: plugins registered last come first, those marked `trylast` at the end."""
    late = plugin("late")
    late.register_models = hookimpl(  # type: ignore[attr-defined]
        lambda register: register(FakeModel("late")), trylast=True
    )
    register_plugins(
        model_plugin("one", (FakeModel("1a"),), (FakeModel("1b"),)), model_plugin("two", (FakeModel("2"),)), late
    )
    assert ids(get_models_with_aliases()) == ["2", "1a", "1b", "late"]


@pytest.mark.parametrize("aliases", [("a", "b"), ["a", "b"], {"a": 0, "b": 0}])
def test_aliases_are_a_list(register_plugins: Register, user_path: Path, aliases: Any) -> None:
    """Aliases given in any container become a list; the user's follow in file order, none twice."""
    set_aliases(user_path, z="m", b="m", c="m", other="x", chained="z", odd={"model": "m"})
    register_plugins(model_plugin("p", (FakeModel("m"), None, aliases)))
    assert get_models_with_aliases()[0].aliases == ["a", "b", "z", "c"]


def test_hook_sees_and_changes_the_list(register_plugins: Register) -> None:
    """A `trylast` hook gets the very list: what it appends, changes and removes is what callers see."""
    added: Any = FakeModel("added")
    variant: Any = FakeAsyncModel("m-1")

    @hookimpl(trylast=True)
    def register_models(register: Any, model_aliases: list[Any]) -> None:
        assert ids(model_aliases) == ["m-1", "m-2"]
        model_aliases[0].async_model = variant
        model_aliases[0].aliases.append("more")
        model_aliases[1] = ModelWithAliases(added, None, ["new"])

    last = plugin("last")
    last.register_models = register_models  # type: ignore[attr-defined]
    register_plugins(last, model_plugin("p", (FakeModel("m-1"),), (FakeModel("m-2"),)))
    assert ids(get_models_with_aliases()) == ["m-1", "added"]
    assert get_async_model("more") is variant
    assert get_model("new") is added
    with pytest.raises(UnknownModelError):
        get_model("m-2")


def test_nothing_is_kept_between_calls(register_plugins: Register, user_path: Path) -> None:
    """Each call asks the plugins again and reads the aliases again."""

    def register_models(register: Any) -> None:
        register(FakeModel("m"))

    register_plugins(plugin("p", register_models=register_models))
    assert get_model("m") is not get_model("m")
    set_aliases(user_path, a="m")
    assert get_model("a").model_id == "m"
    set_aliases(user_path)
    pm.unregister(name="p")
    for gone in ("a", "m"):
        with pytest.raises(UnknownModelError):
            get_model(gone)


def test_shared_object(register_plugins: Register) -> None:
    """A plugin that registers one object always yields that object."""
    shared: Any = FakeModel("m")
    variant: Any = FakeAsyncModel("m")
    register_plugins(model_plugin("p", (shared, variant, ["a"])))
    assert get_model("a") is get_model("m") is get_models()[0] is shared
    assert get_async_model("a") is get_async_model("m") is get_async_models()[0] is variant


def test_later_entries_win(register_plugins: Register) -> None:
    """Of equal names the later one counts: an alias may shadow an id, and an id an alias."""
    models: list[Any] = [FakeModel(name) for name in ("m-1", "m-2", "shared")]
    first, second, third = models
    register_plugins(model_plugin("p", (first, None, ["shared"]), (second, None, ["m-1", "shared"]), (third,)))
    assert get_model_aliases() == {"shared": third, "m-1": second, "m-2": second}
    assert list(get_model_aliases()) == ["shared", "m-1", "m-2"]


def test_id_is_written_after_the_aliases(register_plugins: Register) -> None:
    """Names are written model by model, first the aliases, then the id."""
    register_plugins(model_plugin("p", (FakeModel("m-1"), FakeAsyncModel("m-1"), ["b", "a"])))
    assert list(get_model_aliases()) == list(get_async_model_aliases()) == ["b", "a", "m-1"]


@pytest.mark.parametrize("order", [1, -1])
def test_user_aliases_win(register_plugins: Register, user_path: Path, order: int) -> None:
    """An alias of the user beats ids and aliases of plugins, whatever the order of registration."""
    entries = [
        (FakeModel("m-1"), FakeAsyncModel("m-1"), ["taken"]),
        (FakeModel("m-2"), FakeAsyncModel("m-2")),
        (FakeModel("m-3"), FakeAsyncModel("m-3")),
    ]
    set_aliases(user_path, **{"taken": "m-2", "m-3": "m-2", "m-1": "gone"})
    register_plugins(model_plugin("p", *entries[::order]))
    for name, expected in {"taken": "m-2", "m-3": "m-2", "m-2": "m-2", "m-1": "m-1"}.items():
        assert get_model(name).model_id == expected
        assert get_async_model(name).model_id == expected


def test_user_alias_of_a_model_without_async_variant(register_plugins: Register, user_path: Path) -> None:
    """The alias means that model in both flavours: no other model answers in its place."""
    set_aliases(user_path, taken="m-2")
    register_plugins(model_plugin("p", (FakeModel("m-1"), FakeAsyncModel("m-1"), ["taken"]), (FakeModel("m-2"),)))
    assert get_model("taken").model_id == "m-2"
    with pytest.raises(UnknownModelError) as caught:
        get_async_model("taken")
    assert caught.value.args == ("Unknown async model (sync model exists): taken",)


def test_async_only(register_plugins: Register, user_path: Path) -> None:
    """A model may exist as async model only; it has its own names then.

    get_model() says that an async model exists, unless it was called with `_skip_async`.
    """
    variant: Any = FakeAsyncModel("a-1")
    set_aliases(user_path, mine="a-1")
    register_plugins(model_plugin("p", (None, variant, ["alias"])))
    assert get_models() == []
    assert get_model_aliases() == {}
    assert get_async_models() == [variant]
    assert set(get_async_model_aliases()) == {"a-1", "alias", "mine"}
    with pytest.raises(UnknownModelError) as caught:
        get_model("mine")
    assert caught.value.args == ("Unknown model (async model exists): mine",)
    with pytest.raises(UnknownModelError) as caught:
        get_model("mine", _skip_async=True)
    assert caught.value.args == ("Unknown model: mine",)


def test_alias_of_nothing(register_plugins: Register, user_path: Path) -> None:
    """The user's alias of a model that is not registered is ignored everywhere; aliases of aliases are not followed."""
    register_plugins(model_plugin("p", (FakeModel("m"), None, ["a"])))
    (user_path / "aliases.json").write_text('{"mine": "m", "lost": "gone", "indirect": "mine", "twice": "a"}')
    assert get_models_with_aliases()[0].aliases == ["a", "mine"]
    assert list(get_model_aliases()) == ["a", "mine", "m"]
    for name in ("lost", "indirect", "twice"):
        with pytest.raises(UnknownModelError):
            get_model(name)


def test_registering_nothing(register_plugins: Register) -> None:
    """`register(None)` is an error of the plugin."""
    register_plugins(model_plugin("p", (None,)))
    with pytest.raises(ValueError, match="needs a model"):
        get_models()


def test_errors(register_plugins: Register) -> None:
    """A failed look-up raises a `KeyError` whose one argument is the message, known as `llm.UnknownModelError`.

    It names what was asked for; get_async_model() says that a sync model of that name exists.
    """
    register_plugins(model_plugin("p", (FakeModel("m"), None, ["a"])))
    for look_up, name, message in (
        (get_model, "gone", "Unknown model: gone"),
        (get_async_model, "gone", "Unknown model: gone"),
        (get_async_model, "a", "Unknown async model (sync model exists): a"),
    ):
        with pytest.raises(KeyError) as caught:
            look_up(name)
        assert caught.value.args == (message,)
        assert type(caught.value) is llm.UnknownModelError


@pytest.mark.parametrize("nothing", [None, ""])
def test_default_model(register_plugins: Register, user_path: Path, nothing: str | None) -> None:
    """No name, or an empty one, means the default model; it may be set as an alias."""
    register_plugins(model_plugin("p", (FakeModel("m"), FakeAsyncModel("m"), ["a"])))
    (user_path / "default_model.txt").write_text("a")
    assert get_model(nothing).model_id == get_async_model(nothing).model_id == get_model().model_id == "m"


def test_replaced_list(register_plugins: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that replaces `llm.get_models_with_aliases` decides what all look-ups find."""
    register_plugins(model_plugin("p", (FakeModel("hidden"),)))
    model: Any = FakeModel("shown")
    variant: Any = FakeAsyncModel("shown")
    monkeypatch.setattr(llm, "get_models_with_aliases", lambda: [ModelWithAliases(model, variant, ["a"])])
    assert get_model("a") is get_models()[0] is get_model_aliases()["shown"] is model
    assert get_async_model("a") is get_async_models()[0] is get_async_model_aliases()["shown"] is variant


@pytest.fixture
def counted(register_plugins: Register) -> list[int]:
    calls: list[int] = []

    def register_models(register: Any) -> None:
        calls.append(1)
        register(FakeModel("m"))

    register_plugins(plugin("p", register_models=register_models))
    return calls


@pytest.mark.parametrize("look_up", [get_model, get_async_model])
@pytest.mark.parametrize("name", ["m", "gone"])
def test_one_pass_per_look_up(counted: list[int], look_up: Callable[[str], Any], name: str) -> None:
    """A look-up runs the plugins' hooks once, also when it fails."""
    with suppress(UnknownModelError):
        look_up(name)
    assert len(counted) == 1


def test_threads_in_a_fresh_process(tmp_path: Path) -> None:
    """Twenty threads that need the first model of a process all get theirs."""
    code = """
import threading, sys, llm
from tests.registry.stand_ins import FakeModel, model_plugin
llm.plugins.pm.register(model_plugin("p", (FakeModel("m"),)), name="p")
found, start = [], threading.Barrier(20)
def look_up():
    start.wait()
    found.append(llm.get_model("m").model_id)
threads = [threading.Thread(target=look_up) for _ in range(20)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(found))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "20\n", done.stderr
