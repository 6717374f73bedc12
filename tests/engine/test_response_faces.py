"""What the two kinds of response do not share: readers that do not wait, `await`, conversion, `repr`."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import llm
from llm.core.events import StreamEvent
from llm.core.messages import assistant
from llm.core.parts import ReasoningPart, TextPart, ToolCallPart
from tests.engine.faces import AsyncFace, BlockingFace, Face

CALL = llm.ToolCall("add", {"a": 1}, "i")


def add(a: int) -> int:
    return a


def test_str_and_the_raising_readers(blocking: BlockingFace) -> None:
    """On a blocking response, str(), text_or_raise() and tool_calls_or_raise() run the model where needed."""
    assert str(blocking.model(["a"]).prompt("x")) == "a"
    assert blocking.model(["a"]).prompt("x").text_or_raise() == "a"
    assert blocking.model([CALL]).prompt("x", tools=[add]).tool_calls_or_raise() == [CALL]


def test_raising_readers_of_async_responses(on_loop: AsyncFace) -> None:
    """text_or_raise(), tool_calls_or_raise(), to_dict(), log_to_db() and a reply raise `ValueError` before the end."""
    model = on_loop.model(["a", CALL])
    response = model.prompt("x", tools=[add])
    for read in (
        response.text_or_raise,
        response.tool_calls_or_raise,
        response.to_dict,
        lambda: response.log_to_db(None),
    ):
        with pytest.raises(ValueError, match="await"):
            read()
    with pytest.raises(ValueError, match="await"):
        on_loop.get(response.reply("more"))
    assert model.script.calls == []
    on_loop.done(response)
    assert response.text_or_raise() == "a"
    assert response.tool_calls_or_raise() == [CALL]
    assert response.to_dict()["messages"][0]["role"] == "assistant"


def test_awaiting_gives_the_response(on_loop: AsyncFace) -> None:
    """`await response` runs it and returns the response itself."""
    response = on_loop.model(["a"]).prompt("x")

    async def wait() -> Any:
        return await response

    assert on_loop.get(wait()) is response
    assert response._done


def test_what_is_a_coroutine(face: Face) -> None:
    """Of an async response, what has to wait is a coroutine function; what plugins call while it runs is not."""
    waiting = [
        "text", "json", "usage", "tool_calls", "messages", "duration_ms", "datetime_utc", "reply", "execute_tool_calls",
        "execute_tool_call", "on_done",
    ]  # fmt: skip
    plain = [
        "text_or_raise", "tool_calls_or_raise", "to_dict", "log_to_db", "set_usage", "set_resolved_model",
        "add_tool_call", "token_usage", "_messages_now",
    ]  # fmt: skip
    for name in waiting:
        assert inspect.iscoroutinefunction(getattr(face.response_class, name)) is face.is_async, name
    for name in plain:
        assert not inspect.iscoroutinefunction(getattr(face.response_class, name)), name


def test_what_only_async_responses_have(face: Face) -> None:
    """Only async responses have astream_events() and to_sync_response(); only blocking ones have stream_events()."""
    for name in ("astream_events", "to_sync_response"):
        assert hasattr(face.response_class, name) is face.is_async
    assert hasattr(face.response_class, "stream_events") is not face.is_async


def test_running_without_reading(face: Face) -> None:
    """`_force()` runs the response to completion; `_messages_now()` gives what is there, without running anything."""
    model = face.model(["a"])
    response = model.prompt("x")
    assert (response._messages_now(), model.script.calls) == ([], [])
    face.get(response._force())
    assert response._done
    assert response._messages_now() == [assistant("a")]


def test_repr(face: Face) -> None:
    """`repr` shows prompt and text, and says so while the response is not done."""
    response = face.model(["answer"]).prompt("question")
    kind, pending = (
        ("AsyncResponse", "... not yet awaited ...") if face.is_async else ("Response", "... not yet done ...")
    )
    assert repr(response) == f"<{kind} prompt='question' text='{pending}'>"
    face.text(response)
    assert repr(response) == f"<{kind} prompt='question' text='answer'>"


def test_a_model_of_the_other_kind(face: Face) -> None:
    """Such a response can be made; running it raises `TypeError` in blocking code, `ValueError` in async code."""
    other = BlockingFace() if face.is_async else AsyncFace()
    model = other.model(["a"])
    response = face.response_class(llm.Prompt("x", model), model, True)
    with pytest.raises(ValueError if face.is_async else TypeError, match="scripted"):
        face.text(response)
    other.close()


def test_a_blocking_response_can_be_handed_to_an_async_execute(on_loop: AsyncFace) -> None:
    """`Response` around an async model is what `model.execute()` fills when code outside calls it."""
    model = on_loop.model(["a", CALL])
    response = llm.Response(llm.Prompt("x", model, tools=[add]), model, True)
    assert list(on_loop.each(model.execute(response.prompt, True, response, None))) == ["a"]
    assert response._tool_calls == [CALL]


def test_to_sync_response(on_loop: AsyncFace) -> None:
    """to_sync_response() gives a finished `Response` with the same data; the conversation is its sync twin."""

    def fill(response: Any) -> None:
        response.response_json = {"raw": 1}
        response._prompt_json = {"asked": 1}
        response.set_usage(input=1, output=2)
        response.set_resolved_model("m-2")

    conversation = on_loop.model(["a", StreamEvent("reasoning", "", redacted=True), fill, CALL]).conversation(
        tools=[add], chain_limit=3
    )
    conversation.name = "named"
    response = conversation.prompt("x", stream=False)
    twin = on_loop.get(response.to_sync_response())
    assert type(twin) is llm.Response
    assert twin._done
    for name in (
        "id", "prompt", "model", "stream", "response_json", "_prompt_json", "input_tokens", "output_tokens",
        "token_details", "resolved_model", "attachments", "_chunks", "_stream_events", "_tool_calls", "_start", "_end",
        "_start_utcnow",
    ):  # fmt: skip
        assert getattr(twin, name) == getattr(response, name), name
    assert twin.text() == "a"
    assert (
        twin.messages()
        == response._messages_now()
        == [assistant(ReasoningPart("", redacted=True), "a", ToolCallPart("add", {"a": 1}, "i"))]
    )
    assert list(twin.stream_events()) == response._stream_events
    assert type(twin.conversation) is llm.Conversation
    assert (twin.conversation.id, twin.conversation.name, twin.conversation.responses) == (conversation.id, "named", [])
    assert on_loop.get(on_loop.model(["a"]).prompt("x").to_sync_response()).conversation is None


def test_the_response_of_a_rehydrated_one(on_loop: AsyncFace) -> None:
    """to_sync_response() of a rehydrated response keeps its messages."""
    response = llm.AsyncResponse.from_dict(
        {"model": "m", "prompt": {"messages": []}, "messages": [assistant(TextPart("a", {"p": 1})).to_dict()]},
        model=on_loop.model(),
    )
    twin = on_loop.get(response.to_sync_response())
    assert twin.messages() == [assistant(TextPart("a", {"p": 1}))]
