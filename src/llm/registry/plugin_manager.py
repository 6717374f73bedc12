"""The plugin manager `pm`: pluggy's, which plugins may have been left out of for now.

The command `llm` loads only the plugins that it needs. Whoever looks at the manager must not notice: before it answers,
it has the others loaded, unless the one who asks is the registry itself.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from pluggy import HookRelay, PluginManager

from llm.registry import hookspecs

M = TypeVar("M", bound=Callable[..., Any])


def _after_completing(method: M) -> M:
    def complete_first(self: "LatePluginManager", *arguments: Any, **named: Any) -> Any:
        self.complete()
        return method(self, *arguments, **named)

    complete_first.__name__ = method.__name__
    complete_first.__doc__ = method.__doc__
    return complete_first  # type: ignore[return-value]


class LatePluginManager(PluginManager):
    """A plugin manager that gets its plugins when somebody looks."""

    def __init__(self, project: str) -> None:
        self.load_rest: Callable[[], None] | None = None  #: set while plugins are left out
        self._quiet = threading.local()
        super().__init__(project)

    def complete(self) -> None:
        """Have the plugins loaded that were left out, if any were."""
        if self.load_rest is not None and not getattr(self._quiet, "on", False):
            self.load_rest()

    @contextmanager
    def as_it_is(self) -> Iterator[None]:
        """Within this, the manager shows what is loaded; for the registry's own use, never around code of plugins."""
        before, self._quiet.on = getattr(self._quiet, "on", False), True
        try:
            yield
        finally:
            self._quiet.on = before

    @property  # type: ignore[misc]
    def hook(self) -> HookRelay:
        """The hooks to be called."""
        self.complete()
        return self._hooks

    @hook.setter
    def hook(self, hooks: HookRelay) -> None:
        self._hooks = hooks

    if not TYPE_CHECKING:  # for a type checker, these are what they are in the base
        get_plugins = _after_completing(PluginManager.get_plugins)
        get_plugin = _after_completing(PluginManager.get_plugin)
        get_name = _after_completing(PluginManager.get_name)
        get_hookcallers = _after_completing(PluginManager.get_hookcallers)
        has_plugin = _after_completing(PluginManager.has_plugin)
        is_registered = _after_completing(PluginManager.is_registered)
        list_name_plugin = _after_completing(PluginManager.list_name_plugin)
        list_plugin_distinfo = _after_completing(PluginManager.list_plugin_distinfo)
        register = _after_completing(PluginManager.register)
        set_blocked = _after_completing(PluginManager.set_blocked)
        unregister = _after_completing(PluginManager.unregister)


pm: LatePluginManager = LatePluginManager("llm")
pm.add_hookspecs(hookspecs)
