"""The command `llm`: a group whose commands are imported when they are looked up.

`commands` behaves like the dictionary that plugins expect: every built-in command is in it before they see it, and
they may pop, wrap and replace any. Plugins are loaded when the first command is looked up, so `llm --version` loads
none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, MutableMapping
from importlib import import_module
from typing import Any

import click

from llm._version import __version__
from llm.cli.errors import reporting_errors
from llm.cli.groups import DefaultGroup

#: name -> module in llm.cli.commands and the command object in it
COMMANDS = {
    "prompt": ("prompt", "prompt"),
    "aliases": ("aliases", "aliases"),
    "collections": ("collections", "collections"),
    "embed": ("embed", "embed"),
    "embed-models": ("embed_models", "embed_models"),
    "embed-multi": ("embed_multi", "embed_multi"),
    "fragments": ("fragments", "fragments"),
    "install": ("install", "install"),
    "keys": ("keys", "keys"),
    "logs": ("logs", "logs"),
    "models": ("models", "models"),
    "plugins": ("plugins", "plugins_list"),
    "schemas": ("schemas", "schemas"),
    "similar": ("similar", "similar"),
    "templates": ("templates", "templates"),
    "tools": ("tools", "tools"),
    "uninstall": ("install", "uninstall"),
}


HELP = """Talk to large language models, local and remote.

\b
    llm 'Five names for a pet pelican'
    llm keys set openai
    llm models
    llm -m smollm2 'A model on this machine needs no key'
"""


class RootGroup(DefaultGroup):
    """The group `llm`. What helpers of this package raise in a plugin's command is reported like in our own."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that the words name."""
        return reporting_errors(super().invoke)(ctx)


class CommandTable(MutableMapping[str, click.Command]):
    """The commands by name; built-in ones are imported on first look-up, plugins before that."""

    def __init__(self, load_plugins: Callable[[], None]) -> None:
        self._commands: dict[str, click.Command | None] = dict.fromkeys(COMMANDS)
        self._load_plugins: Callable[[], None] | None = load_plugins

    def complete(self) -> None:
        """Have plugins add and change commands, unless they have."""
        load, self._load_plugins = self._load_plugins, None
        if load is not None:
            load()

    def __getitem__(self, name: str) -> click.Command:
        self.complete()
        command = self._commands[name]
        if command is None:
            command = self._commands[name] = _imported(name)
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        self.complete()
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        self.complete()
        return iter(list(self._commands))

    def __len__(self) -> int:
        self.complete()
        return len(self._commands)

    def __contains__(self, name: object) -> bool:
        self.complete()
        return name in self._commands

    def copy(self) -> dict[str, click.Command]:
        """Return the commands as an ordinary dictionary."""
        return dict(self)


def _imported(name: str) -> click.Command:
    module, attribute = COMMANDS[name]
    command: click.Command = getattr(import_module(f"llm.cli.commands.{module}"), attribute)
    _report_errors(command)
    return command


def _report_errors(command: click.Command) -> None:
    if command.callback is not None and not hasattr(command.callback, "__wrapped__"):
        command.callback = reporting_errors(command.callback)
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            _report_errors(subcommand)


def _with_plugins(group: click.Group) -> None:
    """Load the plugins and let them see the group; if they are being loaded right now, at the end of that."""
    from llm.registry.plugins import call_for_each_plugin, when_loaded

    when_loaded(lambda: call_for_each_plugin("register_commands", cli=group))


def build() -> RootGroup:
    """Return a fresh root group."""
    group = RootGroup(
        name="cli",
        default="prompt",
        default_if_no_args=True,
        help=HELP,
        params=[_version_option()],
    )
    group.commands = CommandTable(lambda: _with_plugins(group))
    return group


def load_plugin_commands(group: click.Group) -> None:
    """Load the plugins now, so that their commands are there."""
    if isinstance(group.commands, CommandTable):
        group.commands.complete()


def _version_option() -> click.Option:
    def show(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            click.echo(f"{context.find_root().info_name}, version {__version__}")
            context.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version and exit."
    )


def started_as_command() -> bool:
    """Tell whether this process is the command `llm`, which loads plugins as late as it can."""
    program = sys.argv[0].replace("\\", "/") if sys.argv else ""
    return program == "-m" or program.endswith(("/llm", "/llm.exe", "/llm/__main__.py"))
