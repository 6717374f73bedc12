"""Making the manifest, in a process that has just loaded all plugins and let them change the commands."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm.registry.manifest import HOOKS, Manifest, PluginRecord
from llm.registry.plugin_files import files_of, files_outside
from llm.registry.plugin_manager import pm
from llm.registry.plugin_sources import PluginSource
from llm.registry.plugins import DEFAULT_PLUGINS, loading_errors, plugins_asked_too_early, sources, watch_loading
from llm.registry.side_effects import Watch, origins_of_foreign_code

if TYPE_CHECKING:
    from pluggy import HookCaller

_OWN_HOOKS = {"register_commands", *HOOKS.values()}


@dataclass(slots=True)
class CommandChanges:
    """What one plugin did to the commands."""

    added: dict[str, dict[str, Any]] = field(default_factory=dict)  #: or changed
    brought: list[str] = field(default_factory=list)  #: those of them that are its own, new or in place of another's
    touched: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    at_large: str = ""  #: what it did that concerns all commands


class Recording:
    """Begun before any plugin is loaded, to see what loading each of them changes."""

    def __init__(self) -> None:
        self._modules = frozenset(sys.modules)
        self.watch: Watch = Watch()
        watch_loading(self.watch.look)

    def manifest(self, changes: Mapping[str, CommandChanges], earlier: Manifest | None) -> Manifest | None:
        """Return the manifest of what is loaded; None if plugins depend on one another in ways that it cannot hold."""
        plugins = [source for source in sources() if source.name not in DEFAULT_PLUGINS]
        with pm.as_it_is():
            registered = {name for name, plugin in pm.list_name_plugin() if plugin is not None}
        if plugins_asked_too_early() or not registered <= {source.name for source in sources()}:
            return None
        records = [_record(source, changes.get(source.name, CommandChanges())) for source in plugins]
        mark_intruders(records, self.watch.intruders)
        _keep_what_was_learnt(records, earlier)
        return Manifest(records)

    def files(self) -> list[str]:
        """Return the files whose change makes the manifest worthless."""
        return sorted(files_outside(self._modules).union(*map(files_of, _packages())))


def mark_intruders(records: list[PluginRecord], known: Collection[str]) -> None:
    """Note of plugins that have put code into this package, or were seen changing the process, that they always do."""
    packages = _packages()
    intruders = {name for origin in origins_of_foreign_code(packages) for name in packages[origin]}.union(known)
    for record in records:
        if not record.always and record.name in intruders:
            record.always = "replaces parts of llm or of the process"


def _packages() -> dict[str, list[str]]:
    """Return the top-level packages of the installed plugins, with the names of their plugins."""
    packages: dict[str, list[str]] = {}
    for source in sources():
        if source.name not in DEFAULT_PLUGINS:
            packages.setdefault(source.module.partition(".")[0], []).append(source.name)
    return packages


def _record(source: PluginSource, changes: CommandChanges) -> PluginRecord:
    with pm.as_it_is():
        plugin = pm.get_plugin(source.name)
        callers = pm.get_hookcallers(plugin) or [] if plugin is not None else []
    hooks = sorted(caller.name for caller in callers)
    distribution = source.distribution
    return PluginRecord(
        name=source.name,
        distribution=distribution.metadata["name"] if distribution is not None else "",
        version=distribution.version if distribution is not None else "",
        hooks=hooks,
        always=_why_always(source.name, hooks, changes),
        whole=[caller.name for caller in callers if _sees_others(caller, plugin)],
        commands=changes.added,
        touched=changes.touched,
        removed=changes.removed,
    )


def _why_always(name: str, hooks: Collection[str], changes: CommandChanges) -> str:
    if name in loading_errors():
        return "could not be loaded"
    if _OWN_HOOKS.isdisjoint(hooks):
        return "has no hooks of llm, so it must be there for something else"
    return changes.at_large


def _sees_others(caller: HookCaller, plugin: object) -> bool:
    return any(
        implementation.wrapper or implementation.hookwrapper or "model_aliases" in implementation.argnames
        for implementation in caller.get_hookimpls()
        if implementation.plugin is plugin
    )


def _keep_what_was_learnt(records: list[PluginRecord], earlier: Manifest | None) -> None:
    """Take over from an older manifest which plugins have changing lists: one look at them would not show it."""
    known = {(plugin.name, plugin.version): plugin.changing for plugin in earlier.plugins} if earlier else {}
    for record in records:
        record.changing = list(known.get((record.name, record.version), ()))
