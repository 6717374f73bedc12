"""Tools that are coroutine functions: side by side in async code, one after the other in blocking code."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from functools import partial
from typing import Any

import pytest

import llm
from tests.engine.calls import call, execute, tool
from tests.engine.faces import AsyncFace, BlockingFace, Face


def test_coroutine_functions(face: Face) -> None:
    """Coroutine functions, also behind partials, methods and callable objects, are run to completion."""

    async def plain(a: str) -> str:
        await asyncio.sleep(0)
        return a

    class Callable:
        async def __call__(self) -> str:
            await asyncio.sleep(0)
            return "object"

    tools = [plain, tool("partial", partial(plain, a="partial")), tool("object", Callable())]
    results = execute(face, tools, [call("plain", a="1"), call("partial"), call("object")])
    assert [result.output for result in results] == ["1", "partial", "object"]


def test_functions_that_return_awaitables(face: Face) -> None:
    """The result of a plain callable that returns an awaitable is awaited."""

    async def later() -> str:
        return "later"

    assert [result.output for result in execute(face, [tool("t", lambda: later())], [call("t")])] == ["later"]


def test_coroutine_tools_where_a_loop_is_running() -> None:
    """In blocking code under a running loop they run in a worker thread with a copy of the caller's context."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    threads: list[threading.Thread] = []

    async def coroutine() -> str:
        threads.append(threading.current_thread())
        await asyncio.sleep(0)
        return variable.get()

    async def notebook() -> list[llm.ToolResult]:
        variable.set("mine")
        return execute(BlockingFace(), [coroutine], [call("coroutine")])

    face = AsyncFace()
    [result] = face.get(notebook())
    face.close()
    assert result.output == "mine"
    assert threads[0] is not threading.current_thread()


def test_blocking_calls_run_one_after_the_other(blocking: BlockingFace) -> None:
    """In blocking code calls run one after the other, coroutine functions too."""
    seen: list[str] = []

    async def a() -> None:
        seen.append("a starts")
        await asyncio.sleep(0)
        seen.append("a ends")

    def b() -> None:
        seen.append("b")

    execute(blocking, [a, b], [call("a"), call("b"), call("a", "again")])
    assert seen == ["a starts", "a ends", "b", "a starts", "a ends"]


def test_coroutine_functions_run_side_by_side(on_loop: AsyncFace) -> None:
    """In async code coroutine functions run concurrently, with their hooks; results stay in call order."""
    running = 0
    both_run: asyncio.Event

    async def wait_for_the_other() -> str:
        nonlocal running
        running += 1
        if running == 2:
            both_run.set()
        await asyncio.wait_for(both_run.wait(), timeout=10)
        return str(running)

    hooks: list[str] = []

    async def before(tool: Any, asked: Any) -> None:
        hooks.append(f"before {asked.tool_call_id}")
        await asyncio.sleep(0)

    async def scenario() -> list[llm.ToolResult]:
        nonlocal both_run
        both_run = asyncio.Event()
        model = on_loop.model([call("wait_for_the_other", "1"), call("wait_for_the_other", "2")])
        response = model.prompt("x", tools=[wait_for_the_other])
        results: list[llm.ToolResult] = await response.execute_tool_calls(before_call=before)
        return results

    results = on_loop.get(scenario())
    assert [result.tool_call_id for result in results] == ["1", "2"]
    assert [result.output for result in results] == ["2", "2"]
    assert hooks == ["before 1", "before 2"]


def test_plain_functions_run_inline_in_call_order(on_loop: AsyncFace) -> None:
    """In async code plain functions run inline in call order, and what they return is awaited there."""
    seen: list[str] = []

    async def work(name: str) -> str:
        seen.append(f"{name} starts")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        seen.append(f"{name} ends")
        return name

    tools = [tool("inline", lambda: work("inline")), tool("task", partial(work, "task"))]
    results = execute(on_loop, tools, [call("inline"), call("task"), call("inline", "again")])
    assert [result.output for result in results] == ["inline", "task", "inline"]
    assert seen[:3] == ["inline starts", "inline ends", "inline starts"]


def test_no_started_task_is_abandoned(on_loop: AsyncFace) -> None:
    """When a hook fails, all started tasks end first; the failure of the earliest call is raised."""
    seen: list[str] = []

    async def slow() -> str:
        for _ in range(5):
            await asyncio.sleep(0)
        seen.append("slow ended")
        return "slow"

    async def hook(tool: Any, asked: Any) -> None:
        if asked.tool_call_id in {"1", "2"}:
            # The later call fails first.
            for _ in range(3 if asked.tool_call_id == "1" else 1):
                await asyncio.sleep(0)
            raise ValueError(asked.tool_call_id)

    calls = [call("slow", "0"), call("slow", "1"), call("slow", "2")]
    with pytest.raises(ValueError, match="1") as caught:
        execute(on_loop, [slow], calls, before_call=hook)
    assert seen == ["slow ended"]
    assert [result.tool_call_id for result in caught.value.tool_results] == ["0"]  # type: ignore[attr-defined]


def test_an_inline_failure_keeps_later_calls_from_starting(on_loop: AsyncFace) -> None:
    """An inline failure prevents later calls from starting; calls started before it end normally."""
    seen: list[str] = []

    async def task(label: str) -> None:
        await asyncio.sleep(0)
        seen.append(label)

    def hook(tool: Any, asked: Any) -> None:
        if asked.name == "inline":
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        execute(
            on_loop, [task, tool("inline", lambda: seen.append("inline"))],
            [call("task", label="first"), call("inline"), call("task", label="second")], before_call=hook,
        )  # fmt: skip
    assert seen == ["first"]


def test_cancelling_the_caller_leaves_no_task_behind(on_loop: AsyncFace) -> None:
    """When the task that executes the calls is cancelled, the started calls have ended before it does."""
    seen: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            seen.append("ended")

    async def scenario() -> None:
        response = on_loop.model([call("slow", "1"), call("slow", "2")]).prompt("x", tools=[slow])
        await response
        before = asyncio.all_tasks()
        task = asyncio.ensure_future(response.execute_tool_calls())
        while len(asyncio.all_tasks() - before) < 3:  # noqa: ASYNC110 - one step of the loop after the other
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == before

    on_loop.get(scenario())
    assert seen == ["ended", "ended"]
