"""Running one model call. Every call of a model's `execute` in this package starts in `_begin`.

Written once, for blocking and async code: what differs is asked of the host (`engine.host`).
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from datetime import datetime, timezone
from functools import partial
from typing import Any

from llm.core.events import StreamEvent
from llm.core.toolbox import Toolbox, instance_of, toolboxes_in
from llm.core.tools import Tool
from llm.engine.calling import accepted
from llm.engine.checks import check_tools
from llm.engine.host import Host
from llm.engine.prompt import Prompt
from llm.engine.replay import Replay
from llm.engine.turn import _BaseResponse


async def stream_events(host: Host, response: _BaseResponse) -> AsyncGenerator[StreamEvent, None]:
    """Yield the response's events from the first on, running the model as far as needed."""
    if response._done:
        for event in response._replayed_events():
            yield event
        return
    events = response._stream_events
    advance, position = _advance(host, response), 0
    while True:
        while position < len(events):
            yield events[position]
            position += 1
        if not await advance(position):
            return


async def stream_text(host: Host, response: _BaseResponse) -> AsyncGenerator[str, None]:
    """Yield the response's text chunks from the first on, running the model as far as needed."""
    chunks, events = response._chunks, response._stream_events
    advance, position, seen, more = _advance(host, response), 0, 0, True
    while more:
        # Asked in this order, nothing is missed that another thread adds between two steps.
        more = not response._done and await advance(seen)
        seen = len(events)
        while position < len(chunks):
            yield chunks[position]
            position += 1


async def complete(host: Host, response: _BaseResponse) -> None:
    """Run the model to its end, unless that happened already."""
    if response._done:
        return
    advance, events = _advance(host, response), response._stream_events
    while await advance(len(events)):
        pass


async def on_done(host: Host, response: _BaseResponse, callback: Any) -> None:
    """Call `callback(response)` when the response is finished, which may be now."""
    if response._done:
        await host.notify(callback, response)
    else:
        response.done_callbacks.append(callback)


async def prepare_tools(host: Host, model: Any, prompt: Prompt) -> None:
    """Let the toolboxes that the prompt was given set themselves up, and list their tools anew."""
    given = getattr(prompt, "_given_tools", ())
    if await prepare(host, given):
        prompt._refresh_tools()
        check_tools(model, prompt)


async def prepare(host: Host, tools: Iterable[Any]) -> bool:
    """Prepare the toolboxes among and behind these tools; tell whether there are toolboxes among them."""
    tools = list(tools)
    boxes = toolboxes_in(tools)
    behind = (instance_of(tool) for tool in tools if isinstance(tool, Tool))
    for box in [*boxes, *(box for box in behind if isinstance(box, Toolbox))]:
        await host.prepare(box)
    return bool(boxes)


def _advance(host: Host, response: _BaseResponse) -> Callable[[int], Awaitable[bool]]:
    run = response._run
    if run is None:
        run = Replay(host, response._stream_events, partial(_begin, host, response), partial(_settle, host, response))
        # Of two threads that start at once, one makes the run that both share.
        run = response.__dict__.setdefault("_run", run)
    return run.advance


async def _begin(host: Host, response: _BaseResponse) -> AsyncGenerator[bool, None]:
    """Call the model; what it yields is recorded as the generator that is returned goes on."""
    await prepare_tools(host, response.model, response.prompt)
    execute, keywords = _call_of(response)
    response._start = time.monotonic()
    response._start_utcnow = datetime.now(timezone.utc)
    return host.recording(response._record, execute, response.prompt, keywords)


async def _settle(host: Host, response: _BaseResponse) -> None:
    """Finish the turn: the model has said everything."""
    response._end = time.monotonic()
    response._remember()
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
