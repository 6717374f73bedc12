"""Loading plugins: once per process, in one order, and whatever one of them does wrong.

Nothing is loaded by importing this module. `load_plugins` does it, and the functions of this package call that. The
command `llm` may load some of them first (`load_some`), when the manifest says that the others are not needed.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Collection
from typing import Any

from llm.registry.notices import SHOW_WHERE, on_one_line, warn
from llm.registry.plugin_manager import pm
from llm.registry.plugin_sources import PluginSource, plugins_to_load

#: Distributions whose plugins are loaded instead of all that are installed, separated by commas.
LLM_LOAD_PLUGINS = os.environ.get("LLM_LOAD_PLUGINS")

#: Built-in plugins. pluggy calls the last one first: models of OpenAI head the list of models.
DEFAULT_PLUGINS = (
    "llm.default_plugins.local_models",
    "llm.default_plugins.openai_models",
    "llm.default_plugins.default_tools",
)


class _Loading:
    """How far loading has come."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.running = False
        self.done = False
        self.waiting: deque[Callable[[], object]] = deque()
        self.sources: list[PluginSource] | None = None
        self.early: dict[str, object] = {}  #: by name, what was loaded ahead of the others
        self.errors: dict[str, BaseException] = {}  #: by name, what went wrong
        self.curious: bool = False  #: a plugin asked for the others while it was being loaded
        self.watchers: list[Callable[[str], object]] = []  #: told of each plugin that was loaded


_loading = _Loading()


def load_plugins() -> None:
    """Load the plugins; later calls return at once, and so does a call from a plugin that is being imported.

    A plugin that cannot be loaded is reported on standard error and left out. With `LLM_RAISE_ERRORS` set, the first
    such error is raised when all others are loaded.
    """
    if _loading.done:
        return
    try:
        with _loading.lock:
            _load_once()
    finally:
        _run_waiting()


def load_some(names: Collection[str]) -> None:
    """Load these plugins, unless all are loaded; the others follow when somebody asks for them.

    They stand in the manager in the order in which they stand when all are loaded.
    """
    with _loading.lock:
        if _loading.done or _loading.running:
            return
        pm.load_rest = load_plugins
        _loading.running = True
        errors_before = len(_loading.errors)
        try:
            _load_early(names)
        finally:
            _loading.running = False
        _raise_if_wanted(errors_before)


def when_loaded(action: Callable[[], object]) -> None:
    """Run `action` when all plugins are loaded, and see to it that they get loaded.

    For a module that plugins import and that needs the plugins itself. If loading is under way, in this thread or in
    another, this returns and the loading thread runs the action at its end. Waiting is no choice: who imports a module
    holds its import lock, which the loading thread may come to need.
    """
    _loading.waiting.append(action)
    if not _loading.lock.acquire(blocking=False):
        return
    try:
        load_plugins()
    finally:
        _loading.lock.release()
        _run_waiting()


def all_loaded() -> bool:
    """Tell whether all plugins are loaded."""
    return _loading.done


def being_loaded() -> bool:
    """Tell whether plugins are being loaded at the moment, so that a look now would see some of them only."""
    return _loading.running


def loading_errors() -> dict[str, BaseException]:
    """Return what went wrong in loading, by the name of the plugin."""
    return dict(_loading.errors)


def plugins_asked_too_early() -> bool:
    """Tell whether a plugin asked for the others while they were being loaded."""
    return _loading.curious


def sources() -> list[PluginSource]:
    """Return the plugins there are, in the order of loading; found out once."""
    with _loading.lock:
        if _loading.sources is None:
            found: dict[str, PluginSource] = {}
            for source in plugins_to_load(LLM_LOAD_PLUGINS, DEFAULT_PLUGINS):
                found.setdefault(source.name, source)
            _loading.sources = list(found.values())
        return _loading.sources


def watch_loading(watcher: Callable[[str], object]) -> None:
    """Have `watcher` called with the name of each plugin, right after that was loaded or failed."""
    _loading.watchers.append(watcher)


