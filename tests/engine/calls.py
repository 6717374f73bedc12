"""Short ways to write tool calls and tools, and to have calls executed."""

from __future__ import annotations

from typing import Any

import llm
from tests.engine.faces import Face


def call(name: str, call_id: str | None = None, **arguments: Any) -> llm.ToolCall:
    return llm.ToolCall(name, arguments, call_id or f"id-{name}")


def execute(face: Face, tools: list[Any], calls: list[llm.ToolCall], **hooks: Any) -> list[llm.ToolResult]:
    """Run a response that registers these calls, and execute them."""
    response = face.model(calls).prompt("x", tools=tools)
    results: list[llm.ToolResult] = face.get(response.execute_tool_calls(**hooks))
    return results


def tool(name: str, implementation: Any = None) -> llm.Tool:
    return llm.Tool(name, implementation=implementation)
