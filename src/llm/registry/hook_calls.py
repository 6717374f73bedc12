"""Calling a hook in one plugin after the other, so that a failure, or a registration, has a name to it."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from llm.registry.notices import SHOW_WHERE, on_one_line, warn
from llm.registry.plugin_manager import pm


def callers_by_plugin(hook: str) -> dict[str, Callable[..., Any]]:
    """Return, by name of plugin, what calls a hook in that plugin alone; in pluggy's order of calling."""
    with pm.as_it_is():
        implementations = getattr(pm.hook, hook).get_hookimpls()
        plugins = [implementation.plugin for implementation in implementations]
        return {
            implementation.plugin_name: pm.subset_hook_caller(
                hook, [plugin for plugin in plugins if plugin is not implementation.plugin]
            )
            for implementation in reversed(implementations)
        }


def called_as_a_whole(hook: str) -> bool:
    """Tell whether some plugin wraps the calls of the others, which leaves no plugin to be called alone."""
    with pm.as_it_is():
        implementations = getattr(pm.hook, hook).get_hookimpls()
    return any(implementation.wrapper or implementation.hookwrapper for implementation in implementations)


def call_for_each_plugin(hook: str, only: Collection[str] | None = None, **arguments: Any) -> None:
    """Call a hook in one plugin after the other (in `only` these).

    One that fails is reported on standard error and stops no other. With `LLM_RAISE_ERRORS` set, its error is raised.
    """
    for name, call in callers_by_plugin(hook).items():
        if only is None or name in only:
            with reported(name, hook):
                call(**arguments)


@contextmanager
def reported(plugin: str, hook: str, failed: set[str] | None = None) -> Iterator[None]:
    """Turn what a plugin's hook raises into a line on standard error, and note the plugin in `failed`, if given."""
    try:
        yield
    except (Exception, SystemExit) as error:
        if os.environ.get("LLM_RAISE_ERRORS"):
            raise
        if failed is not None:
            failed.add(plugin)
        warn(f"Warning: plugin {plugin} failed in {hook}. {on_one_line(error)} {SHOW_WHERE}")


def failing_plugin(error: BaseException) -> str | None:
    """Return the name of the plugin in whose hook an error arose, or None if it was in none."""
    with pm.as_it_is():
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
