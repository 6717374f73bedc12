"""One run, however many consumers: abandoned loops, several iterators, tasks and threads."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

import llm
from tests.engine.faces import AsyncFace, BlockingFace, Face


def take(face: Face, items: Any, count: int) -> list[Any]:
    """Take some items and leave the loop."""
    iterator = face.each(items)
    taken = [next(iterator) for _ in range(count)]
    iterator.close()  # type: ignore[attr-defined]
    return taken


def test_an_abandoned_iteration_is_carried_on(face: Face) -> None:
    """Leaving the loop does not end the run: text() finishes the same one, and the model is called once."""
    model = face.model(["a", "b", "c"])
    response = model.prompt("x")
    assert take(face, response, 1) == ["a"]
    assert model.script.asked == 1
    assert face.text(response) == "abc"
    assert response._chunks == ["a", "b", "c"]
    assert len(model.script.calls) == 1


def test_a_new_iterator_starts_from_the_first_chunk(face: Face) -> None:
    """A new iterator first yields what was produced before, then goes on with the run."""
    model = face.model(["a", "b", "c"])
    response = model.prompt("x")
    take(face, response, 2)
    assert face.chunks(response) == ["a", "b", "c"]
    assert [event.chunk for event in face.events(response)] == ["a", "b", "c"]
    assert len(model.script.calls) == 1


def test_iterators_side_by_side(face: Face) -> None:
    """Two iterators over one response see everything, whoever drives the run."""
    model = face.model(["a", "b", "c"])
    response = model.prompt("x")
    one, two = face.each(response), face.each(face.events_of(response))
    assert [next(one), next(two).chunk, next(two).chunk, next(one), next(one), next(two).chunk] == [
        "a", "a", "b", "b", "c", "c",
    ]  # fmt: skip
    assert list(one) == []
    assert list(two) == []
    assert response._done
    assert model.script.asked == 3


def test_leaving_before_the_end_records_nothing(face: Face) -> None:
    """A response whose loop was left after the last chunk is not done before somebody asks beyond it."""
    conversation = face.model(["a"]).conversation()
    response = conversation.prompt("x")
    assert take(face, response, 1) == ["a"]
    assert not response._done
    assert conversation.responses == []
    face.text(response)
    assert conversation.responses == [response]


def test_an_abandoned_blocking_run_is_closed(blocking: BlockingFace) -> None:
    """When nobody holds an unfinished response any more, the model's generator is closed."""
    model = blocking.model(["a", "b"])
    response = model.prompt("x")
    assert take(blocking, response, 1) == ["a"]
    assert model.script.closed == 0
    model.script.calls.clear()
    del response
    gc.collect()
    assert model.script.closed == 1


def test_closing_the_event_stream_closes_the_model(on_loop: AsyncFace) -> None:
    """If the consumer closes astream_events() early, the model's generator is closed; the response stays unfinished."""
    model = on_loop.model(["a", "b"])
    response = model.prompt("x")
    assert [event.chunk for event in take(on_loop, response.astream_events(), 1)] == ["a"]
    assert model.script.closed == 1
    assert not response._done
    with pytest.raises(llm.ModelError, match="closed"):
        on_loop.text(response)
    assert len(model.script.calls) == 1


def test_closing_a_replay_closes_nothing(on_loop: AsyncFace) -> None:
    """Leaving the replay of a finished response early changes nothing."""
    response = on_loop.done(on_loop.model(["a", "b"]).prompt("x"))
    take(on_loop, response.astream_events(), 1)
    assert on_loop.text(response) == "ab"


def test_closing_one_event_stream_while_another_is_read(on_loop: AsyncFace) -> None:
    """Whoever leaves early does not end a run that another task is reading."""
    response = on_loop.model(["a", "b", "c"]).prompt("x")

    async def leave_early() -> None:
        events = response.astream_events()
        async for _ in events:
            break
        await events.aclose()

    async def both() -> str:
        whole, _ = await asyncio.gather(response.text(), leave_early())
        text: str = whole
        return text

    assert on_loop.get(both()) == "abc"


def test_two_tasks_share_one_run(on_loop: AsyncFace) -> None:
    """Two tasks that await one response share one run, and both get the result."""
    model = on_loop.model(["a", "b", "c"])
    response = model.prompt("x")

    async def iterate() -> list[str]:
        return [chunk async for chunk in response]

    async def events() -> list[str]:
        return [event.chunk async for event in response.astream_events()]

    async def awaited() -> Any:
        return await response

    async def everything() -> list[Any]:
        return list(await asyncio.gather(response.text(), iterate(), awaited(), events(), response.text()))

    assert on_loop.get(everything()) == ["abc", ["a", "b", "c"], response, ["a", "b", "c"], "abc"]
    assert len(model.script.calls) == 1


def test_two_tasks_get_the_same_exception(on_loop: AsyncFace) -> None:
    """If the shared run fails, every task gets the exception."""
    error = ValueError("no")
    response = on_loop.model(["a", error]).prompt("x")

    async def both() -> list[Any]:
        return list(await asyncio.gather(response.text(), response.messages(), return_exceptions=True))

    assert on_loop.get(both()) == [error, error]


