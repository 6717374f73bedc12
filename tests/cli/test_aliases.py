from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llm.cli.commands.aliases import aliases
from tests.registry.stand_ins import (
    FakeAsyncModel,
    FakeModel,
    embedding_plugin,
    model_plugin,
    only_these_plugins,
)


@pytest.fixture(autouse=True)
def register() -> Iterator[Callable[..., None]]:
    """Two plugins with models, and the function that registers more."""
    with only_these_plugins() as register_plugins:
        register_plugins(
            embedding_plugin("embedding", (FakeModel("e-long-name"), ["vectors"])),
            model_plugin(
                "chat", (FakeModel("m-1"), FakeAsyncModel("m-1"), ["one", "first"]), (FakeModel("m-2"), None, ["two"])
            ),
        )
        yield register_plugins


def run(*arguments: str) -> Result:
    return CliRunner().invoke(aliases, arguments)


def stored(user_path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((user_path / "aliases.json").read_text())
    return found


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_list(user_path: Path, arguments: tuple[str, ...]) -> None:
    """Chat models come first, then embedding models, aligned; user aliases stand with their model."""
    (user_path / "aliases.json").write_text('{"very-long": "m-1", "mine": "e-long-name", "gone": "x"}')
    assert run(*arguments).output == (
        "one       : m-1\n"
        "first     : m-1\n"
        "very-long : m-1\n"
        "two       : m-2\n"
        "vectors   : e-long-name (embedding)\n"
        "mine      : e-long-name (embedding)\n"
    )


def test_list_as_json(user_path: Path) -> None:
    """`--json` gives one object, alias to id, with four spaces."""
    (user_path / "aliases.json").write_text('{"é": "m-2"}')
    assert run("list", "--json").output == (
        "{\n"
        '    "one": "m-1",\n'
        '    "first": "m-1",\n'
        '    "two": "m-2",\n'
        '    "\\u00e9": "m-2",\n'
        '    "vectors": "e-long-name"\n'
        "}\n"
    )
    assert run("--json").output == run("list", "--json").output


def test_aliases_of_the_user_are_shown_as_they_work(user_path: Path) -> None:
    """Where the user's alias takes a plugin's name, the list tells what the name means."""
    (user_path / "aliases.json").write_text('{"two": "m-1", "m-1": "m-2"}')
    assert json.loads(run("list", "--json").output) == {
        "one": "m-1", "first": "m-1", "two": "m-1", "m-1": "m-2", "vectors": "e-long-name",
    }  # fmt: skip


def test_alias_that_is_the_id(register: Callable[..., None]) -> None:
    """A model that is registered under its own id as an alias is listed by its other aliases only."""
    register(model_plugin("echo", (FakeModel("m-3"), None, ["m-3", "three"])))
    found = json.loads(run("--json").output)
    assert (found["three"], "m-3" in found) == ("m-3", False)
    assert "m-3 " not in run().output


def test_no_aliases() -> None:
    """Without aliases there is nothing to say, and an empty object as JSON."""
    with only_these_plugins():
        assert run().output == ""
        assert run("--json").output == "{}\n"


def test_damaged_file(user_path: Path) -> None:
    """Models are listed without the user's aliases; one line on standard error names the file."""
    (user_path / "aliases.json").write_text("{")
    result = run()
    assert result.exit_code == 0
    assert result.stdout.startswith("one ")
    assert result.stderr.count("\n") == 1
    assert str(user_path / "aliases.json") in result.stderr


@pytest.mark.parametrize(("given", "target"), [("m-1", "m-1"), ("two", "m-2"), ("vectors", "e-long-name"), ("x", "x")])
def test_set(user_path: Path, given: str, target: str) -> None:
    """An alias is set without a word, to the real id of the model where there is one."""
    result = run("set", "mine", given)
    assert (result.output, result.exit_code) == ("", 0)
    assert stored(user_path) == {"mine": target}


def test_set_by_query(user_path: Path) -> None:
    """The first model that matches all queries gets the alias; standard error tells which it is."""
    result = run("set", "mine", "-q", "FAKE", "--query", "m-")
    assert (result.stdout, result.exit_code) == ("", 0)
    assert "mine" in result.stderr
    assert "m-1" in result.stderr
    assert stored(user_path) == {"mine": "m-1"}


def test_set_by_query_without_a_match(user_path: Path) -> None:
    """Without a match nothing is set; embedding models are not searched."""
    result = run("set", "mine", "-q", "e-long", "-q", "zork")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: No model found matching query: e-long, zork\n"
    assert not (user_path / "aliases.json").exists()


def test_set_without_a_model() -> None:
    """One of model and query is needed."""
    result = run("set", "mine")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "-q" in result.stderr


def test_set_async_only(user_path: Path, register: Callable[..., None]) -> None:
    """A model that is there as async model only can be searched for."""
    register(model_plugin("async", (None, FakeAsyncModel("only-async"))))
    assert run("set", "mine", "-q", "only").exit_code == 0
    assert stored(user_path) == {"mine": "only-async"}


def test_set_with_damaged_file(user_path: Path) -> None:
    """The damaged file is kept and named, and the alias set in a new one."""
    (user_path / "aliases.json").write_text("{")
    result = run("set", "mine", "m-1")
    assert (result.exit_code, result.stdout) == (0, "")
    assert str(user_path / "aliases.json.damaged") in result.stderr
    assert stored(user_path) == {"mine": "m-1"}


def test_remove(user_path: Path) -> None:
    """An alias goes without a word."""
    run("set", "mine", "m-1")
    result = run("remove", "mine")
    assert (result.output, result.exit_code) == ("", 0)
    assert stored(user_path) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No aliases.json file exists"),
        ("{", "aliases.json file is not valid JSON"),
        ("{}", "No such alias: one"),
    ],
)
def test_remove_what_is_not_there(user_path: Path, content: str | None, message: str) -> None:
    """The reason is given without quotes; aliases of plugins cannot be removed."""
    if content is not None:
        (user_path / "aliases.json").write_text(content)
    result = run("remove", "one")
    assert (result.stdout, result.stderr, result.exit_code) == ("", f"Error: {message}\n", 1)


def test_parameter_names() -> None:
    """Plugins call the commands with these names."""
    names = {name: [parameter.name for parameter in command.params] for name, command in aliases.commands.items()}
    assert (names["list"], names["set"]) == (["json_"], ["alias", "model_id", "query"])


def test_path(user_path: Path) -> None:
    """The path is shown though there is no file."""
    assert run("path").output == f"{user_path / 'aliases.json'}\n"
