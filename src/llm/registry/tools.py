"""The tools that plugins offer."""

from collections.abc import Callable, Collection, Iterable
from copy import copy
from functools import partial
from typing import TYPE_CHECKING

from llm.registry.lookup import unused_name
from llm.registry.offers import ask_plugins
from llm.registry.plugin_manager import pm
from llm.registry.plugins import load_plugins

if TYPE_CHECKING:
    from llm.core.toolbox import Toolbox
    from llm.core.tools import Tool


def get_tools() -> "dict[str, Tool | type[Toolbox]]":
    """Return the tools and toolbox classes of all plugins, in the order in which the plugins were registered.

    A name that is taken gets the suffix `_1`, `_2`, ...; a tool then carries it too. Tools are copies of what plugins
    register, with the plugin's name in `plugin`. Raises `TypeError` for what is no tool.
    """
    load_plugins()
    return registered_tools()


def registered_tools(
    *, only: Collection[str] | None = None, tolerant: bool = False
) -> "dict[str, Tool | type[Toolbox]]":
    """Return the tools of the plugins that are loaded, or those of them that are in `only`.

    `tolerant`: a plugin that fails is reported on standard error.
    """
    tools: dict[str, Tool | type[Toolbox]] = {}
    ask_plugins(
        "tools", partial(_registering, tools), only=only, tolerant=tolerant, in_order_of=_in_order_of_registration
    )
    return tools


def _in_order_of_registration(names: Iterable[str]) -> list[str]:
    wanted = set(names)
    with pm.as_it_is():
        return [name for name, _ in pm.list_name_plugin() if name in wanted]


def _registering(
    tools: "dict[str, Tool | type[Toolbox]]", plugin_name: str, names: list[list[str]]
) -> Callable[..., None]:
    def register(tool_or_function: object, name: str | None = None) -> None:
        if isinstance(tool_or_function, type):
            toolbox = _toolbox_class(tool_or_function)
            toolbox.name = name or toolbox.__name__
            toolbox.plugin = plugin_name
            names.append([toolbox.name])
            tools[unused_name(toolbox.name, tools)] = toolbox
            return
        copied = _copied_tool(tool_or_function, name)
        names.append([copied.name])
        copied.name = unused_name(copied.name, tools)
        copied.plugin = plugin_name
        tools[copied.name] = copied

    return register


def _toolbox_class(candidate: type) -> "type[Toolbox]":
    from llm.core.toolbox import Toolbox

    if not issubclass(candidate, Toolbox):
        raise TypeError(f"{candidate.__name__} cannot be a tool: a class has to be a subclass of llm.Toolbox")
    return candidate


def _copied_tool(tool: object, name: str | None) -> "Tool":
    from llm.core.tools import Tool

    if isinstance(tool, Tool):
        copied = copy(tool)
        copied.name = name or tool.name
        return copied
    if not callable(tool):
        raise TypeError(f"Not a tool: {tool!r}. A plugin registers functions, Tool objects and Toolbox classes")
    return Tool.function(tool, name=name)