def test_a_waiting_task_can_be_cancelled(on_loop: AsyncFace) -> None:
    """Cancelling a task that waits for another one's run leaves that run alone."""
    response = on_loop.model(["a", "b", "c"]).prompt("x")

    async def scenario() -> str:
        driving = asyncio.ensure_future(response.text())
        await asyncio.sleep(0)
        waiting = [asyncio.ensure_future(response.text()) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting[0]
        text: str = await driving
        assert text == await waiting[1]
        return text

    assert on_loop.get(scenario()) == "abc"


def test_threads_share_one_run(blocking: BlockingFace) -> None:
    """Threads that read one response at the same time share one run; each gets every chunk, none twice."""
    for _ in range(20):
        chunks = [str(number) for number in range(50)]
        model = blocking.model(chunks)
        response = model.prompt("x")
        start = threading.Barrier(4)
        found: list[Any] = []

        def read(read_all: Any, start: threading.Barrier = start, found: list[Any] = found) -> None:
            start.wait(timeout=10)
            found.append(read_all())

        readers: list[Any] = [
            lambda response=response: list(response),
            lambda response=response: [event.chunk for event in response.stream_events()],
            lambda response=response: [response.text()],
            lambda response=response: list(response),
        ]
        threads = [threading.Thread(target=read, args=(reader,)) for reader in readers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=10)
        assert len(found) == 4
        assert all("".join(one) == "".join(chunks) for one in found)
        assert len(model.script.calls) == 1


class FinishedMeanwhile(list[Any]):
    """A list whose reader is interrupted, right after it has found that there is nothing new, by another thread."""

    def __init__(self, finish: Any) -> None:
        super().__init__()
        self.finish = finish
        self.looks = 0

    def __len__(self) -> int:
        length = super().__len__()
        if length == 1:
            self.looks += 1
            if self.looks == 2:
                thread = threading.Thread(target=self.finish)
                thread.start()
                thread.join(timeout=10)
        return length


def test_a_run_that_another_thread_finishes_meanwhile(blocking: BlockingFace) -> None:
    """A reader that has just found nothing new still gets what another thread adds while finishing the run."""
    for name, read in (("_chunks", list), ("_stream_events", lambda r: [event.chunk for event in r.stream_events()])):
        response = blocking.model(["a", "b"]).prompt("x")
        setattr(response, name, FinishedMeanwhile(response.text))
        assert read(response) == ["a", "b"], name
        assert response._done


def test_a_second_task_sees_chunks_as_they_arrive(on_loop: AsyncFace) -> None:
    """A task that reads beside the one that drives the run gets each chunk in time, not all of them at the end."""
    model = on_loop.model(["a", "b", "c", "d"])
    response = model.prompt("x")
    seen: list[tuple[str, int]] = []

    async def watch() -> None:
        async for chunk in response:
            seen.append((chunk, model.script.asked))

    async def both() -> None:
        await asyncio.gather(response.text(), watch())

    on_loop.get(both())
    assert [chunk for chunk, _ in seen] == ["a", "b", "c", "d"]
    assert all(asked <= position + 2 for position, (_, asked) in enumerate(seen))


def test_blocking_responses_inside_a_running_loop(on_loop: AsyncFace) -> None:
    """Blocking responses and chains work where an event loop is running, as in a notebook."""
    model = BlockingFace().model(["a", llm.ToolCall("add", {}, "i")], ["b"])
    chain = model.chain("x", tools=[llm.Tool("add", implementation=lambda: "1")])

    async def notebook() -> str:
        text: str = chain.text()
        return text

    assert on_loop.get(notebook()) == "a b"


def test_a_chain_is_run_once(face: Face) -> None:
    """Consuming a chain again replays the finished rounds: no model call and no tool runs twice."""
    calls: list[int] = []

    def add() -> str:
        calls.append(1)
        return "1"

    model = face.model(["a", llm.ToolCall("add", {}, "i")], ["b"])
    chain = model.chain("x", tools=[add])
    assert face.chunks(chain) == ["a", " ", "b"]
    assert face.text(chain) == "a b"
    assert [event.chunk for event in face.events(chain)] == ["a", " ", "b"]
    assert list(face.each(chain.responses())) == chain._responses
    assert len(model.script.calls) == 2
    assert calls == [1]


def test_an_abandoned_chain_is_carried_on(face: Face) -> None:
    """Leaving a loop over a chain does not end it: the next consumer goes on with the same rounds."""
    model = face.model(["a", llm.ToolCall("add", {}, "i"), "b"], ["c"])
    chain = model.chain("x", tools=[llm.Tool("add", implementation=lambda: "1")])
    assert take(face, chain, 1) == ["a"]
    assert len(take(face, chain.responses(), 1)) == 1
    assert face.text(chain) == "ab c"
    assert len(model.script.calls) == 2


def test_two_tasks_share_one_chain(on_loop: AsyncFace) -> None:
    """Two tasks that read one chain share its rounds."""
    model = on_loop.model(["a", llm.ToolCall("add", {}, "i")], ["b"])
    chain = model.chain("x", tools=[llm.Tool("add", implementation=lambda: "1")])

    async def both() -> list[str]:
        return list(await asyncio.gather(chain.text(), chain.text()))

    assert on_loop.get(both()) == ["a b", "a b"]
    assert len(model.script.calls) == 2
