"""The tool loop: a round, its tool calls, the next round with their results, until a round asks for no tools.

Written once, for blocking and async code. Rounds are handed out before they run, so the consumer can read each as it
arrives; what it leaves unread is run when it asks for the next.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from llm.core.events import StreamEvent
from llm.core.history import History, extend, messages_of
from llm.core.messages import Message
from llm.core.parts import ToolCallPart, ToolResultPart
from llm.core.tools import ToolCall, ToolResult
from llm.engine import flow
from llm.engine.pausing import pause
from llm.engine.prompt import Prompt, tool_attachments, tool_messages, user_messages
from llm.engine.replay import Replay

if TYPE_CHECKING:
    from llm.engine.chains import ResponseT, _BaseChainResponse


def rounds(chain: _BaseChainResponse[ResponseT]) -> AsyncGenerator[ResponseT, None]:
    """Yield the response of each round, from the first on."""
    # Of two threads that start at once, one makes the run that both share.
    run = chain._run or chain.__dict__.setdefault("_run", Replay(chain._host, partial(_play, chain)))
    return run.aread(chain._rounds)


async def stream_events(chain: _BaseChainResponse[Any]) -> AsyncGenerator[StreamEvent, None]:
    """Yield the events of all rounds, with a space between texts of different rounds that would touch."""
    seam = _Seam()
    async for response in rounds(chain):
        seam.is_open = True
        async for event in flow.stream_events(chain._host, response):
            if event.type == "text" and seam.wants_space(event.chunk):
                yield StreamEvent("text", " ")
            yield event


async def stream_text(chain: _BaseChainResponse[Any]) -> AsyncGenerator[str, None]:
    """Yield the text of all rounds, likewise; empty chunks are left out."""
    seam = _Seam()
    async for response in rounds(chain):
        seam.is_open = True
        async for chunk in flow.stream_text(chain._host, response):
            if seam.wants_space(chunk):
                yield " "
            if chunk:
                yield chunk


class _Seam:
    """Where the text of one round meets that of the next."""

    __slots__ = ("_last", "is_open")

    def __init__(self) -> None:
        self.is_open = True  # no text of this round was seen yet
        self._last = ""

    def wants_space(self, chunk: str) -> bool:
        """Tell whether the texts would touch without a space before this chunk."""
        if not chunk:
            return False
        touches = self.is_open and bool(self._last) and not self._last.isspace() and not chunk[0].isspace()
        self.is_open, self._last = False, chunk[-1]
        return touches


async def _play(chain: _BaseChainResponse[Any]) -> None:
    prompt = await _resumed(chain) or chain.prompt
    while True:
        response = chain._begin_round(prompt)
        await pause()
        await flow.complete(chain._host, response)
        if not response._tool_calls:
            return
        limit = chain.chain_limit
        if limit and len(chain._responses) >= limit:
            raise ValueError(f"Chain limit of {limit} exceeded.")
        results = await response._execute_tool_calls(chain.before_call, chain.after_call, None, None)
        prompt = _next_prompt(chain, response.prompt, response._history_now(), results)


def _next_prompt(
    chain: _BaseChainResponse[Any], before: Prompt, past: History | None, results: Sequence[ToolResult]
) -> Prompt:
    first = chain.prompt
    attachments = tool_attachments(results)
    prompt = Prompt(
        "",
        chain.model,
        tools=before.tools,
        tool_results=results,
        attachments=attachments,
        system=first._system,
        system_fragments=first.system_fragments,
        options=first._options,
        schema=first.schema,
        hide_reasoning=first.hide_reasoning,
    )
    tail = [*tool_messages(results, with_attachments=False), *user_messages("", attachments)]
    prompt._explicit_messages = extend(past, tail) or []
    return prompt


async def _resumed(chain: _BaseChainResponse[Any]) -> Prompt | None:
    """Make the calls that the given messages leave open; return the prompt that reports them, if there were any."""
    prompt = chain.prompt
    await flow.prepare_tools(chain._host, chain.model, prompt)
    if not prompt.tools:
        return None
    calls = unresolved_calls(messages_of(prompt.history))
    if not calls:
        return None
    # A response that is never run carries the calls, so that tools find a response on their call stack as always.
    carrier = chain._new_response(prompt)
    results = await carrier._execute_tool_calls(chain.before_call, chain.after_call, calls, None)
    return _next_prompt(chain, prompt, prompt.history, results)


def unresolved_calls(messages: Sequence[Message]) -> list[ToolCall]:
    """Return the tool calls at the end of a chain that have no result yet.

    Only tool messages may follow the message that made them: any other role means the conversation has moved on.
    """
    tail: list[Message] = []
    for message in reversed(messages):
        asked = [part for part in message.parts if isinstance(part, ToolCallPart) and not part.server_executed]
        if message.role == "assistant" and asked:
            return _without_results(asked, tail)
        if message.role != "tool":
            return []
        tail.append(message)
    return []


def _without_results(asked: Sequence[ToolCallPart], tail: Sequence[Message]) -> list[ToolCall]:
    results = [part for message in tail for part in message.parts if isinstance(part, ToolResultPart)]
    settled_ids = {result.tool_call_id for result in results if result.tool_call_id is not None}
    settled_names = [result.name for result in results if result.tool_call_id is None]
    pending: list[ToolCall] = []
    for part in asked:
        if part.tool_call_id is None and part.name in settled_names:
            settled_names.remove(part.name)
        elif part.tool_call_id is None or part.tool_call_id not in settled_ids:
            pending.append(ToolCall(part.name, part.arguments, part.tool_call_id))
    return pending
