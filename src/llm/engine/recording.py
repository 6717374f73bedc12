"""A finished response as a record for the log store, and the writing of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm.core.records import OfferedTool, ToolInstance, TurnRecord
from llm.core.server_tools import ServerSideTool
from llm.core.signatures import loggable_config
from llm.core.toolbox import Toolbox, instance_of
from llm.core.tools import Tool

if TYPE_CHECKING:
    from llm.engine.turn import _BaseResponse


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
        schema=prompt.schema,
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


def tool_instance(tool: Tool | ServerSideTool) -> ToolInstance | None:
    """Return the configured object behind a tool, as it is logged, if there is one."""
    owner = instance_of(tool)
    if not isinstance(owner, (Toolbox, ServerSideTool)):
        return None
    return _instance(owner, plugin=tool.plugin)


def _instantiations(prompt: Any) -> dict[str, ToolInstance]:
    plugins = {tool.name: tool.plugin for tool in prompt.tools}
    return {
        result.tool_call_id: _instance(result.instance, plugin=plugins.get(result.name))
        for result in prompt.tool_results
        if result.tool_call_id and isinstance(result.instance, Toolbox)
    }


def _instance(owner: Toolbox | ServerSideTool, *, plugin: str | None) -> ToolInstance:
    # str() for what JSON cannot express, such as a path: a turn is worth more than the exact argument.
    arguments = json.dumps(loggable_config(owner), default=str)
    return ToolInstance(name=type(owner).__name__, plugin=plugin, arguments=arguments)


def write_to(db: Any, response: _BaseResponse) -> None:
    """Log a finished response in the database `db`."""
    from llm.store.logstore import LogStore

    LogStore(db).log(response)
