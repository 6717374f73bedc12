"""Executing the tool calls of a response: what comes out of outputs, errors, explicit calls and tools."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

import llm
from tests.engine.calls import call, execute, tool
from tests.engine.faces import Face

PICTURE = llm.Attachment(type="image/png", url="https://example.com/a.png")


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
    """`instance` is the object that the implementation is bound to, a toolbox or another, else None; also for errors
    and added tools."""

    class Plain:
        def method(self) -> str:
            return "3"

    class Box(llm.Toolbox):
        def __init__(self) -> None:
            self.add_tool(self._added)

        def method(self) -> str:
            return "1"

        def fails(self) -> str:
            raise ValueError("no")

        def _added(self) -> str:
            return "2"

    box, plain = Box(), Plain()
    results = execute(
        face,
        [box, tool("t", lambda: ""), tool("p", plain.method)],
        [call("Box_method"), call("Box_fails"), call("_added"), call("t"), call("p")],
    )
    assert [result.instance for result in results] == [box, box, box, None, plain]


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


def test_json_of_an_output_is_default_json(face: Face) -> None:
    """Outputs that are no text are `json.dumps(x)` with no options but `repr` for the rest."""
    value = {"b": [1.5, None, False], "ä": object}
    [result] = execute(face, [tool("t", lambda: value)], [call("t")])
    assert result.output == json.dumps(value, default=repr)


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
