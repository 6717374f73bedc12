"""Completion of a response: its order, and the callbacks."""

from __future__ import annotations

from typing import Any

import pytest

import llm
from llm.core.messages import assistant
from tests.engine.faces import AsyncFace, BlockingFace, Face


def test_order_of_completion(face: Face) -> None:
    """On completion: conversation, end time, done, then the callbacks in order of registration."""
    conversation = face.model(["a"]).conversation()
    conversation.loaded_messages = [assistant("old")]
    response = conversation.prompt("x")
    seen: list[Any] = []

    def look(tag: str) -> Any:
        return face.hook(
            lambda r: seen.append(
                (tag, r is response, r._done, r._end is not None, conversation.responses == [response],
                 conversation.loaded_messages)
            )
        )  # fmt: skip

    face.get(response.on_done(look("first")))
    face.get(response.on_done(look("second")))
    assert seen == []
    face.text(response)
    assert seen == [("first", True, True, True, True, None), ("second", True, True, True, True, None)]
    assert len(response.done_callbacks) == 2


def test_callbacks_of_a_finished_response(face: Face) -> None:
    """on_done() on a finished response calls back at once."""
    response = face.done(face.model(["a"]).prompt("x"))
    seen: list[Any] = []
    face.get(response.on_done(face.hook(seen.append)))
    assert seen == [response]


def test_callbacks_run_once(face: Face) -> None:
    """Reading a finished response again runs no callback."""
    response = face.model(["a"]).prompt("x")
    seen: list[Any] = []
    face.get(response.on_done(seen.append))
    face.text(response)
    face.chunks(response)
    face.text(response)
    assert seen == [response]


def test_a_failing_callback(face: Face) -> None:
    """All callbacks run; then the first error is raised once. The response is complete all the same."""
    conversation = face.model(["a"]).conversation()
    response = conversation.prompt("x")
    seen: list[int] = []

    def fail(number: int) -> Any:
        def callback(_: Any) -> None:
            seen.append(number)
            raise ValueError(f"callback {number}")

        return face.hook(callback)

    for number in (1, 2):
        face.get(response.on_done(fail(number)))
    face.get(response.on_done(lambda _: seen.append(3)))
    with pytest.raises(ValueError, match="callback 1"):
        face.text(response)
    assert seen == [1, 2, 3]
    assert response._done
    assert face.text(response) == "a"
    assert face.chunks(response) == ["a"]
    assert conversation.responses == [response]
    assert seen == [1, 2, 3]


def test_callbacks_may_read_the_response(face: Face) -> None:
    """A callback gets text(), usage() and messages() of its own response at once, without a deadlock."""
    response = face.model(["a"]).prompt("x")
    seen: list[Any] = []
    if face.is_async:

        async def read_async(r: Any) -> None:
            seen.extend([await r.text(), await r.usage(), await r.messages(), [c async for c in r]])

        face.get(response.on_done(read_async))
    else:

        def read(r: Any) -> None:
            seen.extend([r.text(), r.usage(), r.messages(), list(r)])

        response.on_done(read)
    face.text(response)
    assert seen == ["a", llm.Usage(), [assistant("a")], ["a"]]


def test_async_callbacks_of_all_kinds(on_loop: AsyncFace) -> None:
    """Async responses take sync functions, coroutine functions, functions that return awaitables, and awaitables."""
    response = on_loop.model(["a"]).prompt("x")
    seen: list[str] = []

    async def coroutine(_: Any = None) -> None:
        seen.append("coroutine function")

    async def bare() -> None:
        seen.append("bare awaitable")

    on_loop.get(response.on_done(lambda _: seen.append("function")))
    on_loop.get(response.on_done(coroutine))
    on_loop.get(response.on_done(lambda r: coroutine(r)))
    on_loop.get(response.on_done(bare()))
    on_loop.text(response)
    assert seen == ["function", "coroutine function", "coroutine function", "bare awaitable"]
    on_loop.get(response.on_done(bare()))
    assert seen[-1] == "bare awaitable"


def test_async_callbacks_in_blocking_code(blocking: BlockingFace) -> None:
    """In blocking code a callback that returns an awaitable is an error, and no coroutine is left un-awaited."""

    async def callback(_: Any) -> None:
        raise AssertionError("cannot run here")

    response = blocking.model(["a"]).prompt("x")
    response.on_done(callback)
    with pytest.raises(TypeError, match="callback"):
        response.text()
    assert response.text() == "a"
