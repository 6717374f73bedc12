"""What the installed plugins brought when they were last loaded, so that most commands need not load them again.

The manifest answers which plugins a command, a model, a tool or a loader belongs to. Where it cannot know, it says so,
and then all plugins are loaded: that is always correct. It exists in processes that are the command `llm`, and nowhere
else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

#: what plugins offer by name -> the hook by which they do
HOOKS = {
    "models": "register_models",
    "embedding_models": "register_embedding_models",
    "tools": "register_tools",
    "template_loaders": "register_template_loaders",
    "fragment_loaders": "register_fragment_loaders",
}


class PluginRecord:
    """One plugin as it was seen. (No dataclass, like nothing here: making one takes longer than reading a manifest.)"""

    def __init__(
        self,
        name: str,
        *,
        distribution: str = "",
        version: str = "",
        hooks: Sequence[str] = (),
        always: str = "",
        whole: Sequence[str] = (),
        commands: Mapping[str, dict[str, Any]] | None = None,
        touched: Sequence[str] = (),
        removed: Sequence[str] = (),
        offers: Mapping[str, list[list[str]]] | None = None,
        changing: Sequence[str] = (),
    ) -> None:
        self.name = name  #: what it is registered as
        self.distribution = distribution
        self.version = version
        self.hooks = hooks
        self.always = always  #: why it is needed whatever the command is; empty if it is not
        self.whole = whole  #: hooks in which it looks at, or changes, what other plugins do
        self.commands: dict[str, dict[str, Any]] = dict(commands or {})  #: that it adds or replaces -> their short help
        self.touched = touched  #: commands of others that it changes or removes
        self.removed = removed  #: commands that it removes and does not put back
        self.offers: dict[str, list[list[str]]] = dict(offers or {})  #: kind -> the names of each thing, the id first
        self.changing: list[str] = list(changing)  #: kinds of which it has not always offered the same

    def as_row(self) -> dict[str, Any]:
        """Return the arguments that make this record."""
        return vars(self)

    def names(self, kind: str) -> set[str]:
        """Return all names under which it offers things of a kind."""
        return {name for names in self.offers.get(kind, ()) for name in names}


class Manifest:
    """All plugins, in the order of loading."""

    def __init__(self, plugins: Iterable[PluginRecord] = ()) -> None:
        self.plugins: list[PluginRecord] = list(plugins)

    def always(self) -> set[str]:
        """Return the plugins that have to be loaded whatever the command is."""
        return {plugin.name for plugin in self.plugins if plugin.always}

    def of_command(self, name: str) -> set[str]:
        """Return the plugins that add, replace, change or remove a command of the group `llm`."""
        return {plugin.name for plugin in self.plugins if name in plugin.commands or name in plugin.touched}

    def commands(self, without: Collection[str] = ()) -> dict[str, dict[str, Any]]:
        """Return the commands that plugins bring or change, each with what its line in the list of commands is made of.

        `without`: plugins that do not count.
        """
        # pluggy calls the last plugin first, so what the first one registers stays.
        plugins = [plugin for plugin in reversed(self.plugins) if plugin.name not in without]
        return {name: row for plugin in plugins for name, row in plugin.commands.items()}

    def removed(self) -> set[str]:
        """Return the commands that plugins take away."""
        return {name for plugin in self.plugins for name in plugin.removed}

    def offering(self, kind: str, names: Collection[str]) -> set[str] | None:
        """Return the plugins that matter for things of a kind with any of these names.

        None if only all plugins together can tell: one of them was never asked, or rewrites what others offer.
        """
        hook = HOOKS[kind]
        concerned = [plugin for plugin in self.plugins if hook in plugin.hooks]
        if any(kind not in plugin.offers or hook in plugin.whole for plugin in concerned):
            return None
        return {
            plugin.name
            for plugin in concerned
            if plugin.always or kind in plugin.changing or not plugin.names(kind).isdisjoint(names)
        }

    def names(self, kind: str) -> list[list[str]] | None:
        """Return the names of everything of a kind that plugins offer, in pluggy's order; None if it is not known."""
        if self.offering(kind, ()) is None:
            return None
        return [names for plugin in reversed(self.plugins) for names in plugin.offers.get(kind, ())]

    def observe(self, kind: str, offered: Mapping[str, list[list[str]]]) -> bool:
        """Take in what plugins offer now; tell whether that is news."""
        news = False
        for plugin in self.plugins:
            if plugin.name not in offered or plugin.offers.get(kind) == offered[plugin.name]:
                continue
            if kind in plugin.offers and kind not in plugin.changing:
                plugin.changing.append(kind)
            plugin.offers[kind] = offered[plugin.name]
            news = True
        return news
