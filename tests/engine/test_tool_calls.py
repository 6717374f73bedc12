"""Executing the tool calls of a response: hooks, outputs, errors, order and concurrency."""

from __future__ import annotations

import asyncio
import contextvars
import json
import threading
from functools import partial
from typing import Any

import pytest

import llm
from tests.engine.faces import AsyncFace, BlockingFace, Face

PICTURE = llm.Attachment(type="image/png", url="https://example.com/a.png")


def call(name: str, call_id: str | None = None, **arguments: Any) -> llm.ToolCall:
    return llm.ToolCall(name, arguments, call_id or f"id-{name}")


def execute(face: Face, tools: list[Any], calls: list[llm.ToolCall], **hooks: Any) -> list[llm.ToolResult]:
    """Run a response that registers these calls, and execute them."""
    response = face.model(calls).prompt("x", tools=tools)
    results: list[llm.ToolResult] = face.get(response.execute_tool_calls(**hooks))
    return results


def tool(name: str, implementation: Any = None) -> llm.Tool:
    return llm.Tool(name, implementation=implementation)


# Results


def test_results_are_in_call_order(face: Face) -> None:
    """There is one result per call, in call order, with the call's name and id."""
    results = execute(
        face, [tool("a", lambda: "1"), tool("b", lambda: "2")], [call("b"), call("a"), call("b", "second")]
    )
    assert results == [
        llm.ToolResult("b", "2", tool_call_id="id-b"),
        llm.ToolResult("a", "1", tool_call_id="id-a"),
        llm.ToolResult("b", "2", tool_call_id="second"),
    ]


def test_executing_forces_the_response(face: Face) -> None:
    """Calls default to those of the response, which is run first; without calls there are no results."""
    model = face.model(["a"])
    response = model.prompt("x")
    assert face.get(response.execute_tool_calls()) == []
    assert response._done


def test_arguments_are_keywords(face: Face) -> None:
    """The implementation is called with the arguments as keywords, which are not validated against the schema."""
    seen: list[Any] = []

    def note(a: int, *, b: str = "d") -> str:
        seen.append((a, b))
        return "ok"

    execute(face, [note], [call("note", a="not an int", b=1), call("note", a=2)])
    assert seen == [("not an int", 1), (2, "d")]


@pytest.mark.parametrize(
    ("returned", "output"),
    [
        ("plain", "plain"),
        ("", ""),
        (None, "null"),
        (True, "true"),
        (3, "3"),
        ({"b": 1, "a": "ü"}, '{"b": 1, "a": "\\u00fc"}'),
        ([1, (2,)], "[1, [2]]"),
        ({"x": {1}}, '{"x": "{1}"}'),
        (llm.ToolOutput("text"), "text"),
        (llm.ToolOutput({"a": 1}), '{"a": 1}'),
        (llm.ToolOutput(), "null"),
    ],
)
def test_outputs(face: Face, returned: Any, output: str) -> None:
    """A str is used unchanged; everything else becomes default JSON, with `repr` for what JSON cannot express."""
    assert execute(face, [tool("t", lambda: returned)], [call("t")]) == [
        llm.ToolResult("t", output, tool_call_id="id-t")
    ]


def test_attachments_of_an_output(face: Face) -> None:
    """A `ToolOutput` contributes its attachments and its output."""
    [result] = execute(face, [tool("t", lambda: llm.ToolOutput("text", [PICTURE]))], [call("t")])
    assert (result.output, result.attachments) == ("text", [PICTURE])


def test_the_calls_own_object(face: Face) -> None:
    """A parameter named `llm_tool_call` gets the `ToolCall`, overriding such an argument; the arguments stay as is."""
    seen: list[Any] = []

    def plain(a: int, llm_tool_call: Any) -> str:
        seen.append(llm_tool_call)
        return "plain"

    async def coroutine(a: int, llm_tool_call: Any = None, **rest: Any) -> str:
        seen.append(llm_tool_call)
        return "coroutine"

    class Box(llm.Toolbox):
        def method(self, a: int, llm_tool_call: Any) -> str:
            seen.append(llm_tool_call)
            return "method"

    calls = [call("plain", a=1, llm_tool_call="fake"), call("coroutine", a=1), call("Box_method", a=1)]
    results = execute(face, [plain, coroutine, Box()], calls)
    assert sorted(result.output for result in results) == ["coroutine", "method", "plain"]
    assert {id(one) for one in seen} == {id(one) for one in calls}
    assert calls[0].arguments == {"a": 1, "llm_tool_call": "fake"}


