"""From what was typed after `-T` and `--functions` to tools that a prompt can offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from llm.core.errors import UserError
from llm.features.tool_code import tools_from_code
from llm.registry.specs import instantiate_from_spec, spec_name

if TYPE_CHECKING:
    from llm.core.server_tools import ServerSideTool
    from llm.core.toolbox import Toolbox
    from llm.core.tools import Tool
    from llm.engine.worlds import AnyConversation, AnyModel, AnyResponse

    Offered: TypeAlias = Tool | type[Toolbox | ServerSideTool]
    Usable: TypeAlias = Tool | Toolbox | ServerSideTool


class ToolSpecError(UserError):
    """A tool that was asked for does not exist or cannot be made."""


def gather_tools(tool_specs: Iterable[str], python_tools: Iterable[str], model: AnyModel | None = None) -> list[Usable]:
    """Return the tools from code, then those the specifications name, fresh instances of toolboxes among them.

    A specification is the name of a tool of a plugin, or of a class with the arguments for it: `Files("docs")`. With a
    model, its server-side tools can be named too. Raises `ToolSpecError`, and `FunctionsError` for the code.
    """
    specs = list(tool_specs)
    offered = _offered_tools(model, [spec_name(spec) for spec in specs]) if specs else {}
    unknown = [spec for spec in specs if spec_name(spec) not in offered]
    if unknown:
        raise ToolSpecError(f"Tool(s) {', '.join(unknown)} not found. Available tools: {', '.join(offered) or 'none'}")
    from_code = [tool for code in python_tools for tool in tools_from_code(code)]
    return [*from_code, *(_made(offered[spec_name(spec)], spec.strip()) for spec in specs)]


def _offered_tools(model: AnyModel | None = None, names: Iterable[str] | None = None) -> dict[str, Offered]:
    """Return what specifications can name: tools and toolbox classes of plugins, and the model's server-side tools.

    `names`: those that matter. If all of them exist, others may be missing.
    """
    from llm.registry.finding import find_tools

    of_the_model = {tool.__name__: tool for tool in server_side_tools(model)}
    wanted = None if names is None else set(names) - of_the_model.keys()
    return {**find_tools(wanted), **of_the_model}


def server_side_tools(model: object) -> Sequence[type[ServerSideTool]]:
    """Return the classes of the tools that a model's provider runs; none without a model."""
    return tuple(getattr(model, "supported_server_side_tools", ()))


def conversation_tool_specs(conversation: AnyConversation | None, tools: Iterable[str]) -> list[str] | None:
    """Return the specifications of the tools that a continued conversation brings, None if it has none.

    They are not used if the prompt names `tools` of its own. Conversations of the first generation of tables know
    their tools by name only; what is not found under its name there is left out, with a warning.
    """
    if conversation is None or list(tools):
        return None
    named = [tool.name for response in conversation.responses[:1] for tool in _plugin_tools(response)]
    if named:
        return _known(named) or None
    return conversation.loaded_tools or None


def _plugin_tools(response: AnyResponse) -> list[Tool | ServerSideTool]:
    return [tool for tool in response.prompt.tools if getattr(tool, "plugin", None)]


def _known(names: Sequence[str]) -> list[str]:
    from llm.registry.notices import warn

    offered = _offered_tools()
    lost = [name for name in names if name not in offered]
    if lost:
        warn(f"Warning: tools of this conversation that cannot be restored: {', '.join(lost)}. Name them with -T")
    return [name for name in names if name in offered]


def _made(offered: Offered, spec: str) -> Usable:
    if not isinstance(offered, type):
        if spec.removeprefix(spec_name(spec)).replace(" ", "") not in ("", "()"):
            raise ToolSpecError(
                f"Invalid tool spec {spec!r}: {spec_name(spec)} is a function and takes no arguments here"
            )
        return offered
    classes: Mapping[str, Callable[..., Usable]] = {spec_name(spec): offered}
    try:
        made: Usable = instantiate_from_spec(classes, spec)
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise ToolSpecError(
            reason if repr(spec) in reason else f"Could not make the tool {spec!r}: {reason}"
        ) from error
    return made
