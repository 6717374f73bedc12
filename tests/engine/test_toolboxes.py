"""Toolboxes in use: when they are prepared, what is offered afterwards, and that it happens once."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

import llm
from tests.engine.faces import AsyncFace, BlockingFace, Face


class Box(llm.Toolbox):
    """Counts its preparations, and gains a tool in each kind."""

    def __init__(self) -> None:
        self.prepared = 0

    def method(self) -> str:
        return "method"

    def prepare(self) -> None:
        self.prepared += 1
        self.add_tool(self._late)

    async def prepare_async(self) -> None:
        await asyncio.sleep(0)
        self.prepare()

    def _late(self) -> str:
        return "late"


class OnlyLater(llm.Toolbox):
    """Has no tools at all before it is prepared."""

    def prepare(self) -> None:
        self.add_tool(self._later)

    async def prepare_async(self) -> None:
        self.prepare()

    def _later(self) -> str:
        return "later"


def call(name: str) -> llm.ToolCall:
    return llm.ToolCall(name, {}, f"id-{name}")


def names(prompt: Any) -> list[str]:
    return [tool.name for tool in prompt.tools]


def test_nothing_is_prepared_by_asking(face: Face) -> None:
    """Construction, add_tool(), prompt() and chain() prepare nothing."""
    box = Box()
    model = face.model(["a"])
    response = model.prompt("x", tools=[box])
    chain = model.chain("x", tools=[box])
    conversation = model.conversation(tools=[box])
    conversation.prompt("x")
    assert box.prepared == 0
    assert names(response.prompt) == names(chain.prompt) == ["Box_method"]
    assert (box._prepared, box._async_prepared) == (False, False)


def test_prepared_before_the_model_is_called(face: Face) -> None:
    """A toolbox is prepared when the response starts, before `execute`, and the prompt lists its tools anew."""
    box = Box()
    seen: list[Any] = []
    model = face.model([lambda response: seen.append((box.prepared, names(response.prompt)))])
    face.text(model.prompt("x", tools=[box]))
    assert seen == [(1, ["Box_method", "_late"])]
    assert (box._prepared, box._async_prepared) == (not face.is_async, face.is_async)


def test_prepared_once_per_instance(face: Face) -> None:
    """It happens exactly once per instance, however many tools, responses, chains and rounds use it."""
    box = Box()
    model = face.model([call("Box_method"), call("_late")], ["b"], ["c"], [call("_late")])
    face.text(model.chain("x", tools=[box, box.method]))
    face.text(model.prompt("x", tools=[box]))
    response = face.done(model.prompt("x", tools=[box]))
    face.get(response.execute_tool_calls())
    assert box.prepared == 1
    other = Box()
    face.text(face.model(["a"]).prompt("x", tools=[other]))
    assert (box.prepared, other.prepared) == (1, 1)


def test_once_per_mode() -> None:
    """prepare() runs once in synchronous use and prepare_async() once in asynchronous use."""
    seen: list[str] = []

    class Both(llm.Toolbox):
        def prepare(self) -> None:
            seen.append("sync")

        async def prepare_async(self) -> None:
            seen.append("async")

    box = Both()
    blocking, on_loop = BlockingFace(), AsyncFace()
    for _ in range(2):
        blocking.text(blocking.model(["a"]).prompt("x", tools=[box]))
        on_loop.text(on_loop.model(["a"]).prompt("x", tools=[box]))
    on_loop.close()
    assert seen == ["sync", "async"]


def test_tools_gained_in_preparation_can_be_called(face: Face) -> None:
    """Tools added in preparation are offered in every round of the chain, and work."""
    model = face.model([call("_later")], [call("_later")], ["done"])
    chain = model.chain("x", tools=[OnlyLater()])
    face.text(chain)
    assert [names(prompt) for prompt in model.script.prompts] == [["_later"]] * 3
    assert [prompt.tool_results[0].output for prompt in model.script.prompts[1:]] == ["later", "later"]


def test_support_is_checked_again_after_preparation(face: Face) -> None:
    """A model without tools is refused as soon as preparation has added some."""
    model = face.model(["a"], supports_tools=False)
    response = model.prompt("x", tools=[OnlyLater()])
    with pytest.raises(ValueError, match="does not support tools"):
        face.text(response)
    assert model.script.calls == []


def test_prepared_before_executing_calls(face: Face) -> None:
    """execute_tool_calls() prepares the toolboxes behind its tools, even when there is nothing to call."""
    box, given = Box(), Box()
    response = face.model(["a"]).prompt("x", tools=[box.method, llm.Tool("t", implementation=box.method)])
    face.get(response.execute_tool_calls(tool_calls_list=[]))
    assert box.prepared == 1
    results = face.get(response.execute_tool_calls(tool_calls_list=[call("_late")], tools=[given]))
    assert given.prepared == 1
    assert [result.output for result in results] == ["late"]


def test_prepared_before_resuming(face: Face) -> None:
    """A chain prepares its toolboxes before it decides whether there is something to resume."""
    asked = llm.assistant(llm.parts.ToolCallPart("_later", {}, "i"))
    model = face.model(["done"])
    face.text(model.chain(messages=[llm.user("x"), asked], tools=[OnlyLater()]))
    assert [result.output for result in model.script.prompts[0].tool_results] == ["later"]


def test_a_failing_preparation(face: Face) -> None:
    """Exceptions of a preparation propagate; the toolbox does not count as prepared."""

    class Failing(llm.Toolbox):
        def prepare(self) -> None:
            raise ValueError("no server")

        async def prepare_async(self) -> None:
            raise ValueError("no server")

    box = Failing()
    model = face.model(["a"])
    with pytest.raises(ValueError, match="no server"):
        face.text(model.prompt("x", tools=[box]))
    assert (box._prepared, box._async_prepared) == (False, False)
    assert model.script.calls == []


def test_threads_do_not_prepare_twice() -> None:
    """Two threads that start at the same time prepare a toolbox once, and both wait for it."""

    class Slow(Box):
        def prepare(self) -> None:
            time.sleep(0.01)  # long enough for the other thread to arrive
            super().prepare()

    box = Slow()
    start = threading.Barrier(3)
    found: list[list[str]] = []

    def run() -> None:
        model = BlockingFace().model(["a"])
        start.wait(timeout=10)
        model.prompt("x", tools=[box]).text()
        found.append(names(model.script.prompts[0]))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert box.prepared == 1
    assert found == [["Slow_method", "_late"]] * 3


def test_tasks_do_not_prepare_twice(on_loop: AsyncFace) -> None:
    """Two tasks that start at the same time prepare a toolbox once, and both wait for it."""
    box = Box()
    models = [on_loop.model(["a"]) for _ in range(3)]

    async def both() -> None:
        await asyncio.gather(*(model.prompt("x", tools=[box]).text() for model in models))

    on_loop.get(both())
    assert box.prepared == 1
    assert [names(model.script.prompts[0]) for model in models] == [["Box_method", "_late"]] * 3


def test_a_cancelled_task_does_not_spoil_the_preparation(on_loop: AsyncFace) -> None:
    """If one of the tasks that wait for a preparation is cancelled, the others get their toolbox."""
    box = Box()
    one, other = on_loop.model(["a"]), on_loop.model(["b"])

    async def scenario() -> str:
        first = asyncio.ensure_future(one.prompt("x", tools=[box]).text())
        second = asyncio.ensure_future(other.prompt("x", tools=[box]).text())
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        text: str = await second
        return text

    assert on_loop.get(scenario()) == "b"
    assert box.prepared == 1


def test_the_second_round_offers_the_same_tools(face: Face) -> None:
    """Later rounds get the previous round's expanded tools, the same objects."""

    def plain() -> str:
        return "1"

    model = face.model([call("plain")], ["b"])
    face.text(model.chain("x", tools=[plain, Box()]))
    one, two = model.script.prompts
    assert names(two) == ["plain", "Box_method", "_late"]
    assert two.tools[0] is one.tools[0]


