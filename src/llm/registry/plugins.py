"""The plugin manager, and how it gets its plugins: once per process, and whatever one of them does wrong.

Nothing is loaded by importing this module. `load_plugins` does it, and the functions of this package call that.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pluggy import PluginManager

from llm.registry import hookspecs
from llm.registry.notices import warn
from llm.registry.plugin_sources import PluginSource, plugins_to_load

#: Distributions whose plugins are loaded instead of all that are installed, separated by commas.
LLM_LOAD_PLUGINS = os.environ.get("LLM_LOAD_PLUGINS")

#: Built-in plugins. pluggy calls the last one first: models of OpenAI head the list of models.
DEFAULT_PLUGINS = (
    "llm.default_plugins.local_models",
    "llm.default_plugins.openai_models",
    "llm.default_plugins.default_tools",
)

pm = PluginManager("llm")
pm.add_hookspecs(hookspecs)


class _Loading:
    """How far loading has come."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.running = False
        self.done = False
        self.waiting: deque[Callable[[], object]] = deque()


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


def get_plugins(all: bool = False) -> list[dict[str, Any]]:  # noqa: A002 - the documented name
    """Return what is registered at the moment: `name`, `hooks` and, for installed plugins, `version`.

    `name` is that of the distribution where there is one. Built-in plugins are listed with `all` only.
    """
    distributions = {id(plugin): distribution for plugin, distribution in pm.list_plugin_distinfo()}
    listed = []
    for registered_as, plugin in pm.list_name_plugin():
        if plugin is None:  # a blocked name
            continue
        name = getattr(plugin, "__name__", registered_as)
        if name.startswith("llm.default_plugins.") and not all:
            continue
        listed.append(_described(plugin, name, distributions.get(id(plugin))))
    return listed


def callers_by_plugin(hook: str) -> dict[str, Callable[..., Any]]:
    """Return, by name of plugin, what calls a hook in that plugin alone; in pluggy's order of calling."""
    implementations = getattr(pm.hook, hook).get_hookimpls()
    plugins = [implementation.plugin for implementation in implementations]
    return {
        implementation.plugin_name: pm.subset_hook_caller(
            hook, [plugin for plugin in plugins if plugin is not implementation.plugin]
        )
        for implementation in reversed(implementations)
    }


def call_for_each_plugin(hook: str, **arguments: Any) -> None:
    """Call a hook in one plugin after the other; one that fails is reported on standard error and stops no other.

    With `LLM_RAISE_ERRORS` set, its error is raised.
    """
    for name, call in callers_by_plugin(hook).items():
        with _reported(f"plugin {name} failed in {hook}"):
            call(**arguments)


def failing_plugin(error: BaseException) -> str | None:
    """Return the name of the plugin in whose hook an error arose, or None if it was in none."""
    names = {
        hook.function.__code__: hook.plugin_name
        for _, plugin in pm.list_name_plugin()
        for caller in pm.get_hookcallers(plugin) or ()
        for hook in caller.get_hookimpls()
        if hasattr(hook.function, "__code__")
    }
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in names:
            return names[trace.tb_frame.f_code]
        trace = trace.tb_next
    return None


def _load_once() -> None:
    if _loading.done or _loading.running:
        return
    _loading.running = True
    first_error: BaseException | None = None
    try:
        for source in plugins_to_load(LLM_LOAD_PLUGINS, DEFAULT_PLUGINS):
            error = _registered(source)
            first_error = first_error or error
        _loading.done = True
    finally:
        _loading.running = False
    if first_error is not None and os.environ.get("LLM_RAISE_ERRORS"):
        raise first_error


def _run_waiting() -> None:
    # Several threads may be here at once; `popleft` gives each action to one of them.
    while _loading.done and _loading.waiting:
        try:
            action = _loading.waiting.popleft()
        except IndexError:
            return
        action()


def _registered(source: PluginSource) -> BaseException | None:
    """Import and register a plugin, unless its name is taken; return what went wrong."""
    if pm.has_plugin(source.name) or pm.is_blocked(source.name):
        return None
    try:
        plugin = source.load()
        pm.register(plugin, name=source.name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may do anything, and none must stop the others
        warn(f"Warning: plugin {source.label} was not loaded. {_on_one_line(error)}")
        return error
    if source.distribution is not None:
        _remember_distribution(plugin, source.distribution)
    return None


@contextmanager
def _reported(what: str) -> Iterator[None]:
    try:
        yield
    except (Exception, SystemExit) as error:
        if os.environ.get("LLM_RAISE_ERRORS"):
            raise
        warn(f"Warning: {what}. {_on_one_line(error)}")


def _on_one_line(error: BaseException) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{text} (LLM_RAISE_ERRORS=1 shows where)"


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
