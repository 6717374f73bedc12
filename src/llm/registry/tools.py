"""The tools that plugins offer."""

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any

from llm.registry.lookup import unused_name
from llm.registry.plugins import callers_by_plugin, load_plugins, pm

if TYPE_CHECKING:
    from llm.core.toolbox import Toolbox
    from llm.core.tools import Tool


def get_tools() -> "dict[str, Tool | type[Toolbox]]":
    """Return the tools and toolbox classes of all plugins, in the order in which the plugins were registered.

    A name that is taken gets the suffix `_1`, `_2`, ...; a tool then carries it too. Tools are copies of what plugins
    register, with the plugin's name in `plugin`. Raises `TypeError` for what is no tool.
    """
    load_plugins()
    tools: dict[str, Tool | type[Toolbox]] = {}
    # One plugin at a time, because `register` is not told whose call it is.
    callers = callers_by_plugin("register_tools")
    for plugin_name, _ in pm.list_name_plugin():
        if plugin_name in callers:
            callers[plugin_name](register=_registering(tools, plugin_name))
    return tools


def _registering(tools: "dict[str, Tool | type[Toolbox]]", plugin_name: str) -> Callable[..., None]:
    def register(tool: Any, name: str | None = None) -> None:
        if isinstance(tool, type):
            toolbox = _toolbox_class(tool)
            toolbox.name = name or toolbox.__name__
            toolbox.plugin = plugin_name
            tools[unused_name(toolbox.name, tools)] = toolbox
            return
        copied = _copied_tool(tool, name)
        copied.name = unused_name(copied.name, tools)
        copied.plugin = plugin_name
        tools[copied.name] = copied

    return register


def _toolbox_class(candidate: type) -> "type[Toolbox]":
    from llm.core.toolbox import Toolbox

    if not issubclass(candidate, Toolbox):
        raise TypeError(f"{candidate.__name__} cannot be a tool: a class has to be a subclass of llm.Toolbox")
    return candidate


def _copied_tool(tool: Any, name: str | None) -> "Tool":
    from llm.core.tools import Tool

    if isinstance(tool, Tool):
        copied = copy(tool)
        copied.name = name or tool.name
        return copied
    if not callable(tool):
        raise TypeError(f"Not a tool: {tool!r}. A plugin registers functions, Tool objects and Toolbox classes")
    return Tool.function(tool, name=name)
