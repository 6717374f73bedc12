"""Executing the tool calls of one response.

What goes wrong inside a tool is a result the model can read; what goes wrong in a hook is the caller's business; a
tool may pause the whole chain. Results are in call order, whatever ran beside what.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from llm.core.attachments import Attachment
from llm.core.errors import CancelToolCall, PauseChain
from llm.core.server_tools import ServerSideTool
from llm.core.signatures import wants_tool_call
from llm.core.toolbox import instance_of
from llm.core.tools import AfterCall, BeforeCall, Tool, ToolCall, ToolOutput, ToolResult
from llm.engine.calling import is_coroutine_function
from llm.engine.host import Host


class OwnHook(Enum):
    """Stands for the response's own hook where None means that there is none."""

    OWN_HOOK = auto()


OWN_HOOK: Final = OwnHook.OWN_HOOK


@dataclass(slots=True)
class Outcome:
    """What became of one call: a result, a pause, or the failure of a hook (beside the result, if the tool did run)."""

    call: ToolCall
    result: ToolResult | None = None
    pause: PauseChain | None = None
    failure: Exception | None = None


@dataclass(slots=True)
class ToolRun:
    """One call on its way through hooks and implementation."""

    host: Host
    call: ToolCall
    tool: Tool | None
    before_call: BeforeCall | None = None
    after_call: AfterCall | None = None
    runner: Callable[[ToolRun], Coroutine[Any, Any, Outcome]] = field(default_factory=lambda: make_call)

    @property
    def concurrent(self) -> bool:
        return self.tool is not None and is_coroutine_function(self.tool.implementation)

    def run(self) -> Coroutine[Any, Any, Outcome]:
        return self.runner(self)

    def ends_batch(self, result: Outcome) -> bool:
        return result.failure is not None or result.pause is not None


async def make_call(run: ToolRun) -> Outcome:
    """Make one call: the hook before it, the implementation, the hook after it."""
    outcome = Outcome(run.call)
    try:
        await _answer(run, outcome)
    except PauseChain as pause:
        outcome.pause, outcome.result = pause, None
    except Exception as error:  # noqa: BLE001 - a hook failed; settle() raises it once every call has ended
        outcome.failure = error
    return outcome


async def _answer(run: ToolRun, outcome: Outcome) -> None:
    if run.before_call is not None:
        try:
            await run.host.notify(run.before_call, run.tool, run.call)
        except CancelToolCall as cancel:
            outcome.result = _result(run.call, f"Cancelled: {cancel}", exception=cancel)
            return
    if run.tool is None:
        outcome.result = _refused(run.call, f'tool "{run.call.name}" does not exist')
    elif run.tool.implementation is None:
        outcome.result = _refused(run.call, f'tool "{run.call.name}" has no implementation')
    else:
        outcome.result = await _implemented(run, run.tool, run.tool.implementation)
        if run.after_call is not None:
            await run.host.notify(run.after_call, run.tool, run.call, outcome.result)


async def _implemented(run: ToolRun, tool: Tool, implementation: Callable[..., Any]) -> ToolResult:
    arguments: Mapping[str, Any] = run.call.arguments
    try:
        if wants_tool_call(implementation):
            arguments = {**arguments, "llm_tool_call": run.call}
        returned = await run.host.call_tool(implementation, arguments)
        output, attachments = _unpacked(returned)
    except PauseChain:
        raise
    except Exception as error:  # noqa: BLE001 - the model is told
        return _result(run.call, f"Error: {error}", exception=error, instance=instance_of(tool))
    result = _result(run.call, output, instance=instance_of(tool))
    result.attachments = attachments
    return result


def _unpacked(returned: object) -> tuple[str, list[Attachment]]:
    attachments: list[Attachment] = []
    if isinstance(returned, ToolOutput):
        attachments, returned = list(returned.attachments), returned.output
    return returned if isinstance(returned, str) else json.dumps(returned, default=repr), attachments


def _refused(call: ToolCall, reason: str) -> ToolResult:
    return _result(call, f"Error: {reason}", exception=KeyError(reason))


def _result(call: ToolCall, output: str, *, exception: Exception | None = None, instance: object = None) -> ToolResult:
    return ToolResult(
        name=call.name, output=output, tool_call_id=call.tool_call_id, instance=instance, exception=exception
    )


def implementations(tools: Sequence[Tool | ServerSideTool]) -> dict[str, Tool]:
    """Return the tools that can be called here, by name; server-side tools are not among them."""
    return {tool.name: tool for tool in tools if isinstance(tool, Tool)}


def settle(outcomes: Sequence[Outcome]) -> list[ToolResult]:
    """Return the results of a batch, or raise: the failure of the earliest call, else its earliest pause.

    Both carry `tool_results`, the results of the calls that did complete; a pause also its `tool_call`.
    """
    results = [outcome.result for outcome in outcomes if outcome.result is not None]
    for outcome in outcomes:
        if outcome.failure is not None:
            outcome.failure.tool_results = results  # type: ignore[attr-defined]
            raise outcome.failure
    for outcome in outcomes:
        if outcome.pause is not None:
            outcome.pause.tool_call = outcome.call
            outcome.pause.tool_results = results
            raise outcome.pause
    return results
