"""Tools that run in this process, calls of them and what they return, as plain data.

How calls are executed is decided by `llm.engine.tool_calls`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from llm.core.attachments import Attachment


@dataclass
class Tool:
    """Something a model may call.

    `input_schema` is the JSON schema of the arguments; a Pydantic model class given for it is replaced by its schema
    without titles. `implementation` is called with the arguments as keywords. `plugin` names the plugin that
    registered the tool.
    """

    __module__ = "llm.models"

    name: str
    description: str | None = None
    input_schema: dict[str, Any] = field(default_factory=dict)
    implementation: Callable[..., Any] | None = None
    plugin: str | None = None

    def __post_init__(self) -> None:
        # Not a field: to which toolbox a tool belongs is no part of what it is.
        self._toolbox: object | None = None
        given: Any = self.input_schema
        if isinstance(given, type):
            from llm.core.schemas import schema_of, without_titles

            self.input_schema = without_titles(schema_of(given))

    @classmethod
    def function(cls, function: Callable[..., Any], name: str | None = None, description: str | None = None) -> "Tool":
        """Make a tool of a function: its signature gives the schema, its docstring the description.

        `name` is needed for a lambda (`ValueError`), else it is the function's own. Methods, `functools.partial` and
        callable objects work as well. Raises `NameError` for an annotation that names nothing, and Pydantic's errors
        for a type that has no schema.
        """
        from llm.core.signatures import input_schema_of, underlying

        inner = underlying(function)
        return cls(
            name=name or _name_of(inner),
            description=description or inner.__doc__ or None,
            input_schema=input_schema_of(function),
            implementation=function,
        )

    def hash(self) -> str:
        """Return the identity of the tool in the log: SHA-256 of its JSON form."""
        return tool_hash(self.name, self.description, self.input_schema, plugin=self.plugin)


@dataclass
class ToolCall:
    """A call that a model asks for. Model plugins may set attributes of their own on it."""

    __module__ = "llm.models"

    name: str
    arguments: dict[str, Any]
    tool_call_id: str | None = None


@dataclass
class ToolResult:
    """What came of a call: `output` is the text for the model, `exception` what the tool raised.

    `instance` is the toolbox (or other object) that the implementation is bound to.
    """

    __module__ = "llm.models"

    name: str
    output: str
    attachments: list[Attachment] = field(default_factory=list)
    tool_call_id: str | None = None
    instance: Any = None
    exception: Exception | None = None


#: Hooks around a call; what they return counts only where it can be awaited.
BeforeCall: TypeAlias = Callable[[Tool | None, ToolCall], object]
AfterCall: TypeAlias = Callable[[Tool, ToolCall, ToolResult], object]


@dataclass
class ToolOutput:
    """Returned by a tool that wants to hand attachments to the model, beside its output."""

    __module__ = "llm.models"

    output: str | dict[str, Any] | list[Any] | bool | int | float | None = None
    attachments: list[Attachment] = field(default_factory=list)


def tool_hash(
    name: str, description: str | None, input_schema: Any, *, plugin: str | None, server_side: bool = False
) -> str:
    """Return the SHA-256, in hex, of the JSON form of a tool; the log's table `tools` is keyed by it."""
    from hashlib import sha256

    form: dict[str, Any] = {"name": name, "description": description, "input_schema": input_schema}
    if server_side:
        form["server_side"] = True
    if plugin:
        form["plugin"] = plugin
    return sha256(json.dumps(form).encode()).hexdigest()


def _name_of(function: Any) -> str:
    name: str = getattr(function, "__name__", None) or type(function).__name__
    if name == "<lambda>":
        raise ValueError("A lambda has no name for the model to call it by: pass one with Tool.function(..., name=...)")
    return name
