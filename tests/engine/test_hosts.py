"""The ground the engine stands on: driving coroutines without a loop, and the locks of shared runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from llm.core.errors import InternalError
from llm.engine.blocking import finish, iterate
from llm.engine.calling import accepted
from llm.engine.host import BLOCKING, LOOP
from llm.engine.replay import WouldSuspend
from tests.engine.calls import call, execute
from tests.engine.faces import AsyncFace


def test_finish_returns_and_raises() -> None:
    """A coroutine that never waits is run to its end: its result or its exception comes out."""

    async def returns() -> int:
        return 3

    async def raises() -> None:
        raise ValueError("no")

    assert finish(returns()) == 3
    with pytest.raises(ValueError, match="no"):
        finish(raises())


def test_what_would_wait_raises() -> None:
    """A coroutine or generator that does suspend raises at once: that is a defect of the engine, not a user's."""

    async def waits() -> None:
        await asyncio.sleep(0)

    async def yields() -> AsyncGenerator[int, None]:
        yield 1
        await asyncio.sleep(0)

    with pytest.raises(WouldSuspend):
        finish(waits())
    items = iterate(yields())
    assert next(items) == 1
    with pytest.raises(WouldSuspend):
        next(items)
    assert issubclass(WouldSuspend, InternalError)


def test_closing_crosses_over() -> None:
    """Closing the iterator closes the async generator behind it."""
    log: list[str] = []

    async def source() -> AsyncGenerator[int, None]:
        try:
            yield 1
            yield 2
        finally:
            log.append("closed")

    items: Any = iterate(source())
    assert next(items) == 1
    items.close()
    assert log == ["closed"]


def test_the_next_in_line_is_inside_at_once(on_loop: AsyncFace) -> None:
    """Who leaves the turnstile hands it to whoever waits; who comes back at once has to wait."""
    order: list[str] = []

    async def scenario() -> None:
        turnstile = LOOP.turnstile()
        assert turnstile.enter()

        async def waiter(name: str) -> None:
            await turnstile.wait()
            order.append(name)
            turnstile.leave()

        waiting = [asyncio.ensure_future(waiter(name)) for name in "ab"]
        await asyncio.sleep(0)
        turnstile.leave()
        assert not turnstile.enter()
        await asyncio.gather(*waiting)
        assert turnstile.enter()

    on_loop.get(scenario())
    assert order == ["a", "b"]


def test_a_cancelled_waiter_hands_its_turn_on(on_loop: AsyncFace) -> None:
    """A task that is cancelled just when its turn has come does not keep the others out."""

    async def scenario() -> bool:
        turnstile = LOOP.turnstile()
        turnstile.enter()
        waiting = [asyncio.ensure_future(turnstile.wait()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        turnstile.leave()
        waiting[0].cancel()
        await asyncio.wait_for(waiting[2], timeout=10)
        return waiting[0].cancelled() and waiting[1].cancelled()

    assert on_loop.get(scenario())


def test_the_thread_turnstile_lets_its_owner_in() -> None:
    """The blocking turnstile is re-entrant."""
    turnstile = BLOCKING.turnstile()
    assert turnstile.enter()
    assert turnstile.enter()
    finish(turnstile.wait())
    turnstile.leave()


def test_a_tool_that_cancels_itself(on_loop: AsyncFace) -> None:
    """A cancellation that comes out of a tool is none of the errors that are told to the model: it propagates."""

    async def cancels() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        execute(on_loop, [cancels], [call("cancels")])


def test_awaitables_without_close(on_loop: AsyncFace) -> None:
    """Hooks and callbacks may return any awaitable; in blocking code each kind is refused."""

    class Awaitable:
        def __await__(self) -> Any:
            return iter(())

    response = on_loop.model(["a"]).prompt("x")
    on_loop.get(response.on_done(lambda _: Awaitable()))
    assert on_loop.text(response) == "a"
    with pytest.raises(TypeError, match="awaitable"):
        finish(BLOCKING.notify(lambda: Awaitable()))


def test_functions_that_cannot_be_looked_into() -> None:
    """A callable whose signature cannot be found is offered everything."""

    class Opaque:
        @property
        def __signature__(self) -> Any:
            raise ValueError("no signature")

        def __call__(self, *arguments: Any, **named: Any) -> None:
            """Do nothing."""

    assert accepted(Opaque(), ["a", "b"]) == ["a", "b"]
