"""Tools that the provider of a model runs by itself: the base class, and telling them from function tools."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from llm.core.signatures import Configured
from llm.core.tools import Tool, tool_hash


class ServerSideTool(Configured):
    """A tool that runs at the model's provider and never in this process.

    Use it directly with a provider's raw tool specification, or subclass it: the docstring of the subclass is the
    description of its tool, its constructor arguments are its configuration, and `tool_spec` makes the request.
    """

    __module__ = "llm.models"

    name: str = "server_side_tool"
    plugin: str | None = None
    implementation: None = None
    input_schema: dict[str, Any] = {}  # noqa: RUF012  # part of the interface; the provider knows the arguments
    spec: dict[str, Any] | None = None  # subclasses need not call this constructor

    if TYPE_CHECKING:

        def __init__(self, spec: dict[str, Any] | None = None) -> None: ...

    else:
        # Signatures are shown to users: `(spec: dict | None = None)`, hence the bare `dict` and no return annotation.
        def __init__(self, spec: dict | None = None):  # noqa: ANN204 - see above
            self.spec = spec

    @property
    def description(self) -> str | None:
        """The docstring of the class."""
        import inspect

        return inspect.getdoc(type(self))

    def tool_spec(self, model: Any) -> dict[str, Any]:  # noqa: ARG002  # subclasses decide by model
        """Return the fragment of the request that asks `model`'s provider for this tool.

        Raises `TypeError` where there is no raw specification and the subclass does not override this method.
        """
        if self.spec is None:
            raise TypeError(f"{type(self).__name__} has no raw provider tool spec")
        return self.spec

    def prepare_request(self, model: Any, kwargs: dict[str, Any]) -> None:
        """Edit the request's arguments beyond the tool's own specification; called once it is otherwise complete."""

    def hash(self) -> str:
        """Return the identity of the tool in the log: SHA-256 of its JSON form."""
        return tool_hash(self.name, self.description, self.input_schema, plugin=self.plugin, server_side=True)


def partition_tools(model: Any, tools: Iterable[Tool | ServerSideTool]) -> tuple[list[Tool], list[ServerSideTool]]:
    """Return the function tools and the server-side tools, each in their order.

    Raises `ValueError` for a server-side tool that `model` does not list in its `supported_server_side_tools`.
    """
    function_tools: list[Tool] = []
    server_side_tools: list[ServerSideTool] = []
    for tool in tools:
        if isinstance(tool, ServerSideTool):
            server_side_tools.append(tool)
        else:
            function_tools.append(tool)
    if server_side_tools:
        _check_supported(model, server_side_tools)
    return function_tools, server_side_tools


def _check_supported(model: Any, tools: Iterable[ServerSideTool]) -> None:
    supported = tuple(getattr(model, "supported_server_side_tools", ()))
    for tool in tools:
        if not any(_accepts(accepted, tool) for accepted in supported):
            raise ValueError(
                f"Model '{model.model_id}' does not support server-side tool '{tool.name}'. "
                f"Run: llm tools -m {model.model_id}"
            )


def _accepts(accepted: type, tool: ServerSideTool) -> bool:
    # The base class listed by itself stands for raw specifications, not for every tool there is.
    return type(tool) is ServerSideTool if accepted is ServerSideTool else isinstance(tool, accepted)
