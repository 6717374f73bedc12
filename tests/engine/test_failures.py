"""A run that failed stays failed: nothing is run again, nothing is taken for complete."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import llm
from llm.core.events import StreamEvent
from tests.engine.faces import AsyncFace, BlockingFace, Face

READERS = ["text", "json", "usage", "tool_calls", "messages", "duration_ms", "datetime_utc"]


def failing(face: Face, error: BaseException) -> Any:
    def fill(response: Any) -> None:
        response.response_json = {"raw": 1}
        response.set_usage(input=1, output=2)
        response.set_resolved_model("m-2")

    return face.model(["a", StreamEvent("reasoning", "r"), fill, error])


def test_the_exception_reaches_the_consumer(face: Face) -> None:
    """An exception in `execute` propagates to whoever is consuming; what was set before stays readable."""
    error = llm.ModelError("refused")
    response = failing(face, error).prompt("x")
    chunks = face.each(response)
    assert next(chunks) == "a"
    with pytest.raises(llm.ModelError) as caught:
        next(chunks)
    assert caught.value is error
    assert response.response_json == {"raw": 1}
    assert (response.input_tokens, response.output_tokens, response.resolved_model) == (1, 2, "m-2")
    assert [event.type for event in response._stream_events] == ["text", "reasoning"]
    assert response.token_usage() == "1 input, 2 output"


@pytest.mark.parametrize("reader", READERS)
def test_every_later_access_raises_the_same_exception(face: Face, reader: str) -> None:
    """After an exception every later access raises the same exception, and the model is not run again."""
    error = llm.ModelError("refused")
    model = failing(face, error)
    response = model.prompt("x")
    for _ in range(3):
        with pytest.raises(llm.ModelError) as caught:
            face.get(getattr(response, reader)())
        assert caught.value is error
    for stream in (response, face.events_of(response)):
        with pytest.raises(llm.ModelError) as caught:
            list(face.each(stream))
        assert caught.value is error
    assert len(model.script.calls) == 1
    assert response._chunks == ["a"]
    assert not response._done


def test_readers_that_do_not_wait_raise_it_too(face: Face) -> None:
    """text_or_raise(), tool_calls_or_raise(), to_dict(), log_to_db() and reply() raise what the run raised."""
    error = llm.ModelError("refused")
    response = failing(face, error).prompt("x")
    with pytest.raises(llm.ModelError):
        face.text(response)
    for read in (
        response.text_or_raise,
        response.tool_calls_or_raise,
        response.to_dict,
        lambda: response.log_to_db(None),
        response.reply,
        response.execute_tool_calls,
    ):
        with pytest.raises(llm.ModelError) as caught:
            face.get(read())
        assert caught.value is error


def test_a_failed_response_is_not_recorded(face: Face) -> None:
    """A response that failed is not in the conversation, is not marked done, and calls nobody back."""
    conversation = failing(face, ValueError("no")).conversation()
    response = conversation.prompt("x")
    seen: list[Any] = []
    face.get(response.on_done(seen.append))
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            face.text(response)
    assert conversation.responses == []
    assert not response._done
    assert seen == []
    assert "not yet" in repr(response)


def test_failing_before_the_first_chunk(face: Face) -> None:
    """A call that fails at once fails the same way later."""
    model = face.model([ValueError("no")])
    response = model.prompt("x")
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            face.text(response)
    assert len(model.script.calls) == 1


def test_execute_that_raises_when_called(face: Face) -> None:
    """An `execute` that is a plain function and raises when it is called fails like any other."""
    model = face.model()
    error = ValueError("no")
    calls = 0

    def execute(prompt: Any, **_: Any) -> Any:
        nonlocal calls
        calls += 1
        raise error

    model.execute = execute
    response = model.prompt("x")
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            face.text(response)
    assert calls == 1


def test_a_missing_key(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing key is found when execution starts, not in prompt(); the response stays failed."""
    monkeypatch.delenv("SCRIPTED_KEY", raising=False)
    model = face.key_model(["a"])
    response = model.prompt("x")
    for _ in range(2):
        with pytest.raises(llm.NeedsKeyException, match=r"llm keys set scripted.*SCRIPTED_KEY"):
            face.text(response)
    assert model.script.calls == []
    assert face.text(model.prompt("x", key="k")) == "a"


def test_stop_iteration_from_a_model(face: Face) -> None:
    """A model that raises `StopIteration` by mistake fails; it is not taken for the end of the answer."""
    model = face.model(["a", StopIteration("oops")])
    response = model.prompt("x")
    for _ in range(2):
        with pytest.raises(RuntimeError):
            face.text(response)
    assert not response._done


def test_an_interrupt(blocking: BlockingFace) -> None:
    """Ctrl-C reaches the consumer; later readers are told that the run was interrupted, and nothing runs again."""
    model = blocking.model(["a", KeyboardInterrupt(), "b"])
    response = model.prompt("x")
    with pytest.raises(KeyboardInterrupt):
        response.text()
    for _ in range(2):
        with pytest.raises(llm.ModelError, match="interrupted"):
            response.text()
    assert response._chunks == ["a"]
    assert len(model.script.calls) == 1


