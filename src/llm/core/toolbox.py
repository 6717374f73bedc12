"""Toolboxes, and what becomes of a list in which tools, toolboxes and functions are mixed."""

from collections.abc import Callable, Collection, Iterable, Iterator
from copy import copy
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from llm.core.server_tools import ServerSideTool
from llm.core.signatures import Configured
from llm.core.tools import Tool

if TYPE_CHECKING:
    from typing_extensions import Self


class Toolbox(Configured):
    """A class whose public methods are tools that share state and configuration.

    Each is offered to the model as `CLASSNAME_METHODNAME`. Further tools can be added with `add_tool`, in the
    constructor or in `prepare`; a subclass may also override `tools`. Constructor arguments are logged as JSON, except
    those named in `secret_arguments`.
    """

    __module__ = "llm.models"

    name: str | None = None
    plugin: str | None = None
    instance_id: int | None = None

    #: Names that are never offered as tools. Subclasses may extend it.
    _blocked: Collection[str] = ("tools", "add_tool", "method_tools", "__init_subclass__", "prepare", "prepare_async")
    _extra_tools: list[Tool] = []  # noqa: RUF012  # what a class answers; instances get one of their own
    _prepared: bool = False
    _async_prepared: bool = False

    def __new__(cls, /, *args: Any, **kwargs: Any) -> "Self":
        toolbox = super().__new__(cls, *args, **kwargs)
        toolbox._extra_tools = []
        return toolbox

    def tools(self) -> Iterable[Tool]:
        """Return the tools: one per public method, in alphabetical order, then the added ones."""
        return [*_method_tools(self), *self._extra_tools]

    @classmethod
    def method_tools(cls) -> list[Tool]:
        """Return the tools that the methods of the class make, not bound to an instance: for listings."""
        return _method_tools(cls)

    def add_tool(self, tool_or_function: Tool | Callable[..., Any], pass_self: bool = False) -> None:
        """Add a tool to this toolbox; a function is offered under its own name.

        With `pass_self` the function's first parameter receives the toolbox. Raises `TypeError` for anything else.
        """
        if isinstance(tool_or_function, Tool):
            self._extra_tools.append(tool_or_function)
            return
        if not callable(tool_or_function):
            raise TypeError(f"Not a tool: {tool_or_function!r}. add_tool() takes a Tool or a function")
        tool = Tool.function(MethodType(tool_or_function, self) if pass_self else tool_or_function)
        tool.plugin = self.plugin
        self._extra_tools.append(tool)

    def prepare(self) -> None:
        """Set the toolbox up before synchronous use; runs once, and may add tools. To be overridden."""

    async def prepare_async(self) -> None:
        """Set the toolbox up before asynchronous use; runs once, and may add tools. To be overridden."""


def expand_tools(items: Iterable[Any]) -> list[Tool | ServerSideTool]:
    """Return one list of tools for a list of tools, toolboxes and functions, in order.

    The tools of a toolbox come as copies that know their toolbox (see `instance_of`) and its plugin. Raises `TypeError`
    for anything that is no tool.
    """
    expanded: list[Tool | ServerSideTool] = []
    for item in items:
        if isinstance(item, Toolbox):
            expanded.extend(_owned(_as_tool(tool), item) for tool in item.tools())
        else:
            expanded.append(_as_tool(item))
    return expanded


def toolboxes_in(items: Iterable[Any]) -> list[Toolbox]:
    """Return the toolboxes among the items and behind their tools, each once, in order of appearance."""
    found: dict[int, Toolbox] = {}
    for item in items:
        owner = item if isinstance(item, Toolbox) else instance_of(item)
        if isinstance(owner, Toolbox):
            found.setdefault(id(owner), owner)
    return list(found.values())


def instance_of(tool: Any) -> object | None:
    """Return the object that a tool or function belongs to: its toolbox, a server-side tool itself, or `None`.

    For a method that is bound to an object of another kind, it is that object.
    """
    if isinstance(tool, ServerSideTool):
        return tool
    implementation = tool
    if isinstance(tool, Tool):
        toolbox: object | None = getattr(tool, "_toolbox", None)  # a subclass may have a __post_init__ of its own
        if toolbox is not None:
            return toolbox
        implementation = tool.implementation
    owner = implementation.__self__ if isinstance(implementation, MethodType) else None
    return None if isinstance(owner, type) else owner


def _method_tools(owner: Toolbox | type[Toolbox]) -> list[Tool]:
    class_name = owner.__name__ if isinstance(owner, type) else type(owner).__name__
    tools = []
    for name in _offered_names(owner):
        tool = Tool.function(_bound(owner, name), name=f"{class_name}_{name}")
        tool.implementation = getattr(owner, name)
        tool.plugin = owner.plugin
        tools.append(tool)
    return tools


def _offered_names(owner: Toolbox | type[Toolbox]) -> Iterator[str]:
    """Yield the names of the public functions and methods, without evaluating properties."""
    from inspect import getattr_static

    blocked = {*Toolbox._blocked, *owner._blocked}
    for name in sorted(dir(owner)):
        if name.startswith("_") or name in blocked:
            continue
        defined = getattr_static(owner, name, None)
        if isinstance(defined, (FunctionType, MethodType, classmethod, staticmethod)) and isinstance(
            getattr(owner, name), (FunctionType, MethodType)
        ):
            yield name


def _bound(owner: Toolbox | type[Toolbox], name: str) -> Callable[..., Any]:
    """Return the method as an instance sees it: the first parameter, whatever its name, is no argument."""
    from inspect import getattr_static

    if isinstance(owner, type) and isinstance(getattr_static(owner, name), FunctionType):
        return MethodType(getattr(owner, name), owner)
    method: Callable[..., Any] = getattr(owner, name)
    return method


def _as_tool(item: Any) -> Tool | ServerSideTool:
    if isinstance(item, (Tool, ServerSideTool)):
        return item
    if isinstance(item, type) and issubclass(item, (Toolbox, ServerSideTool)):
        raise TypeError(f"Not a tool: {item!r}. Pass an instance, such as {item.__name__}()")
    if not callable(item):
        raise TypeError(f"Not a tool: {item!r}. Pass Tool, ServerSideTool or Toolbox instances or functions")
    return Tool.function(item)


def _owned(tool: Tool | ServerSideTool, toolbox: Toolbox) -> Tool | ServerSideTool:
    if isinstance(tool, ServerSideTool):
        return tool
    # A copy, since one Tool object may have been added to several toolboxes.
    owned = copy(tool)
    owned._toolbox = toolbox
    owned.plugin = owned.plugin or toolbox.plugin
    return owned
