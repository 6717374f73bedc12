"""Hooks around tool calls: what they are given, what they may do, and what their failures do."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import llm
from tests.engine.calls import call, execute, tool
from tests.engine.faces import BlockingFace, Face


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