def test_a_cancelled_task(on_loop: AsyncFace) -> None:
    """Cancelling the only consumer ends the run and closes the model's generator; it is not taken for complete."""
    model = on_loop.model(["a", "b"])
    response = model.prompt("x")

    async def cancelled() -> None:
        task = asyncio.ensure_future(response.text())
        while not response._chunks:  # noqa: ASYNC110 - one step of the loop after the other
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    on_loop.get(cancelled())
    assert model.script.closed == 1
    with pytest.raises(llm.ModelError, match="interrupted"):
        on_loop.text(response)
    assert not response._done


def test_a_run_whose_event_loop_has_gone() -> None:
    """A run that was left when its event loop ended was closed with it: later readers get an error, no half answer."""
    first, second = AsyncFace(), AsyncFace()
    response = first.model(["a", "b"]).prompt("x")
    conversation = first.model(["a", "b"]).conversation()
    other = conversation.prompt("x")
    for unread in (response, other):

        async def leave(unread: Any = unread) -> None:
            async for _ in unread:
                break

        first.get(leave())
    first.close()
    for unread in (response, other):
        for _ in range(2):
            with pytest.raises(llm.ModelError):
                second.text(unread)
        assert not unread._done
    assert conversation.responses == []
    second.close()


def test_a_response_that_reads_itself(blocking: BlockingFace) -> None:
    """A model that reads its own unfinished response gets an error instead of a deadlock."""
    response = blocking.model(["a", lambda response: response.text()]).prompt("x")
    for _ in range(2):
        with pytest.raises(llm.ModelError, match="its own response"):
            response.text()


class AwaitsItself(llm.AsyncModel):
    model_id = "awaits"

    def __init__(self, read: Any) -> None:
        self.read = read

    async def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Any:
        yield "a"
        await asyncio.sleep(0)
        try:
            await self.read(response)
        except llm.ModelError as error:
            yield str(error)


def test_an_async_response_that_awaits_itself(on_loop: AsyncFace) -> None:
    """So does an async model that awaits its own response; one that goes on then can still end well."""

    async def iterate(response: Any) -> None:
        async for _ in response:
            await asyncio.sleep(0)

    for read in (lambda response: response.text(), lambda response: response, iterate):
        response = AwaitsItself(read).prompt("x")
        assert "its own response" in on_loop.text(response)
        assert on_loop.chunks(AwaitsItself(read).prompt("x"))[0] == "a"


async def through_gather(response: Any) -> Any:
    return await asyncio.gather(response.text(), asyncio.sleep(0))


async def through_a_task(response: Any) -> Any:
    return await asyncio.create_task(response.text())


async def through_a_task_that_is_there_first(response: Any) -> Any:
    task = asyncio.create_task(response.text())
    for _ in range(3):
        await asyncio.sleep(0)
    return await asyncio.gather(task, asyncio.sleep(0))


async def through_a_task_of_a_task(response: Any) -> Any:
    return await asyncio.create_task(through_a_task(response))


@pytest.mark.parametrize(
    "read", [through_gather, through_a_task, through_a_task_that_is_there_first, through_a_task_of_a_task]
)
def test_an_async_response_that_awaits_itself_through_tasks(on_loop: AsyncFace, read: Any) -> None:
    """So does one that waits for tasks which await its own response, whoever of them is there first."""
    response = AwaitsItself(read).prompt("x")
    assert "cannot wait for itself" in on_loop.text(response)
    assert on_loop.text(response).startswith("a")


def test_a_task_that_nobody_awaits_may_read_the_response(on_loop: AsyncFace) -> None:
    """A task that `execute` starts and leaves alone gets the response like any other reader."""
    tasks: list[asyncio.Task[str]] = []

    async def start(response: Any) -> None:
        tasks.append(asyncio.create_task(response.text()))
        await asyncio.gather(asyncio.sleep(0), asyncio.create_task(asyncio.sleep(0)))

    response = AwaitsItself(start).prompt("x")
    assert on_loop.text(response) == "a"
    assert on_loop.get(tasks[0]) == "a"


def test_a_tool_that_awaits_its_own_chain(on_loop: AsyncFace) -> None:
    """A tool that awaits the chain it runs for gets an error, which the model is told, instead of a deadlock."""
    chains: list[Any] = []

    async def impatient() -> str:
        text: str = await chains[0].text()
        return text

    model = on_loop.model([llm.ToolCall("impatient", {}, "i")], ["b"])
    chains.append(model.chain("x", tools=[impatient]))
    assert on_loop.text(chains[0]) == "b"
    assert "cannot wait for itself" in model.script.prompts[1].tool_results[0].output


def test_a_failed_chain_stays_failed(face: Face) -> None:
    """A chain whose round failed raises the same exception again; the finished rounds are kept, the failed one not."""
    error = llm.ModelError("refused")
    model = face.model(["a", llm.ToolCall("add", {}, "i")], ["b", error])
    chain = model.chain("x", tools=[llm.Tool("add", implementation=lambda: "1")])
    for _ in range(2):
        with pytest.raises(llm.ModelError) as caught:
            face.text(chain)
        assert caught.value is error
    assert len(model.script.calls) == 2
    assert [response._text_now() for response in chain._responses] == ["a"]
    assert len(chain.conversation.responses) == 1
