"""Asking plugins what they offer, all of them or some, so that each thing is known to be of one plugin."""

from collections.abc import Callable, Collection, Iterable
from contextlib import nullcontext
from typing import Any

from llm.registry.hook_calls import called_as_a_whole, callers_by_plugin, reported
from llm.registry.manifest import HOOKS
from llm.registry.manifest_in_use import observed
from llm.registry.plugin_manager import pm

#: what a hook is called with: makes the function `register` for a plugin and a list that takes the names it registers
MakeRegister = Callable[[str, list[list[str]]], Callable[..., None]]


def ask_plugins(
    kind: str,
    make_register: MakeRegister,
    *,
    only: Collection[str] | None = None,
    in_order_of: Callable[[Iterable[str]], Iterable[str]] | None = None,
    tolerant: bool = False,
    **arguments: Any,
) -> None:
    """Call the hook for things of a kind in the plugins that are loaded, or in those of them that are in `only`.

    They are called as pluggy would call them, or as `in_order_of` sorts their names. What a hook raises is passed on;
    if `tolerant`, it is a line on standard error instead, and the next plugin is called.
    """
    hook = HOOKS[kind]
    if in_order_of is None and called_as_a_whole(hook):
        getattr(pm.hook, hook)(register=make_register("", []), **arguments)
        return
    callers = callers_by_plugin(hook)
    offered: dict[str, list[list[str]]] = {}
    failed: set[str] = set()
    for plugin in callers if in_order_of is None else in_order_of(callers):
        if only is None or plugin in only:
            names = offered[plugin] = []
            register = make_register(plugin, names)
            with reported(plugin, hook, failed) if tolerant else nullcontext():
                callers[plugin](register=register, **arguments)
    observed(kind, {plugin: names for plugin, names in offered.items() if plugin not in failed})