def test_a_catch_all_does_not_ask_for_the_call(face: Face) -> None:
    """`**kwargs` does not count as a parameter named `llm_tool_call`: it holds the model's arguments alone."""
    assert [result.output for result in execute(face, [tool("t", lambda **kwargs: kwargs)], [call("t", a=1)])] == [
        '{"a": 1}'
    ]


def test_instance_of_a_result(face: Face) -> None:
    """`instance` is the toolbox that the implementation is bound to, else None; also for errors and added tools."""

    class Box(llm.Toolbox):
        def __init__(self) -> None:
            self.add_tool(self._added)

        def method(self) -> str:
            return "1"

        def fails(self) -> str:
            raise ValueError("no")

        def _added(self) -> str:
            return "2"

    box = Box()
    results = execute(
        face, [box, tool("t", lambda: "")], [call("Box_method"), call("Box_fails"), call("_added"), call("t")]
    )
    assert [result.instance for result in results] == [box, box, box, None]


# Errors


def test_an_unknown_tool(face: Face) -> None:
    """An unknown tool gives a fixed text and a `KeyError`; before_call gets None for the tool, after_call nothing."""
    seen: list[Any] = []
    asked = call("nope")
    [result] = execute(
        face, [tool("t", lambda: "")], [asked],
        before_call=face.hook(lambda *given: seen.append(given)),
        after_call=face.hook(lambda *given: seen.append("after")),
    )  # fmt: skip
    assert result.output == 'Error: tool "nope" does not exist'
    assert isinstance(result.exception, KeyError)
    assert result.exception.args == ('tool "nope" does not exist',)
    assert seen == [(None, asked)]


def test_a_server_side_tool_is_unknown(face: Face) -> None:
    """Server-side tools are ignored here, so a call that names one is unknown."""

    class WithServerTools(type(face.model())):  # type: ignore[misc]
        supported_server_side_tools = (llm.ServerSideTool,)

    response = WithServerTools([call("server_side_tool")]).prompt("x", tools=[llm.ServerSideTool({"type": "search"})])
    [result] = face.get(response.execute_tool_calls())
    assert result.output == 'Error: tool "server_side_tool" does not exist'


def test_a_tool_without_implementation(face: Face) -> None:
    """A tool without implementation gives a fixed text and a `KeyError`, and the rest of the batch goes on."""
    seen: list[str] = []
    results = execute(
        face, [tool("a"), tool("b", lambda: "2")], [call("a"), call("b")],
        after_call=lambda tool, *_: seen.append(tool.name),
    )  # fmt: skip
    assert [result.output for result in results] == ['Error: tool "a" has no implementation', "2"]
    assert isinstance(results[0].exception, KeyError)
    assert seen == ["b"]


def fails() -> str:
    raise ValueError("went wrong")


async def fails_later() -> str:
    await asyncio.sleep(0)
    raise ValueError("went wrong")


@pytest.mark.parametrize("implementation", [fails, fails_later])
def test_a_failing_tool(face: Face, implementation: Any) -> None:
    """An exception gives `Error: MESSAGE` with the exception attached; after_call runs all the same."""
    seen: list[Any] = []
    [result] = execute(
        face, [tool("t", implementation)], [call("t")], after_call=lambda tool, call, result: seen.append(result)
    )
    assert result.output == "Error: went wrong"
    assert type(result.exception) is ValueError
    assert seen == [result]
    assert seen[0] is result


@pytest.mark.parametrize(
    ("implementation", "arguments"),
    [(lambda a: a, {"b": 1}), (lambda: {(1, 2): 3}, {}), (lambda: 1 / 0, {})],
    ids=["wrong arguments", "no JSON", "arithmetic"],
)
def test_whatever_goes_wrong_in_a_tool_is_a_result(face: Face, implementation: Any, arguments: dict[str, Any]) -> None:
    """Wrong arguments and values that cannot be encoded are errors of the tool like any other."""
    [result] = execute(face, [tool("t", implementation)], [llm.ToolCall("t", arguments, "i")])
    assert result.output == f"Error: {result.exception}"
    assert result.exception is not None


def test_raw_arguments(face: Face) -> None:
    """Arguments that were no JSON object reach the tool as `_raw`."""
    [result] = execute(face, [tool("t", lambda _raw: _raw)], [llm.ToolCall("t", {"_raw": "[1]"}, "i")])
    assert result.output == "[1]"


def test_cancelling_inside_a_tool(face: Face) -> None:
    """`CancelToolCall` from inside a tool is an error of the tool, not a cancellation."""

    def cancels() -> str:
        raise llm.CancelToolCall("no")

    [result] = execute(face, [cancels], [call("cancels")])
    assert result.output == "Error: no"


