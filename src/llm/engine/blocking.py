"""Running coroutines that never have to wait, without an event loop.

The engine is written once, as coroutines that await nothing but a host. The blocking host never suspends, so these
two functions drive the same code from ordinary functions, also where an event loop is already running (notebooks).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Iterator
from typing import Any, TypeVar, cast

from llm.engine.replay import WouldSuspend

T = TypeVar("T")


def finish(step: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and return its result."""
    try:
        step.send(None)
    except StopIteration as stop:
        return cast(T, stop.value)
    finally:
        step.close()
    raise WouldSuspend(repr(step))


def iterate(source: AsyncGenerator[T, None]) -> Iterator[T]:
    """Yield what an async generator yields; closing this generator closes that one."""
    try:
        while True:
            step: Any = source.__anext__()
            try:
                step.send(None)
            except StopIteration as stop:
                item = stop.value
            except StopAsyncIteration:
                return
            else:
                step.throw(WouldSuspend(repr(source)))  # raised inside: it cannot be closed while it waits
            yield item
    finally:
        finish(source.aclose())
