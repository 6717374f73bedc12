"""Look-ups of built-in commands ask each plugin once; those of plugins and programs ask anew every time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

import llm
from llm.cli import cli
from llm.registry.finding import all_models, find_embedding_model, find_loaders, find_model, find_tools
from llm.registry.passes import one_pass
from tests.registry.stand_ins import FakeAsyncModel, FakeModel, only_these_plugins, plugin


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """Which hooks of a plugin with one thing of each kind were called."""
    calls: list[str] = []

    def register_models(register: Any) -> None:
        calls.append("models")
        register(FakeModel("one"), FakeAsyncModel("one"), ("uno",))
        register(FakeModel("two"))

    def register_embedding_models(register: Any) -> None:
        calls.append("embedding_models")
        register(FakeModel("vectors"))

    def register_tools(register: Any) -> None:
        calls.append("tools")
        register(lambda: "", name="hammer")

    def register_fragment_loaders(register: Any) -> None:
        calls.append("fragment_loaders")
        register("pre", llm.Fragment)

    hooks = (register_models, register_embedding_models, register_tools, register_fragment_loaders)
    with only_these_plugins() as register:
        register(plugin("p", **{hook.__name__: hook for hook in hooks}))
        yield calls


def test_one_pass(asked: list[str]) -> None:
    """Within one command every kind of thing is asked for once, however often something is looked up."""
    with one_pass():
        assert find_model("one").model_id == find_model("uno").model_id == "one"
        assert str(find_model("one", asynchronous=True)) == "Fake (async): one"
        assert len(all_models()) == 2
        for _ in range(2):
            assert find_embedding_model("vectors").model_id == "vectors"
            assert list(find_tools(["hammer"])) == ["hammer"]
            assert list(find_loaders("fragment_loaders", "pre")) == ["pre"]
    assert asked == ["models", "embedding_models", "tools", "fragment_loaders"]


def test_unknown_names_cost_one_pass(asked: list[str]) -> None:
    """A name that is not found is looked for once, and the error says what `llm.get_model` says."""
    for name, asynchronous, message in (
        ("zork", False, "Unknown model: zork"),
        ("two", True, "Unknown async model (sync model exists): two"),
    ):
        asked.clear()
        with one_pass(), pytest.raises(llm.UnknownModelError, match=re.escape(message)):
            find_model(name, asynchronous=asynchronous)
        assert asked == ["models"]


def test_public_functions_ask_anew(asked: list[str]) -> None:
    """What plugins and programs call asks the plugins every time, also within a command."""
    with one_pass():
        find_model("one")
        llm.get_model("one")
        llm.get_models()
    assert asked == ["models"] * 3


def test_without_a_command_every_look_up_asks(asked: list[str]) -> None:
    """Outside of a command nothing is kept between two look-ups."""
    find_model("one")
    find_model("one")
    assert asked == ["models"] * 2


@pytest.mark.parametrize("words", [["keys", "path"], ["--help"], ["logs", "path"], ["plugins"], ["tools"]])
def test_models_are_not_asked_for_in_vain(asked: list[str], words: list[str]) -> None:
    """A command that is not about models does not ask for any."""
    assert CliRunner().invoke(cli, words).exit_code == 0
    assert "models" not in asked


@pytest.mark.parametrize(
    "words", [["models"], ["models", "default", "one"], ["models", "options", "set", "x", "y", "z"]]
)
def test_commands_ask_once(asked: list[str], words: list[str]) -> None:
    """A command that is about models asks for them once."""
    assert CliRunner().invoke(cli, words).exit_code == 0
    assert asked == ["models"]


def test_replaced_functions(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a plugin or test has replaced a function of `llm`, its replacement answers."""
    entry = llm.ModelWithAliases(FakeModel("mine"), None, [])  # type: ignore[arg-type]
    monkeypatch.setattr(llm, "get_models_with_aliases", lambda: [entry])
    with one_pass():
        assert find_model("mine").model_id == "mine"
        assert [str(entry.model) for entry in all_models()] == ["Fake: mine"]
    monkeypatch.setattr(llm, "get_model", lambda name=None: f"got {name}")
    found: list[object] = [find_model("x")]
    monkeypatch.setattr(llm, "get_async_model", lambda name=None: f"async {name}")
    found.append(find_model("x", asynchronous=True))
    monkeypatch.setattr(llm, "get_embedding_model", lambda name: f"embedding {name}")
    found.append(find_embedding_model("x"))
    assert found == ["got x", "async x", "embedding x"]
    assert asked == []


@pytest.mark.parametrize("words", [["models"], ["aliases"], ["tools"], ["fragments", "loaders"], ["embed-models"]])
def test_failing_hooks_stop_no_command(asked: list[str], words: list[str]) -> None:
    """A plugin whose hook fails costs a command one line of warning that names it; the others are there."""

    def fails(register: Any) -> None:
        raise OSError("no luck")

    hooks = ("register_models", "register_tools", "register_fragment_loaders", "register_embedding_models")
    llm.pm.register(plugin("bad", **dict.fromkeys(hooks, fails)), name="bad")
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    assert lines
    assert all(line.startswith("Warning: plugin bad failed in register_") and "no luck" in line for line in lines)
    assert len(lines) == len(set(lines))
    assert result.stdout.strip()