# Hooks


def test_hooks_get_positional_arguments(face: Face) -> None:
    """before_call(tool, call) and after_call(tool, call, result) are called with positional arguments."""
    seen: list[Any] = []

    def before(*given: Any) -> None:
        seen.append(("before", *given))

    def after(*given: Any) -> None:
        seen.append(("after", *given))

    one, asked = tool("t", lambda: seen.append("run")), call("t")
    [result] = execute(face, [one], [asked], before_call=face.hook(before), after_call=face.hook(after))
    assert seen == [("before", one, asked), "run", ("after", one, asked, result)]
    assert seen[0][1] is one
    assert seen[2][3] is result


def test_return_values_of_hooks_are_ignored(face: Face) -> None:
    """What a hook returns is ignored."""
    [result] = execute(
        face, [tool("t", lambda: "1")], [call("t")], before_call=lambda *_: False, after_call=lambda *_: "x"
    )
    assert result.output == "1"


def test_cancelling_a_call(face: Face) -> None:
    """`CancelToolCall` from before_call gives `Cancelled: MESSAGE`; neither the tool nor after_call runs."""
    ran: list[str] = []

    def refuse(tool: Any, asked: Any) -> None:
        if asked.name == "a":
            raise llm.CancelToolCall("not allowed")

    results = execute(
        face, [tool("a", lambda: ran.append("a")), tool("b", lambda: "2")], [call("a"), call("b"), call("unknown")],
        before_call=face.hook(refuse), after_call=lambda tool, *_: ran.append("after " + tool.name),
    )  # fmt: skip
    assert [result.output for result in results] == [
        "Cancelled: not allowed", "2", 'Error: tool "unknown" does not exist',
    ]  # fmt: skip
    assert isinstance(results[0].exception, llm.CancelToolCall)
    assert ran == ["after b"]


def test_after_call_may_change_the_result(face: Face) -> None:
    """after_call gets the very result that is used afterwards: what it changes is what is returned."""

    def shorten(tool: Any, call: Any, result: Any) -> None:
        result.output = result.output[:2]

    [result] = execute(face, [tool("t", lambda: "long")], [call("t")], after_call=face.hook(shorten))
    assert result.output == "lo"


def test_hooks_of_the_response(face: Face) -> None:
    """An omitted hook means the response's own, an explicit None means none."""
    seen: list[str] = []
    model = face.model([call("t")])
    conversation = model.conversation(
        tools=[tool("t", lambda: "1")],
        before_call=lambda *_: seen.append("before"),
        after_call=lambda *_: seen.append("after"),
    )
    response = face.done(conversation.prompt("x"))
    face.get(response.execute_tool_calls())
    assert seen == ["before", "after"]
    face.get(response.execute_tool_calls(before_call=None))
    assert seen == ["before", "after", "after"]
    face.get(response.execute_tool_calls(before_call=None, after_call=None))
    assert seen == ["before", "after", "after"]
    face.get(response.execute_tool_calls(before_call=lambda *_: seen.append("other"), after_call=None))
    assert seen[-1] == "other"


@pytest.mark.parametrize("where", ["before_call", "after_call"])
def test_a_failing_hook(face: Face, where: str) -> None:
    """An exception of a hook propagates; the results of tools that did run are attached as `tool_results`."""
    ran: list[str] = []

    def fail(tool: Any, asked: Any, *_: Any) -> None:
        if asked.name == "b":
            raise RuntimeError("hook failed")

    names = ["a", "b", "c"]
    tools = [tool(name, partial(lambda name: ran.append(name), name)) for name in names]
    with pytest.raises(RuntimeError, match="hook failed") as caught:
        execute(face, tools, [call(name) for name in names], **{where: face.hook(fail)})
    assert ran == (["a"] if where == "before_call" else ["a", "b"])
    assert [result.name for result in caught.value.tool_results] == ran  # type: ignore[attr-defined]


def test_cancelling_from_after_call(face: Face) -> None:
    """`CancelToolCall` is only a cancellation in before_call; from after_call it propagates."""

    def fail(*_: Any) -> None:
        raise llm.CancelToolCall("too late")

    with pytest.raises(llm.CancelToolCall):
        execute(face, [tool("t", lambda: "1")], [call("t")], after_call=face.hook(fail))


def test_async_hooks_in_blocking_code(blocking: BlockingFace) -> None:
    """In blocking code hooks must be synchronous: an awaitable result raises `TypeError`."""

    async def hook(*_: Any) -> None:
        raise AssertionError("cannot run here")

    for name in ("before_call", "after_call"):
        with pytest.raises(TypeError, match="hook"):
            execute(blocking, [tool("t", lambda: "1")], [call("t")], **{name: hook})