def get_plugins(all: bool = False) -> list[dict[str, Any]]:  # noqa: A002 - the documented name
    """Return what is registered at the moment: `name`, `hooks` and, for installed plugins, `version`.

    `name` is that of the distribution where there is one. Built-in plugins are listed with `all` only.
    """
    return [described for _, described in described_plugins(all)]


def described_plugins(all: bool = False) -> list[tuple[str, dict[str, Any]]]:  # noqa: A002
    """Return what `get_plugins` does, each with the name under which the plugin is registered."""
    distributions = {id(plugin): distribution for plugin, distribution in pm.list_plugin_distinfo()}
    listed = []
    for registered_as, plugin in pm.list_name_plugin():
        if plugin is None:  # a blocked name
            continue
        name = getattr(plugin, "__name__", registered_as)
        if name.startswith("llm.default_plugins.") and not all:
            continue
        listed.append((registered_as, _described(plugin, name, distributions.get(id(plugin)))))
    return listed


def _load_once() -> None:
    if _loading.done:
        return
    if _loading.running:
        _loading.curious = True
        return
    _loading.running = True
    errors_before = len(_loading.errors)
    try:
        with pm.as_it_is():
            for name in _loading.early:
                pm.unregister(name=name)
        for source in sources():
            _registered(source)
            for watcher in _loading.watchers:
                watcher(source.name)
        _loading.done = True
        pm.load_rest = None
    finally:
        _loading.running = False
    _raise_if_wanted(errors_before)


def _raise_if_wanted(errors_before: int) -> None:
    errors = list(_loading.errors.values())[errors_before:]
    if errors and os.environ.get("LLM_RAISE_ERRORS"):
        raise errors[0]


def _load_early(names: Collection[str]) -> None:
    new = [source for source in sources() if source.name in names and source.name not in _loading.early]
    if not new:
        return
    with pm.as_it_is():
        for name in _loading.early:
            pm.unregister(name=name)
    for source in sources():
        if source in new and _registered(source):
            with pm.as_it_is():
                _loading.early[source.name] = pm.get_plugin(source.name)
        elif source.name in _loading.early:
            with pm.as_it_is():
                pm.register(_loading.early[source.name], name=source.name)


def _run_waiting() -> None:
    # Several threads may be here at once; `popleft` gives each action to one of them.
    while _loading.done and _loading.waiting:
        try:
            action = _loading.waiting.popleft()
        except IndexError:
            return
        action()


def _registered(source: PluginSource) -> bool:
    """Import and register a plugin, unless its name is taken or it failed before; tell whether it was registered."""
    with pm.as_it_is():
        taken = pm.has_plugin(source.name) or pm.is_blocked(source.name)
    if taken or source.name in _loading.errors:
        return False
    early = _loading.early.get(source.name)
    try:
        plugin = source.load() if early is None else early
        with pm.as_it_is():
            pm.register(plugin, name=source.name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may do anything, and none must stop the others
        warn(f"Warning: plugin {source.label} was not loaded. {on_one_line(error)} {SHOW_WHERE}")
        _loading.errors[source.name] = error
        return False
    if source.distribution is not None and early is None:
        _remember_distribution(plugin, source.distribution)
    return True


def _remember_distribution(plugin: object, distribution: Any) -> None:
    # pluggy notes this only for entry points that it loads itself, which it does without regard to distributions and
    # gives up at the first that fails. Its list holds facades up to version 1.6 and makes them on demand since.
    if not hasattr(pm, "list_plugin_distributions"):
        from pluggy._manager import DistFacade  # type: ignore[attr-defined]  # where those versions have it

        distribution = DistFacade(distribution)
    pm._plugin_distinfo.append((plugin, distribution))


def _described(plugin: object, name: str, distribution: Any) -> dict[str, Any]:
    hooks = sorted(caller.name for caller in pm.get_hookcallers(plugin) or ())
    if distribution is None:
        return {"name": name, "hooks": hooks}
    return {"name": distribution.metadata["name"], "hooks": hooks, "version": distribution.version}
