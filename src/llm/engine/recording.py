"""A response as a record for the log store, and the writing of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from llm.core.events import StreamEvent
from llm.core.messages import Message
from llm.core.parts import Part, ToolCallPart
from llm.core.records import OfferedTool, ToolInstance, TurnRecord, TurnState
from llm.core.server_tools import ServerSideTool
from llm.core.signatures import loggable_config
from llm.core.toolbox import instance_of
from llm.core.tools import Tool, ToolCall
from llm.engine.assembly import assemble

if TYPE_CHECKING:
    from llm.engine.prompt import Prompt
    from llm.engine.turn import _BaseResponse
    from llm.store.connection import HasConnection


def turn_record(response: _BaseResponse) -> TurnRecord:
    """Return what the log keeps of a response."""
    prompt, model, conversation = response.prompt, response.model, response.conversation
    return TurnRecord(
        id=response.id,
        thread_id=conversation.id if conversation is not None else None,
        name_source=prompt.prompt or prompt.system,
        model=model.model_id,
        input=prompt.history,
        output=tuple(response._messages_for_log()),
        resolved_model=response.resolved_model,
        options=prompt.given_options,
        schema=prompt.schema or None,
        usage=response._usage_now(),
        duration_ms=response._duration_now(),
        datetime_utc=response._datetime_now("microseconds"),
        response_json=response.response_json,
        json_replacements=getattr(model, "json_replacements", None),
        tools=[OfferedTool(tool, tool_instance(tool)) for tool in prompt.tools],
        fragments=prompt.fragments,
        system_fragments=prompt.system_fragments,
        instantiations=_instantiations(prompt),
    )


def partial_record(response: _BaseResponse, state: TurnState, error: str | None) -> TurnRecord | None:
    """Return what the log keeps of a response that was cut short; None if the model had produced nothing yet."""
    if not (response._items or response._chunks or response._tool_calls):
        return None
    record = turn_record(response)
    output = tuple(_without_unfinished_calls(record.output, response._tool_calls))
    return replace(record, output=output, duration_ms=_duration_so_far(response), state=state, error=error)


def messages_so_far(events: Iterable[StreamEvent]) -> list[Message]:
    """Return the messages that the first events of a response amount to."""
    return _without_unfinished_calls(assemble(events, (), strict=False), ())


def _without_unfinished_calls(messages: Iterable[Message], calls: Iterable[ToolCall]) -> list[Message]:
    """Leave out tool calls that the model had not registered: a call cut short must not be run by whoever goes on."""
    registered = {call.tool_call_id for call in calls}

    def is_finished(part: Part) -> bool:
        return not isinstance(part, ToolCallPart) or part.server_executed or part.tool_call_id in registered

    kept = [replace(message, parts=[part for part in message.parts if is_finished(part)]) for message in messages]
    return [message for message in kept if message.parts]


def _duration_so_far(response: _BaseResponse) -> int:
    if response._start is None or response._end is not None:
        return response._duration_now()
    return int((time.monotonic() - response._start) * 1000)


def tool_instance(tool: Tool | ServerSideTool) -> ToolInstance | None:
    """Return the configured object behind a tool, as it is logged, if there is one."""
    owner = instance_of(tool)
    return _instance(owner, plugin=tool.plugin) if _is_configured(owner) else None


def _instantiations(prompt: Prompt) -> dict[str, ToolInstance]:
    plugins = {tool.name: tool.plugin for tool in prompt.tools}
    return {
        result.tool_call_id: _instance(result.instance, plugin=plugins.get(result.name))
        for result in prompt.tool_results
        if result.tool_call_id and _is_configured(result.instance)
    }


def _is_configured(owner: object) -> bool:
    """Tell whether an object can say what it was made with; it need not be a toolbox."""
    return isinstance(getattr(owner, "_config", None), dict)


def _instance(owner: object, *, plugin: str | None) -> ToolInstance:
    # str() for what JSON cannot express, such as a path: a turn is worth more than the exact argument.
    arguments = json.dumps(loggable_config(owner), default=str)
    return ToolInstance(name=type(owner).__name__, plugin=plugin, arguments=arguments)


def write_to(db: HasConnection, response: _BaseResponse) -> None:
    """Log a finished response in the database `db`."""
    from llm.store.logstore import LogStore

    LogStore(db).log(response)
