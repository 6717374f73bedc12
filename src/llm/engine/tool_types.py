"""What may be given as a tool, and as a hook around tool calls."""

from collections.abc import Awaitable, Callable
from typing import Any, Union

from llm.core.server_tools import ServerSideTool
from llm.core.toolbox import Toolbox
from llm.core.tools import Tool, ToolCall, ToolResult

ToolDef = Union[Tool, Toolbox, ServerSideTool, Callable[..., Any]]  # noqa: UP007 - evaluated on Python 3.10
BeforeCallSync = Callable[[Tool | None, ToolCall], None]
AfterCallSync = Callable[[Tool, ToolCall, ToolResult], None]
BeforeCallAsync = Callable[[Tool | None, ToolCall], Awaitable[None] | None]
AfterCallAsync = Callable[[Tool, ToolCall, ToolResult], Awaitable[None] | None]
