"""One model, one toolbox, several event loops: programs with a loop in each thread share what they got from `llm`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import llm
from tests.engine.script import AsyncScriptedModel, ScriptedModel


def side_by_side(work: Callable[[int], Any], count: int = 4) -> list[Any]:
    """Run `work(number)` in threads that start together; return the results in order."""
    start = threading.Barrier(count)
    found: dict[int, Any] = {}

    def run(number: int) -> None:
        start.wait(timeout=10)
        found[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return [found.get(number) for number in range(count)]


class Echo(llm.AsyncModel):
    model_id = "echo"
    supports_tools = True

    async def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Any:
        for character in prompt.prompt:
            await asyncio.sleep(0)
            yield character


def test_event_loops_share_a_model() -> None:
    """Event loops in several threads may prompt one async model at the same time; each gets its own answer."""
    model = Echo()

    async def several(number: int) -> list[str]:
        return await asyncio.gather(*(model.prompt(f"{number}.{part}").text() for part in range(20)))

    expected = [[f"{number}.{part}" for part in range(20)] for number in range(4)]
    assert side_by_side(lambda number: asyncio.run(several(number))) == expected


def test_threads_share_a_model() -> None:
    """So may threads with one blocking model."""
    model = ScriptedModel(*[[str(number)] for number in range(40)])

    def several(_: int) -> list[str]:
        return [model.prompt("x").text() for _ in range(10)]

    found = [text for texts in side_by_side(several) for text in texts]
    assert len(found) == 40
    assert len(model.script.calls) == 40


class Slow(llm.Toolbox):
    """Takes a while to set up, during which other loops come to it."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.prepared: list[int] = []

    async def prepare_async(self) -> None:
        self.prepared.append(threading.get_ident())
        self.begun.set()
        while not self.go_on.is_set():  # noqa: ASYNC110 - an asyncio.Event belongs to one loop
            await asyncio.sleep(0.001)
        self.add_tool(llm.Tool("late", implementation=lambda: "done"))


def test_event_loops_share_a_toolbox() -> None:
    """A toolbox is prepared by one event loop; others that are given it meanwhile wait, and offer its tools."""
    toolbox = Slow()
    models = [AsyncScriptedModel(["done"]) for _ in range(3)]

    def first_or_later(number: int) -> str:
        if number:
            toolbox.begun.wait(timeout=10)
        return asyncio.run(later(number))

    async def later(number: int) -> str:
        reading = asyncio.ensure_future(models[number].prompt("x", tools=[toolbox]).text())
        if number:
            for _ in range(10):  # steps in which it comes as far as the preparation
                await asyncio.sleep(0)
        if number == 2:
            toolbox.go_on.set()
        return await reading

    assert side_by_side(first_or_later, 3) == ["done"] * 3
    assert len(toolbox.prepared) == 1
    assert [[tool.name for tool in model.script.prompts[0].tools] for model in models] == [["late"]] * 3


def test_a_preparation_that_another_loop_gave_up() -> None:
    """If the event loop that was preparing a toolbox fails at it, the others are told; the next one tries again."""
    attempts: list[int] = []

    class Failing(llm.Toolbox):
        async def prepare_async(self) -> None:
            attempts.append(1)
            if len(attempts) == 1:
                raise ValueError("no")

    toolbox = Failing()

    async def read() -> str:
        return await AsyncScriptedModel(["done"]).prompt("x", tools=[toolbox]).text()

    outcomes: list[Any] = []
    for _ in range(2):
        try:
            outcomes.append(asyncio.run(read()))
        except ValueError as error:
            outcomes.append(str(error))
    assert outcomes == ["no", "done"]
