"""Which plugins there are to load.

The one place that decides it: built-in plugins always and last, before them what is installed, or what the variable
`LLM_LOAD_PLUGINS` names instead.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from typing import NamedTuple

from llm.registry.distributions import PLUGIN_GROUP, normalised
from llm.registry.installed import AnyDistribution, InstalledPlugin, installed_plugins, plugins_of
from llm.registry.notices import warn


class PluginSource(NamedTuple):
    """A plugin that can be loaded."""

    name: str  #: what it is registered as
    load: Callable[[], object]
    distribution: AnyDistribution | None = None
    module: str = ""  #: the module that the plugin is, or is in

    @property
    def label(self) -> str:
        """The plugin as its user knows it: with the distribution that can be upgraded or uninstalled."""
        if self.distribution is None:
            return self.name
        return f"{self.name} (of {self.distribution.metadata['name']} {self.distribution.version})"


def plugins_to_load(chosen: str | None, built_in: Iterable[str]) -> Iterator[PluginSource]:
    """Yield the plugins in the order of loading.

    `chosen` holds names of distributions separated by commas, None meaning all that are installed. Test suites set the
    attribute `_called_from_test` of `sys` to be left alone with the built-in plugins, which are modules by name.
    """
    if chosen is not None:
        yield from _of_distributions(chosen)
    elif not hasattr(sys, "_called_from_test"):
        yield from _installed()
    for name in built_in:
        yield PluginSource(name, partial(import_module, name), module=name)


def _installed() -> Iterator[PluginSource]:
    for plugin in installed_plugins(PLUGIN_GROUP):
        yield _source(plugin)


def _of_distributions(names: str) -> Iterator[PluginSource]:
    # Keyed by the normalised name: one distribution may be named twice in different spellings.
    for name in {normalised(name): name for name in map(str.strip, names.split(",")) if name}.values():
        plugins = plugins_of(name, PLUGIN_GROUP)
        if plugins is None:
            warn(f"Plugin {name} could not be found")
        else:
            yield from map(_source, plugins)


def _source(plugin: InstalledPlugin) -> PluginSource:
    return PluginSource(plugin.name, plugin.load, plugin.distribution, plugin.module)
