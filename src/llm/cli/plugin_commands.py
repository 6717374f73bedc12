"""When plugins get to change the commands: all of them at once in a program, as late as can be in the command `llm`."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from llm.cli.command_table import CommandTable

if TYPE_CHECKING:
    from llm.cli.command_notes import CommandNotes
    from llm.registry.manifest import Manifest
    from llm.registry.manifest_file import Cache
    from llm.registry.manifest_recording import Recording

#: commands that built-in plugins bring -> the plugin, so that these need not be loaded for others either
OF_BUILT_IN_PLUGINS = {
    "local": "llm.default_plugins.local_models",
    "openai": "llm.default_plugins.openai_models",
}


class EveryPlugin:
    """Loads all plugins and has them change the commands, once."""

    def __init__(self, group: click.Group) -> None:
        self._group = group
        self._done = False

    def prepare(self, name: str) -> None:  # noqa: ARG002 - a part of the protocol
        """Have everybody join."""
        self.prepare_all()

    def prepare_all(self) -> None:
        """Have everybody join; if plugins are being loaded right now, at the end of that."""
        if self._done:
            return
        self._done = True
        from llm.registry.hook_calls import call_for_each_plugin
        from llm.registry.plugins import when_loaded

        when_loaded(lambda: call_for_each_plugin("register_commands", cli=self._group))

    def names(self) -> set[str]:
        """Return the names of all commands."""
        self.prepare_all()
        return _table_of(self._group).present()

    def summary(self, name: str) -> click.Command | None:  # noqa: ARG002 - a part of the protocol
        """Everybody has joined: the command itself can be looked at."""
        return None


class LatePlugins:
    """Has those plugins join that the manifest names for a command; all of them where it does not know."""

    def __init__(self, group: click.Group) -> None:
        self._group = group
        self._manifest: Manifest | None = None
        self._complete = False
        self._joined: set[str] = set()

    def prepare(self, name: str) -> None:
        """Have those join who add or change this command, or have to be there in any case."""
        manifest = self._begun()
        if manifest is None:
            return
        owners = manifest.of_command(name)
        if name in OF_BUILT_IN_PLUGINS:
            owners.add(OF_BUILT_IN_PLUGINS[name])
        if not owners and name not in _table_of(self._group).present() and _looks_like_command(name):
            self.prepare_all()
        else:
            self._join(manifest.always() | owners)

    def prepare_all(self) -> None:
        """Have all the others join."""
        manifest = self._begun()
        if manifest is None:
            return
        from llm.registry.plugins import load_plugins

        self._complete = True
        load_plugins()
        self._join_the_rest(manifest)

    def names(self) -> set[str]:
        """Return the names of all commands; plugins need not be loaded for that."""
        manifest, table = self._begun(), _table_of(self._group)
        if manifest is None:
            return table.present()
        self._join(manifest.always())
        return {*table.present(), *OF_BUILT_IN_PLUGINS, *manifest.commands(self._joined)} - manifest.removed()

    def summary(self, name: str) -> click.Command | None:
        """Return a stand-in for a command that a plugin brings."""
        manifest = self._begun()
        from llm.cli.command_shapes import stand_in

        row = None if manifest is None else manifest.commands(self._joined).get(name)
        return None if row is None else stand_in(name, row)

    def _begun(self) -> Manifest | None:
        """Return the manifest; None if everybody has joined already, or will when loading has ended."""
        loading = sys.modules.get("llm.registry.plugins")
        if self._complete or (loading is not None and loading.being_loaded()):
            return None
        if self._manifest is None:
            self._begin()
        return self._manifest

    def _begin(self) -> None:
        from llm.registry.manifest_file import stored_manifest
        from llm.registry.manifest_in_use import manifest_in_use, use_manifest

        loading = sys.modules.get("llm.registry.plugins")
        if loading is not None and loading.all_loaded():
            self._load_all(None)
            return
        self._manifest = manifest_in_use()
        if self._manifest is not None:
            return
        self._manifest, cache = stored_manifest()
        if self._manifest is None:
            self._load_all(cache)
        else:
            use_manifest(self._manifest, cache)

    def _join(self, plugins: Collection[str]) -> None:
        new = set(plugins) - self._joined
        if not new:
            return
        from llm.registry.hook_calls import call_for_each_plugin
        from llm.registry.plugins import load_some

        self._joined |= new
        load_some(new)
        call_for_each_plugin("register_commands", new, cli=self._group)

    def _join_the_rest(self, manifest: Manifest) -> None:
        """Have the others join, and note whose commands are not those that the manifest knows."""
        from llm.cli.command_shapes import summary
        from llm.registry.hook_calls import call_for_each_plugin, callers_by_plugin
        from llm.registry.manifest_in_use import store_manifest

        table, records = _table_of(self._group), {plugin.name: plugin for plugin in manifest.plugins}
        news = False
        for plugin in callers_by_plugin("register_commands"):
            if plugin in self._joined:
                continue
            self._joined.add(plugin)
            before = table.present()
            call_for_each_plugin("register_commands", {plugin}, cli=self._group)
            new, record = table.present() - before, records.get(plugin)
            if record is not None and not new <= record.commands.keys():
                record.always, news = "has commands that come and go", True
                record.commands.update({name: summary(table[name]) for name in new})
        if news:
            store_manifest()

    def _load_all(self, cache: Cache | None) -> None:
        from llm.cli.command_notes import CommandNotes
        from llm.registry.hook_calls import callers_by_plugin, reported
        from llm.registry.manifest_recording import Recording
        from llm.registry.plugins import load_plugins

        self._complete = True
        recording = Recording() if cache is not None else None
        load_plugins()
        notes = CommandNotes(self._group, _table_of(self._group))
        failed: set[str] = set()
        for plugin, call in callers_by_plugin("register_commands").items():
            with notes.of(plugin), reported(plugin, "register_commands", failed):
                call(cli=self._group)
            if recording is not None:
                recording.watch.look(plugin)
        if cache is not None and recording is not None and not notes.looked_at_all:
            _record(cache, recording, notes, failed)


class NoPlugins:
    """Has nobody join."""

    def __init__(self, group: click.Group) -> None:
        self._group = group

    def prepare(self, name: str) -> None:
        """Have nobody join."""

    def prepare_all(self) -> None:
        """Have nobody join."""

    def names(self) -> set[str]:
        """Return the names of the commands that are in the table."""
        return _table_of(self._group).present()

    def summary(self, name: str) -> click.Command | None:  # noqa: ARG002 - a part of the protocol
        """There is nothing but the commands themselves."""
        return None


def commands_brought(group: click.Group) -> dict[str, list[str] | Exception]:
    """Have all plugins join a group that is not used otherwise; return what each brings or raises."""
    from llm.cli.command_notes import CommandNotes
    from llm.registry.hook_calls import callers_by_plugin

    notes = CommandNotes(group, _table_of(group))
    outcome: dict[str, list[str] | Exception] = {}
    for plugin, call in callers_by_plugin("register_commands").items():
        try:
            with notes.of(plugin) as changes:
                call(cli=group)
            outcome[plugin] = changes.brought
        except Exception as error:  # noqa: BLE001 - a plugin may do anything
            outcome[plugin] = error
    return outcome


def _record(cache: Cache, recording: Recording, notes: CommandNotes, failed: Collection[str]) -> None:
    from llm.registry.manifest_file import earlier, stamp
    from llm.registry.manifest_in_use import store_manifest, use_manifest

    changes = notes.finish()
    for plugin in failed:
        changes[plugin].at_large = "failed in register_commands"
    manifest = recording.manifest(changes, earlier(cache))
    if manifest is not None:
        stamp(cache, recording.files())
        use_manifest(manifest, cache)
        store_manifest()


def _looks_like_command(name: str) -> bool:
    # A prompt of one word does as well. For that, all plugins are loaded: one may have got a new command.
    return name[:1].isalnum() and all(letter.isalnum() or letter in "-_.:" for letter in name)


def _table_of(group: click.Group) -> CommandTable:
    table = group.commands
    assert isinstance(table, CommandTable)  # noqa: S101 - made so in `app.build`
    return table
