"""Work in a thread whose chunks the consumer reads."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from llm.providers.local.generation import achunks, chunks

PATIENCE = 30  #: seconds until a test that hangs fails

Take = Callable[[dict[str, Any]], object]
IsOver = Callable[[], bool]


class Endless:
    """Work that goes on until it is told to stop."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    def __call__(self, take: Take, is_over: IsOver) -> None:
        number = 0
        while not is_over():
            take({"number": number})
            number += 1
        self.ended.set()


def three(take: Take, is_over: IsOver) -> None:
    for number in range(3):
        take({"number": number})


def failing(take: Take, is_over: IsOver) -> None:
    take({"number": 0})
    raise LookupError("broken")


async def listed(work: Callable[[Take, IsOver], None]) -> list[int]:
    return [chunk["number"] async for chunk in achunks(work)]


def test_blocking() -> None:
    """Chunks come in order, and the end ends the iteration."""
    assert [chunk["number"] for chunk in chunks(three)] == [0, 1, 2]


def test_async() -> None:
    """The async generator gives the same."""
    assert asyncio.run(listed(three)) == [0, 1, 2]


def test_failure_after_what_came_before() -> None:
    """What the work raises reaches the consumer, after the chunks before it."""
    answer = chunks(failing)
    assert next(answer) == {"number": 0}
    with pytest.raises(LookupError, match="broken"):
        next(answer)


def test_async_failure() -> None:
    """So it does in async code."""
    with pytest.raises(LookupError, match="broken"):
        asyncio.run(listed(failing))


def test_closing_stops_the_work() -> None:
    """When the consumer closes the generator, the work is told to stop."""
    work = Endless()
    answer = chunks(work)
    next(answer)
    answer.close()
    assert work.ended.wait(PATIENCE)


def test_abandoning_stops_the_work() -> None:
    """So it is when the generator is dropped."""
    work = Endless()
    answer = chunks(work)
    next(answer)
    del answer
    assert work.ended.wait(PATIENCE)


def test_async_closing_stops_the_work() -> None:
    """So it is when an async generator is closed."""
    work = Endless()

    async def take_one() -> None:
        async with aclosing(achunks(work)) as answer:
            await anext(answer)

    asyncio.run(take_one())
    assert work.ended.wait(PATIENCE)


def test_cancelling_stops_the_work() -> None:
    """So it is when the task that consumes is cancelled."""
    work = Endless()

    async def cancel() -> None:
        task = asyncio.create_task(listed(work))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert work.ended.wait(PATIENCE)


def test_event_loop_stays_free() -> None:
    """While the work keeps a thread waiting, other tasks run."""
    released = threading.Event()

    def waiting(take: Take, is_over: IsOver) -> None:
        take({"number": int(released.wait(PATIENCE))})

    async def both() -> list[int]:
        task = asyncio.create_task(listed(waiting))
        await asyncio.sleep(0)
        released.set()
        return await task

    assert asyncio.run(both()) == [1]


def test_work_of_a_daemon_is_none() -> None:
    """The working thread is no daemon even if a daemon asks: the process has to wait until it has stopped."""
    daemons: list[bool] = []

    def look(take: Take, is_over: IsOver) -> None:
        daemons.append(threading.current_thread().daemon)

    asking = threading.Thread(target=lambda: list(chunks(look)), daemon=True)
    asking.start()
    asking.join(PATIENCE)
    assert daemons == [False]


def test_process_may_end_during_the_work() -> None:
    """A process whose main thread ends while an answer is being generated ends too, cleanly."""
    code = (
        "from tests.providers.local.test_local_generation import Endless\n"
        "from llm.providers.local.generation import chunks\n"
        "answer = chunks(Endless())\n"
        "print(next(answer))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "{'number': 0}\n", "")
