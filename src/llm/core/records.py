"""What is written down about a turn: frozen data between the engine, which makes it, and the store, which keeps it.

The store knows these records and nothing of responses or models; so both can change without the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from llm.core.history import History
from llm.core.messages import Message
from llm.core.server_tools import ServerSideTool
from llm.core.tools import Tool
from llm.core.usage import Usage

TurnState = Literal["complete", "running", "interrupted", "failed", "recovered"]


class ToolInstance(NamedTuple):
    """A configured toolbox or server-side tool: one row of `tool_instances`."""

    name: str  #: class name
    plugin: str | None
    arguments: str  #: constructor arguments as JSON text


class OfferedTool(NamedTuple):
    """A tool that a turn offered to the model, and the instance it is bound to, if any."""

    tool: Tool | ServerSideTool
    instance: ToolInstance | None = None


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One model call, ready to be logged (tables: `logs.md` 3.3 and 6.4)."""

    id: str  #: lower-case ULID
    thread_id: str | None  #: the conversation's id; None: a thread of its own
    name_source: str  #: text a new thread is named after: prompt text, else system text, else empty
    model: str
    input: History | None  #: the complete chain as sent
    output: tuple[Message, ...]  #: the response's own messages
    results: tuple[Message, ...] = ()  #: of its tool calls, as long as no later turn has them as its input
    resolved_model: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)  #: without None values, JSON-safe or nearly so
    schema: Mapping[str, Any] | None = None
    usage: Usage = field(default_factory=Usage)
    duration_ms: int = 0
    datetime_utc: str = ""  #: ISO 8601 with `T`, microseconds and `+00:00`; empty if it never ran
    response_json: Any = None
    json_replacements: Mapping[str, Any] | None = None  #: the model's recurring payload fragments
    tools: Sequence[OfferedTool] = ()
    fragments: Sequence[str] = ()  #: `str` or `llm.Fragment`, in order
    system_fragments: Sequence[str] = ()
    instantiations: Mapping[str, ToolInstance] = field(default_factory=dict)  #: tool_call_id -> instance
    state: TurnState = "complete"
    error: str | None = None
