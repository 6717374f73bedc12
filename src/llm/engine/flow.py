"""Running one model call. Every call of a model's `execute` in this package starts in `_produce`.

Written once, for blocking and async code: what differs is asked of the host (`engine.host`).
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from llm.core.events import StreamEvent
from llm.core.toolbox import Toolbox, instance_of, toolboxes_in
from llm.core.tools import Tool
from llm.engine.calling import accepted
from llm.engine.checks import check_tools
from llm.engine.host import Host
from llm.engine.prompt import Prompt
from llm.engine.replay import Replay
from llm.engine.turn import _BaseResponse

if TYPE_CHECKING:
    from llm.engine.tool_types import ToolDef
    from llm.engine.worlds import AnyModel

T = TypeVar("T")


def run_of(host: Host, response: _BaseResponse) -> Replay:
    """Return the run of a response, which its readers share. Nothing is run by this."""
    # Of two threads that start at once, one makes the run that both share.
    return response._run or response.__dict__.setdefault("_run", Replay(host, partial(_produce, host, response)))


def stream_events(host: Host, response: _BaseResponse, *, closing: bool = False) -> AsyncGenerator[StreamEvent, None]:
    """Yield the response's events from the first on, running the model as far as needed.

    With `closing`, a consumer that leaves early ends the run.
    """
    if response._done:
        return _replayed(response._replayed_events())
    return run_of(host, response).aread(response._stream_events, closing=closing)


def stream_text(host: Host, response: _BaseResponse) -> AsyncGenerator[str, None]:
    """Yield the response's text chunks from the first on, running the model as far as needed."""
    return _replayed(response._chunks) if response._done else run_of(host, response).aread(response._chunks)


async def _replayed(items: Iterable[T]) -> AsyncGenerator[T, None]:
    for item in list(items):
        yield item


async def complete(host: Host, response: _BaseResponse) -> None:
    """Run the model to its end, unless that happened already."""
    if not response._done:
        await run_of(host, response).to_end(response._items)


async def on_done(host: Host, response: _BaseResponse, callback: Callable[[Any], object] | Awaitable[object]) -> None:
    """Call `callback(response)` when the response is finished, which may be now."""
    if response._done:
        await host.notify(callback, response)
    else:
        response.done_callbacks.append(callback)


async def prepare_tools(host: Host, model: AnyModel, prompt: Prompt) -> None:
    """Let the toolboxes that the prompt was given set themselves up, and list their tools anew."""
    given = getattr(prompt, "_given_tools", ())
    if await prepare(host, given):
        prompt._refresh_tools()
        check_tools(model, prompt)


async def prepare(host: Host, tools: Iterable[ToolDef]) -> bool:
    """Prepare the toolboxes among and behind these tools; tell whether there are toolboxes among them."""
    tools = list(tools)
    boxes = toolboxes_in(tools)
    behind = (instance_of(tool) for tool in tools if isinstance(tool, Tool))
    for box in [*boxes, *(box for box in behind if isinstance(box, Toolbox))]:
        await host.prepare(box)
    return bool(boxes)


async def _produce(host: Host, response: _BaseResponse) -> None:
    """Call the model, record what it yields, pausing after each thing, and settle the turn."""
    await prepare_tools(host, response.model, response.prompt)
    execute, keywords = _call_of(response)
    response._start = time.monotonic()
    response._start_utcnow = datetime.now(timezone.utc)
    try:
        with _stored_turns_shown(response.conversation):
            await host.recording(response._record, execute, response.prompt, keywords)
    finally:
        response._end = time.monotonic()
    await _settle(host, response)


def _stored_turns_shown(conversation: object) -> AbstractContextManager[None]:
    show = getattr(conversation, "_showing_stored_turns", None)  # programs put objects of their own there
    return show() if show is not None else nullcontext()


async def _settle(host: Host, response: _BaseResponse) -> None:
    """Finish the turn: the model has said everything."""
    response._settled = response._recorded_state()
    if response.conversation is not None:
        response.conversation._record_response(response)
    response._done = True
    for record in response._completed:
        record(response)
    await _notify_all(host, response)


def _call_of(response: _BaseResponse) -> tuple[Any, dict[str, Any]]:
    response._check_model()
    model = response.model
    offered: dict[str, Any] = {
        "stream": response.stream,
        "response": response,
        "conversation": response.conversation,
    }
    if model._takes_key:
        offered["key"] = model.get_key(response._key)
    execute = model.execute
    return execute, {name: offered[name] for name in accepted(execute, offered)}


async def _notify_all(host: Host, response: _BaseResponse) -> None:
    first_error: Exception | None = None
    for callback in response.done_callbacks:
        try:
            await host.notify(callback, response)
        except Exception as error:  # noqa: BLE001 - the others still have to hear of it
            first_error = first_error or error
    if first_error is not None:
        raise first_error
