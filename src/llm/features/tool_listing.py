"""What `llm tools` shows: the tools that could be offered, and what toolboxes and providers have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from inspect import getdoc, signature
from typing import TYPE_CHECKING, Any

from llm.core.errors import UserError
from llm.core.server_tools import ServerSideTool
from llm.core.toolbox import Toolbox
from llm.core.tools import Tool
from llm.features.tool_code import tools_from_code
from llm.features.tool_specs import ToolSpecError, gather_tools, server_side_tools
from llm.registry.finding import find_tools
from llm.registry.hook_calls import reported
from llm.registry.specs import spec_name

if TYPE_CHECKING:
    from llm.engine.worlds import AnyModel

_INDENT = "  "


@dataclass(frozen=True, slots=True)
class ListedToolbox:
    """A toolbox: a class, or an instance that was made from a specification."""

    name: str  #: under which it is registered
    toolbox_class: type[Toolbox]
    tools: Sequence[Tool]
    spec: str | None = None

    @property
    def dynamic(self) -> bool:
        """Whether its tools are known only once it is made and prepared."""
        return any(
            getattr(self.toolbox_class, name) != getattr(Toolbox, name)
            for name in ("tools", "prepare", "prepare_async")
        )


@dataclass(frozen=True, slots=True)
class ToolListing:
    """Everything to be listed, each kind in order. Tools are paired with the names under which they are registered."""

    tools: Sequence[tuple[str, Tool]]
    toolboxes: Sequence[ListedToolbox]
    model_id: str | None = None
    server_side: Sequence[type[ServerSideTool]] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the listing in JSON's terms."""
        found: dict[str, Any] = {
            "tools": [{**_tool_dict(tool, name), "plugin": tool.plugin} for name, tool in self.tools],
            "toolboxes": [
                {"name": toolbox.name, "dynamic": toolbox.dynamic, "tools": [_tool_dict(one) for one in toolbox.tools]}
                for toolbox in self.toolboxes
            ],
        }
        if self.model_id is not None:
            found["server_side_tools"] = [_server_side_dict(tool) for tool in self.server_side]
        return found

    def lines(self) -> Iterator[str]:
        """Yield the listing as text."""
        for _, tool in self.tools:
            yield from _entry(f"{tool.name}{_tool_signature(tool)}{_origin(tool.plugin)}", tool.description)
        for toolbox in self.toolboxes:
            yield from _toolbox_lines(toolbox)
        if self.server_side:
            yield from _entry(f"Server-side tools for {self.model_id} (executed by the provider):", None)
        for server_side in self.server_side:
            yield from _entry(f"{server_side.__name__}{signature(server_side)}", getdoc(server_side))


def list_tools(
    tool_specs: Sequence[str] = (), python_tools: Iterable[str] = (), *, model: AnyModel | None = None
) -> ToolListing:
    """Return what there is: all tools of plugins, or those that the specifications name; tools from code beside them.

    With a model its server-side tools are listed as well. Raises `ToolSpecError` and `FunctionsError`.
    """
    tools: dict[str, Tool] = {}
    toolboxes: list[ListedToolbox] = []
    for entry in _named(tool_specs, model) if tool_specs else _registered():
        if isinstance(entry, ListedToolbox):
            toolboxes.append(entry)
        else:
            tools.update([entry])
    tools.update((tool.name, tool) for code in python_tools for tool in tools_from_code(code))
    return ToolListing(
        sorted(tools.items()),
        sorted(toolboxes, key=lambda toolbox: toolbox.name),
        None if model is None else model.model_id,
        server_side_tools(model),
    )


def _registered() -> Iterator[tuple[str, Tool] | ListedToolbox]:
    for name, found in find_tools().items():
        if isinstance(found, type):
            yield ListedToolbox(name, found, _tools_of_class(name, found))
        else:
            yield name, found


def _tools_of_class(name: str, toolbox: type[Toolbox]) -> list[Tool]:
    """Return the tools that show without an instance; where the class of a plugin fails at that, warn of it."""
    found: list[Tool] = []
    with reported(toolbox.plugin or name, f"{name}.method_tools"):
        found.extend(toolbox.method_tools())
    return found


def _named(specs: Sequence[str], model: AnyModel | None) -> Iterator[tuple[str, Tool] | ListedToolbox]:
    distinct = list(dict.fromkeys(spec.strip() for spec in specs))
    for spec, found in zip(distinct, gather_tools(distinct, (), model), strict=True):
        if isinstance(found, Tool):
            yield spec_name(spec), found
        elif isinstance(found, Toolbox):
            yield ListedToolbox(spec_name(spec), type(found), _prepared_tools(found, spec), spec)


def _prepared_tools(toolbox: Toolbox, spec: str) -> list[Tool]:
    try:
        toolbox.prepare()
        toolbox._prepared = True
        return list(toolbox.tools())
    except UserError:
        raise
    except Exception as error:
        raise ToolSpecError(
            f"The toolbox {spec} cannot list its tools: {str(error) or type(error).__name__}"
        ) from error


def _tool_dict(tool: Tool, name: str | None = None) -> dict[str, Any]:
    return {"name": name or tool.name, "description": tool.description, "arguments": tool.input_schema}


def _server_side_dict(tool: type[ServerSideTool]) -> dict[str, Any]:
    return {
        "name": tool.__name__,
        "description": getdoc(tool),
        "signature": str(signature(tool)),
        "server_side": True,
    }


def _toolbox_lines(toolbox: ListedToolbox) -> Iterator[str]:
    if toolbox.dynamic and toolbox.spec is None:
        made_of, plugin = signature(toolbox.toolbox_class), _origin(toolbox.toolbox_class.plugin)
        yield from _entry(f"{toolbox.name}{made_of}{plugin}", _own_docstring(toolbox.toolbox_class))
    else:
        yield from _entry(f"{toolbox.spec or toolbox.name}:", None)
    for tool in toolbox.tools:
        yield from _entry(f"{tool.name}{_tool_signature(tool)}", tool.description, _INDENT)


def _own_docstring(toolbox_class: type[Toolbox]) -> str | None:
    """Return the docstring of a toolbox class; that of `Toolbox` says nothing about it."""
    found = getdoc(toolbox_class)
    return None if found == getdoc(Toolbox) else found


def _entry(heading: str, description: str | None, indent: str = "") -> Iterator[str]:
    yield f"{indent}{heading}"
    yield ""
    if description and description.strip():
        for line in description.strip().split("\n"):
            yield f"{indent}{_INDENT}{line}" if line.strip() else ""
        yield ""


def _origin(plugin: str | None) -> str:
    return f" (plugin: {plugin})" if plugin else ""


def _tool_signature(tool: Tool) -> str:
    """Return the signature of a tool's function; `self` is not what a model passes."""
    if tool.implementation is None:
        return "()"
    try:
        found = signature(tool.implementation)
    except (TypeError, ValueError):  # some builtins have none
        return "()"
    parameters = list(found.parameters.values())
    if parameters and parameters[0].name == "self":
        found = found.replace(parameters=parameters[1:])
    return str(found)