def test_printing_hooks(face: Face, capsys: pytest.CaptureFixture[str]) -> None:
    """`before_call=print` works."""
    execute(face, [tool("t", lambda: "1")], [call("t")], before_call=print, after_call=print)
    assert "ToolCall(name='t'" in capsys.readouterr().out


# Explicit calls and tools


def test_explicit_calls(face: Face) -> None:
    """An explicit list is executed as is, no id invented, on an unfinished response, without forcing it."""
    model = face.model(["a"])
    response = model.prompt("x", tools=[tool("t", lambda: "1")])
    assert face.get(response.execute_tool_calls(tool_calls_list=[llm.ToolCall("t", {})])) == [
        llm.ToolResult("t", "1", tool_call_id=None)
    ]
    assert face.get(response.execute_tool_calls(tool_calls_list=[])) == []
    assert model.script.calls == []
    assert response._tool_calls == []


def test_explicit_tools(face: Face) -> None:
    """`tools=` supplies the implementations instead of the prompt's tools; toolboxes and functions are expanded."""

    class Box(llm.Toolbox):
        def method(self) -> str:
            return "box"

    def t() -> str:
        return "other"

    response = face.model([call("t"), call("Box_method")]).prompt("x", tools=[tool("t", lambda: "own")])
    results = face.get(response.execute_tool_calls(tools=[t, Box()]))
    assert [result.output for result in results] == ["other", "box"]
    results = face.get(response.execute_tool_calls(tools=[]))
    assert all("does not exist" in result.output for result in results)


def test_one_call_for_providers_that_run_the_loop(face: Face) -> None:
    """execute_tool_call() gives the call an id, uses the response's hooks, returns the result, registers nothing."""
    seen: list[Any] = []
    response = face.model(["a"]).conversation(
        tools=[tool("t", lambda a: a)], before_call=lambda tool, asked: seen.append(asked)
    ).prompt("x")  # fmt: skip
    result = face.get(response.execute_tool_call(llm.ToolCall("t", {"a": "1"})))
    assert result.output == "1"
    assert result.tool_call_id.startswith("tc_")
    assert seen[0].tool_call_id == result.tool_call_id
    assert face.get(response.execute_tool_call(call("t", a="2"))).tool_call_id == "id-t"
    assert response._tool_calls == []
    assert not response._done


def test_executing_from_inside_execute(face: Face) -> None:
    """Calls can be executed on the unfinished response from inside `execute`."""
    seen: list[llm.ToolResult] = []
    model = face.model()
    tools = [tool("t", lambda: "1")]
    if face.is_async:

        async def execute_async(prompt: Any, stream: bool, response: Any, conversation: Any) -> Any:
            yield "a"
            seen.append(await response.execute_tool_call(call("t")))
            seen.extend(await response.execute_tool_calls(tool_calls_list=[call("t")]))
            yield "b"

        model.execute = execute_async
    else:

        def execute_sync(prompt: Any, stream: bool, response: Any, conversation: Any) -> Any:
            yield "a"
            seen.append(response.execute_tool_call(call("t")))
            seen.extend(response.execute_tool_calls(tool_calls_list=[call("t")]))
            yield "b"

        model.execute = execute_sync
    assert face.text(model.prompt("x", tools=tools)) == "ab"
    assert seen == [llm.ToolResult("t", "1", tool_call_id="id-t")] * 2


def test_the_response_is_on_the_call_stack(face: Face) -> None:
    """A tool runs below a method of the response whose local `self` is that response."""
    import inspect

    found: list[Any] = []

    def look() -> None:
        frame = inspect.currentframe()
        while frame is not None:
            if isinstance(frame.f_locals.get("self"), (llm.Response, llm.AsyncResponse)):
                found.append(frame.f_locals["self"])
                return
            frame = frame.f_back

    async def look_async() -> None:
        look()

    response = face.model([call("look"), call("look_async")]).prompt("x", tools=[look, look_async])
    face.get(response.execute_tool_calls())
    assert [one is response for one in found] == [True, True]
    chain = face.model([call("look")], ["done"]).chain("x", tools=[look])
    face.text(chain)
    assert found[2] is chain._responses[0]


# Coroutine functions


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


def test_json_of_an_output_is_default_json(face: Face) -> None:
    """Outputs that are no text are `json.dumps(x)` with no options but `repr` for the rest."""
    value = {"b": [1.5, None, False], "ä": object}
    [result] = execute(face, [tool("t", lambda: value)], [call("t")])
    assert result.output == json.dumps(value, default=repr)
