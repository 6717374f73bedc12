"""Noting what each plugin does to the commands, for the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from llm.cli.command_shapes import root_shape, shape, summary
from llm.cli.command_table import CommandTable
from llm.registry.manifest_recording import CommandChanges


class CommandNotes:
    """What plugins do to a group, one after the other."""

    def __init__(self, group: click.Group, table: CommandTable) -> None:
        self.changes: dict[str, CommandChanges] = {}
        self.looked_at_all = False  #: one of them went through all commands, so what it does depends on the others
        self._imported: set[str] = set()
        self._group = group
        self._table = table
        self._shapes: dict[str, object] = {name: shape(command) for name, command in table.imported().items()}

    def imported(self, name: str, command: click.Command) -> None:
        """Remember what a built-in command was like before a plugin could change it."""
        self._imported.add(name)
        self._shapes[name] = shape(command)

    def enumerated(self) -> None:
        """Note that somebody went through all commands."""
        self.looked_at_all = True

    @contextmanager
    def of(self, plugin: str) -> Iterator[CommandChanges]:
        """Note what `plugin` does within this."""
        self._table.watcher = self
        changes = self.changes.setdefault(plugin, CommandChanges())
        names, root = self._table.present(), root_shape(self._group)
        before = self._table.imported()
        self._imported.clear()
        try:
            yield changes
        finally:
            self._table.watcher = None
        changes.touched = sorted(names - self._table.present())
        for name in changes.touched:
            self._shapes.pop(name, None)
        if root != root_shape(self._group):
            changes.at_large = "changes the command llm itself"
        for name, command in self._table.imported().items():
            now = shape(command)
            if name not in self._imported and before.get(name) is not command:
                changes.brought.append(name)
            if name not in self._shapes or self._shapes[name] != now:
                changes.added[name] = {}
                self._shapes[name] = now

    def finish(self) -> dict[str, CommandChanges]:
        """Return the changes, with what has come of them in the end."""
        final = self._table.imported()
        for changes in self.changes.values():
            changes.added = {name: summary(final[name]) for name in changes.added if name in final}
            changes.removed = [name for name in changes.touched if name not in self._table.present()]
        return self.changes