def test_toolboxes_of_a_conversation(face: Face) -> None:
    """The tools of a conversation, toolboxes too, serve each of its prompts."""
    box = Box()
    model = face.model(["a"], [call("_late")], ["c"])
    conversation = model.conversation(tools=[box])
    face.text(conversation.prompt("x"))
    assert face.text(conversation.chain("y")) == "c"
    assert box.prepared == 1
    assert [result.output for result in model.script.prompts[2].tool_results] == ["late"]


def test_a_reply_keeps_the_toolbox(face: Face) -> None:
    """reply() executes pending calls of a toolbox and passes its tools on."""
    box = Box()
    model = face.model([call("_late")], ["b"])
    response = face.done(model.prompt("x", tools=[box]))
    reply = face.get(response.reply())
    assert face.text(reply) == "b"
    assert names(model.script.prompts[1]) == ["Box_method", "_late"]
    assert box.prepared == 1


def test_tools_overridden_as_a_generator(face: Face) -> None:
    """`tools()` may be a generator that a subclass writes, listed again after preparation."""

    class Remote(llm.Toolbox):
        connected = False

        def prepare(self) -> None:
            self.connected = True

        async def prepare_async(self) -> None:
            self.connected = True

        def tools(self) -> Any:
            if self.connected:
                yield llm.Tool("remote", implementation=lambda: "answer")

    model = face.model([call("remote")], ["b"])
    face.text(model.chain("x", tools=[Remote()]))
    assert model.script.prompts[1].tool_results[0].output == "answer"
