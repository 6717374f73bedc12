from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pluggy
import pytest
from pluggy import PluginValidationError

import llm
from llm.registry.hook_calls import call_for_each_plugin, failing_plugin
from llm.registry.hookspecs import hookimpl
from llm.registry.plugin_manager import pm
from llm.registry.plugins import get_plugins
from tests.registry.stand_ins import FakeModel, model_plugin, plugin

Register = Callable[..., None]


def fail(cli: Any) -> None:
    raise OSError("no luck")


def test_subset_of_parameters(register_plugins: Register) -> None:
    """A hook may take any of its parameters, or none."""
    seen: list[str] = []

    def none() -> None:
        seen.append("none")

    def one(model_aliases: list[Any]) -> None:
        seen.append("one")

    register_plugins(plugin("a", register_models=none), plugin("b", register_models=one))
    llm.get_models()
    assert seen == ["one", "none"]


def test_unknown_parameter(register_plugins: Register) -> None:
    """A hook that wants a parameter which its specification has not is refused by pluggy when it is registered."""

    def register_models(register: Any, wrong: Any) -> None:
        raise AssertionError

    with pytest.raises(PluginValidationError, match="wrong"):
        pm.register(plugin("p", register_models=register_models))


def test_project_name() -> None:
    """Plugin manager, specifications and hook marker are pluggy's, of the project `llm`."""
    assert isinstance(pm, pluggy.PluginManager)
    assert isinstance(llm.hookimpl, pluggy.HookimplMarker)
    assert (pm.project_name, llm.hookimpl.project_name, llm.hookspecs.hookspec.project_name) == ("llm",) * 3


@pytest.mark.parametrize(
    ("hook", "arguments", "register"),
    [
        ("register_commands", ("cli",), None),
        ("register_models", ("register", "model_aliases"), ["model", "async_model", "aliases"]),
        ("register_embedding_models", ("register",), ["model", "aliases"]),
        ("register_template_loaders", ("register",), ["prefix", "loader"]),
        ("register_fragment_loaders", ("register",), ["prefix", "loader"]),
        ("register_tools", ("register",), ["tool_or_function", "name"]),
    ],
)
def test_what_hooks_are_given(
    register_plugins: Register, hook: str, arguments: tuple[str, ...], register: list[str] | None
) -> None:
    """Hooks have these arguments, and what they register with takes these by position and by name."""
    assert getattr(pm.hook, hook).spec.argnames == arguments
    seen: list[Any] = []

    def look(register: Any) -> None:
        seen.append(inspect.signature(register).parameters.values())

    if register is None:
        return
    register_plugins(plugin("p", **{hook: look}))
    for ask in (llm.get_models, llm.get_embedding_models, llm.get_template_loaders, llm.get_fragment_loaders):
        ask()
    llm.get_tools()
    for parameters in seen:
        assert [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD] == register
    assert seen


def test_each_plugin_is_called_in_pluggys_order(register_plugins: Register) -> None:
    """Called one by one, plugins come in the order of an ordinary call."""
    seen: list[str] = []

    def named(name: str) -> Callable[[Any], None]:
        def register_commands(cli: Any) -> None:
            seen.append(name)

        return register_commands

    first = plugin("first")
    first.register_commands = hookimpl(named("first"), tryfirst=True)  # type: ignore[attr-defined]
    register_plugins(first, *(plugin(name, register_commands=named(name)) for name in "abc"))
    call_for_each_plugin("register_commands", cli=None)
    one_by_one = seen.copy()
    seen.clear()
    pm.hook.register_commands(cli=None)
    assert one_by_one == seen == ["first", "c", "b", "a"]


def test_failing_plugin_is_reported(register_plugins: Register, capsys: pytest.CaptureFixture[str]) -> None:
    """A plugin that fails is named in one line of standard error, and the others are called."""
    seen: list[str] = []

    def works(cli: str) -> None:
        seen.append(cli)

    register_plugins(
        plugin("a", register_commands=works),
        plugin("bad", register_commands=fail),
        plugin("b", register_commands=works),
    )
    capsys.readouterr()
    call_for_each_plugin("register_commands", cli="group")
    assert seen == ["group", "group"]
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "bad" in line
    assert "register_commands" in line
    assert "no luck" in line


def test_failing_plugin_is_raised_if_wanted(register_plugins: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """`LLM_RAISE_ERRORS` lets the error through."""
    monkeypatch.setenv("LLM_RAISE_ERRORS", "1")
    register_plugins(plugin("bad", register_commands=fail))
    with pytest.raises(OSError, match="no luck"):
        call_for_each_plugin("register_commands", cli=None)


def test_whose_error_it_is(register_plugins: Register) -> None:
    """An error of a hook comes through unchanged from Python, and the plugin it arose in can be found out."""

    def deeper(register: Any) -> None:
        register(5)  # has no model id: fails inside the registry's own function

    register_plugins(model_plugin("good", (FakeModel("m"),)), plugin("bad", register_models=deeper))
    with pytest.raises(AttributeError) as caught:
        llm.get_models()
    assert failing_plugin(caught.value) == "bad"
    assert failing_plugin(ValueError("raised nowhere")) is None
    with pytest.raises(ZeroDivisionError) as elsewhere:
        1 / 0  # noqa: B018
    assert failing_plugin(elsewhere.value) is None


def test_listing(register_plugins: Register) -> None:
    """Plugins come in the order of registration, by their `__name__`; built-in ones only if asked for."""
    anonymous = SimpleNamespace()
    register_plugins(
        plugin("shown", register_tools=fail_to_register),
        plugin("llm.default_plugins.hidden", register_models=fail_to_register),
    )
    pm.register(anonymous, name="no-name")
    pm.set_blocked("blocked")
    try:
        shown = {"name": "shown", "hooks": ["register_tools"]}
        hidden = {"name": "llm.default_plugins.hidden", "hooks": ["register_models"]}
        assert get_plugins() == [shown, {"name": "no-name", "hooks": []}]
        assert get_plugins(all=True) == [shown, hidden, {"name": "no-name", "hooks": []}]
    finally:
        pm._name2plugin.pop("blocked")


def fail_to_register(register: Any) -> None:
    raise AssertionError("listing plugins calls no hook")


def test_plugins_may_add_hooks(register_plugins: Register) -> None:
    """A plugin may bring hook specifications of its own; hooks that nobody specifies are accepted."""
    seen: list[int] = []

    def register_evals(number: int) -> None:
        seen.append(number)

    register_plugins(plugin("p", register_evals=register_evals, register_unknown=lambda: None))
    pm.hook.register_evals(number=1)
    assert seen == [1]
    assert get_plugins() == [{"name": "p", "hooks": ["register_evals", "register_unknown"]}]
