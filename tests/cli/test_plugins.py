from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result

from llm.cli.app import build
from llm.cli.commands.install import install, uninstall
from llm.cli.commands.plugins import plugins_list
from tests.registry.stand_ins import only_these_plugins, plugin


def unused() -> None:
    """No hook is called by listing plugins."""
    raise AssertionError


@pytest.fixture(autouse=True)
def _plugins() -> Iterator[None]:
    with only_these_plugins() as register:
        register(
            plugin("one", register_tools=unused, register_models=unused),
            plugin("llm.default_plugins.built_in", register_models=unused),
            plugin("two", register_commands=unused),
        )
        yield


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was to be run; the exit code is the number of arguments."""
    seen: list[list[str]] = []

    def call(arguments: list[str]) -> int:
        seen.append(arguments)
        return len(arguments) - 4

    monkeypatch.setattr(subprocess, "call", call)
    return seen


def run(command: click.Command, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


ONE = '  {\n    "name": "one",\n    "hooks": [\n      "register_models",\n      "register_tools"\n    ]\n  }'
TWO = '  {\n    "name": "two",\n    "hooks": [\n      "register_commands"\n    ]\n  }'
BUILT_IN = '  {\n    "name": "llm.default_plugins.built_in",\n    "hooks": [\n      "register_models"\n    ]\n  }'


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        ((), f"[\n{ONE},\n{TWO}\n]\n"),
        (("--all",), f"[\n{ONE},\n{BUILT_IN},\n{TWO}\n]\n"),
        (("--hook", "register_tools"), f"[\n{ONE}\n]\n"),
        (("--hook", "register_tools", "--hook", "register_commands"), f"[\n{ONE},\n{TWO}\n]\n"),
        (("--hook", "register_models", "--all"), f"[\n{ONE},\n{BUILT_IN}\n]\n"),
        (("--hook", "zork"), "[]\n"),
    ],
)
def test_plugins(arguments: tuple[str, ...], output: str) -> None:
    """A JSON array with two spaces; built-in plugins on demand, and those with one of the hooks asked for."""
    result = run(plugins_list, *arguments)
    assert (result.output, result.exit_code) == (output, 0)


PIP = [sys.executable, "-m", "pip"]


@pytest.mark.parametrize(
    ("command", "arguments", "passed"),
    [
        (install, "llm-one", "install llm-one"),
        (install, "-U llm-one llm-two", "install --upgrade llm-one llm-two"),
        (install, "-e .", "install --editable ."),
        (install, "--pre --no-cache-dir --upgrade x", "install --upgrade --no-cache-dir --pre x"),
        # the first line fails here, so that the second one is not run
        (install, "--force-reinstall x", "install --force-reinstall --no-deps x"),
        (uninstall, "llm-one -y", "uninstall --yes llm-one"),
        (uninstall, "a b", "uninstall a b"),
    ],
)
def test_pip_is_run(calls: list[list[str]], command: click.Command, arguments: str, passed: str) -> None:
    """pip of this environment gets options and packages; its exit code is the command's."""
    result = run(command, *arguments.split())
    assert calls == [[*PIP, *passed.split()]]
    assert result.exit_code == len(passed.split()) - 1
    assert result.output == ""


def test_nothing_to_uninstall(calls: list[list[str]]) -> None:
    """At least one package has to be named."""
    assert run(uninstall).exit_code == 2
    assert calls == []


@pytest.mark.parametrize("words", ["install llm-one", "uninstall llm-one", "uninstall -y llm-one"])
def test_without_pip(monkeypatch: pytest.MonkeyPatch, calls: list[list[str]], words: str) -> None:
    """An environment without pip and uv is an error that says how to get pip; nothing is asked or run."""
    with only_these_plugins():
        commands = build()
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        monkeypatch.setattr("shutil.which", lambda name: None)
        result = run(commands, *words.split())
    assert (result.exit_code, result.stdout, calls) == (1, "", [])
    assert result.stderr.startswith(f"Error: pip is missing in {sys.prefix}. ")
    assert "ensurepip" in result.stderr


def test_forcing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is named is installed again alone, then what it needs where it is missing."""
    seen: list[list[str]] = []
    monkeypatch.setattr(subprocess, "call", seen.append)
    assert run(install, "--force-reinstall", "x").exit_code == 0
    assert seen == [[*PIP, *line.split()] for line in ("install --force-reinstall --no-deps x", "install x")]


def test_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """When pip succeeds, so does the command, without an exception for who invokes it."""
    monkeypatch.setattr(subprocess, "call", lambda arguments: 0)
    with click.Context(install) as context:
        assert context.invoke(install, packages=("x",)) is None
