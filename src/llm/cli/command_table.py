"""The commands of the group `llm`: imported when they are looked up, and changed by plugins before anybody sees them.

The table behaves like the dictionary that plugins expect: every built-in command is in it before they see it, and they
may pop, wrap and replace any. Which plugins join when is decided elsewhere (`plugin_commands`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:  # protocols take their time to be made

    class PluginCommands(Protocol):
        """Has plugins change the commands, no later than it is asked to."""

        def prepare(self, name: str) -> None:
            """Have those plugins join that have to do with this command."""

        def prepare_all(self) -> None:
            """Have everybody join."""

        def names(self) -> set[str]:
            """Return the names of all commands."""

        def summary(self, name: str) -> click.Command | None:
            """Return a stand-in for a command in a list of commands, None if the command itself has to be looked at."""

    class TableWatcher(Protocol):
        """Is told what happens to the table, while it is noted what plugins do."""

        def imported(self, name: str, command: click.Command) -> object:
            """A built-in command was imported."""

        def enumerated(self) -> object:
            """Somebody went through all commands."""


class CommandTable(MutableMapping[str, click.Command]):
    """The commands by name; built-in ones are imported on first look-up, plugins before that."""

    def __init__(
        self, built_in: Iterable[str], import_command: Callable[[str], click.Command], plugins: PluginCommands
    ) -> None:
        self._import_command = import_command
        self._commands: dict[str, click.Command | None] = dict.fromkeys(built_in)
        self._plugins = plugins
        self.watcher: TableWatcher | None = None

    def complete(self) -> None:
        """Have all plugins add and change commands, unless they have."""
        self._plugins.prepare_all()

    def summary(self, name: str) -> click.Command:
        """Return the command, or something that shows like it in a list of commands."""
        stand_in = None if self._commands.get(name) is not None else self._plugins.summary(name)
        return stand_in if stand_in is not None else self[name]

    def imported(self) -> dict[str, click.Command]:
        """Return the commands that have been imported so far, or put into the table."""
        return {name: command for name, command in self._commands.items() if command is not None}

    def present(self) -> set[str]:
        """Return the names of the commands in the table, whoever may still join."""
        return set(self._commands)

    def __getitem__(self, name: str) -> click.Command:
        self._plugins.prepare(name)
        command = self._commands[name]
        if command is None:
            command = self._commands[name] = self._import_command(name)
            if self.watcher is not None:
                self.watcher.imported(name, command)
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        self._plugins.prepare(name)
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        if self.watcher is not None:
            self.watcher.enumerated()
        names = self._plugins.names()
        return iter([*(name for name in self._commands if name in names), *sorted(names - self._commands.keys())])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str):
            self._plugins.prepare(name)
        return name in self._commands

    def copy(self) -> dict[str, click.Command]:
        """Return the commands as an ordinary dictionary."""
        return dict(self)
