"""What plugins do with the group that `register_commands` gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click
import click_default_group
import pytest
from click.testing import CliRunner

from llm.cli.app import COMMANDS, build
from llm.cli.command_table import CommandTable
from tests.registry.stand_ins import only_these_plugins, plugin


@pytest.fixture
def with_plugin() -> Iterator[Callable[[Callable[[Any], object]], click.Group]]:
    """Make a group that a plugin with this hook has seen."""
    with only_these_plugins() as register:

        def make(hook: Callable[[Any], object]) -> click.Group:
            register(plugin("guest", register_commands=lambda cli: hook(cli)))
            return build()

        yield make


Make = Callable[[Callable[[Any], object]], click.Group]


def test_what_plugins_get(with_plugin: Make) -> None:
    """A plugin gets a default group with all built-in commands in `commands`, a mapping like a dictionary."""

    def look(cli: Any) -> None:
        assert isinstance(cli, click_default_group.DefaultGroup)
        assert cli.default_cmd_name == "prompt"
        assert set(COMMANDS) <= set(cli.commands)
        assert len(cli.commands) == len(list(cli.commands.items())) >= len(COMMANDS)
        assert cli.commands.get("prompt") is cli.commands["prompt"]
        assert (cli.commands.get("zork"), "zork" in cli.commands, "models" in cli.commands) == (None, False, True)
        copied = cli.commands.copy()
        assert type(copied) is dict
        assert copied["models"].commands["list"] is cli.commands["models"].commands["list"]
        seen.append(cli)

    seen: list[Any] = []
    group = with_plugin(look)
    assert "prompt" in group.commands
    assert seen == [group]


def test_decorators_and_add_command(with_plugin: Make) -> None:
    """Commands and groups are added with click's decorators and methods, to the root and to groups in it."""

    def add(cli: Any) -> None:
        cli.command("one")(lambda: click.echo("one"))
        cli.group("more")(lambda: None).command("two")(lambda: click.echo("two"))
        cli.add_command(click.Command("three", callback=lambda: click.echo("three")))
        cli.commands["aliases"].add_command(click.Command("four", callback=lambda: click.echo("four")))

    group = with_plugin(add)
    try:
        for words in (["one"], ["more", "two"], ["three"], ["aliases", "four"]):
            assert CliRunner().invoke(group, words).output == f"{words[-1]}\n"
    finally:
        group.commands["aliases"].commands.pop("four")  # type: ignore[attr-defined]


def test_default_command_is_found_by_name(with_plugin: Make) -> None:
    """A plugin that takes `prompt` out and registers its own gets what is typed without a command."""

    def replace(cli: Any) -> None:
        original = cli.commands.pop("prompt")
        assert original.name == "prompt"
        assert "prompt" not in cli.commands
        cli.command("prompt")(click.argument("words", nargs=-1)(lambda words: click.echo(f"mine: {' '.join(words)}")))

    group = with_plugin(replace)
    assert CliRunner().invoke(group, ["hello you", "two"]).output == "mine: hello you two\n"
    assert CliRunner().invoke(group, []).output == "mine: \n"


def test_replaced_installers(with_plugin: Make) -> None:
    """A plugin's command of the name of a built-in one wins, `install` and `uninstall` among them."""
    group = with_plugin(lambda cli: cli.command("install")(lambda: click.echo("mine")))
    assert CliRunner().invoke(group, ["install"]).output == "mine\n"


def test_changed_parameters_and_callback(with_plugin: Make) -> None:
    """Parameters are a mutable list; a callback that was put in place gets arguments by name."""

    def change(cli: Any) -> None:
        command = cli.commands["keys"].commands["path"]
        before.extend([command, command.params.copy(), command.callback])
        command.params.append(click.Option(["--loud"], is_flag=True))

        def callback(loud: bool, **arguments: Any) -> None:
            click.echo(f"loud: {loud}")
            before[2](**arguments)

        command.callback = callback

    before: list[Any] = []
    group = with_plugin(change)
    try:
        output = CliRunner().invoke(group, ["keys", "path", "--loud"]).output
        assert output.startswith("loud: True\n")
        assert "keys.json" in output
    finally:
        before[0].params, before[0].callback = before[1], before[2]


def test_missing_names(with_plugin: Make) -> None:
    """Taking out what is not there is a `KeyError`, as in a dictionary."""

    def wrong(cli: Any) -> None:
        with pytest.raises(KeyError):
            cli.commands["zork"]
        with pytest.raises(KeyError):
            cli.commands.pop("zork")
        assert cli.commands.pop("zork", None) is None

    assert isinstance(with_plugin(wrong).commands, CommandTable)


def test_completion_shows_commands_of_plugins(with_plugin: Make) -> None:
    """click's own completion knows the commands of plugins."""
    group = with_plugin(lambda cli: cli.command("visit", help="Pay a visit.")(lambda: None))
    items = group.shell_complete(click.Context(group), "vi")
    assert [(item.value, item.help) for item in items] == [("visit", "Pay a visit.")]
