"""Responses: laziness, what the methods give, completion and its callbacks."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone
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


def test_nothing_runs_before_the_response_is_read(face: Face) -> None:
    """Making responses, conversations and chains runs nothing and needs no event loop."""
    model = face.model(["a"])
    response = model.prompt("x")
    model.conversation().prompt("x")
    model.chain("x")
    assert model.script.calls == []
    assert (response._done, response._chunks, response._stream_events) == (False, [], [])
    assert face.text(response) == "a"
    assert len(model.script.calls) == 1


def test_attributes_of_a_fresh_response(face: Face) -> None:
    """The constructor takes prompt, model, stream, conversation, key and two hooks; the rest has its default."""
    model = face.model()
    prompt = llm.Prompt("x", model)
    conversation = model.conversation()
    response = face.response_class(prompt, model, False, conversation, "key", print, len)
    assert re.fullmatch("[0-9a-z]{26}", response.id)
    assert (response.prompt, response.model, response.stream, response.conversation) == (
        prompt, model, False, conversation,
    )  # fmt: skip
    assert (response._key, response.before_call, response.after_call) == ("key", print, len)
    for name in ("response_json", "resolved_model", "input_tokens", "output_tokens", "token_details", "_prompt_json"):
        assert getattr(response, name) is None
    assert (response.attachments, response.done_callbacks, response._tool_calls) == ([], [], [])
    plain = face.response_class(prompt=prompt, model=model, stream=True)
    assert (plain.conversation, plain._key, plain.before_call, plain.after_call) == (None, None, None, None)
    assert plain.id > response.id


def test_what_execute_is_given(face: Face) -> None:
    """`execute` gets the prompt, `stream` as passed (True by default), the response, and no conversation."""
    model = face.model(["a"], ["b"])
    one, two = model.prompt("x"), model.prompt("x", stream=False)
    face.done(one)
    face.done(two)
    assert [call.stream for call in model.script.calls] == [True, False]
    assert [call.response for call in model.script.calls] == [one, two]
    assert [call.prompt for call in model.script.calls] == [one.prompt, two.prompt]
    assert [call.conversation for call in model.script.calls] == [None, None]


def test_text_and_chunks(face: Face) -> None:
    """Iterating yields the text chunks only, empty ones too; text() joins them; both replay afterwards."""
    response = face.model(["a", "", StreamEvent("reasoning", "r"), StreamEvent("text", "b")]).prompt("x")
    assert face.chunks(response) == ["a", "", "b"]
    assert face.chunks(response) == ["a", "", "b"]
    assert face.text(response) == "ab"


def test_events_are_live_and_replayed(face: Face) -> None:
    """Each event is handed out before the next is asked for, and the response is not done before one asks beyond."""
    model = face.model(["a", StreamEvent("reasoning", "r"), "b"])
    response = model.prompt("x")
    seen = []
    for event in face.each(face.events_of(response)):
        seen.append((event.chunk, model.script.asked, response._done))
    assert seen == [("a", 1, False), ("r", 2, False), ("b", 3, False)]
    assert response._done
    assert face.events(response) == response._stream_events
    assert all(one is other for one, other in zip(face.events(response), response._stream_events, strict=True))
    assert model.script.asked == 3


def test_chunks_are_live(face: Face) -> None:
    """Each chunk is handed out before the next is asked for."""
    model = face.model(["a", "b"])
    response = model.prompt("x")
    assert [(chunk, model.script.asked, response._done) for chunk in face.each(response)] == [
        ("a", 1, False),
        ("b", 2, False),
    ]
    assert response._done


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("text", "ab"),
        ("json", {"raw": 1}),
        ("usage", llm.Usage(1, 2, {"x": 3})),
        ("tool_calls", [CALL]),
        ("messages", [assistant("ab", ToolCallPart("add", {"a": 1}, "i"))]),
    ],
)
def test_methods_force_execution(face: Face, method: str, expected: Any) -> None:
    """text(), json(), usage(), tool_calls() and messages() run the model first, once."""

    def fill(response: Any) -> None:
        response.response_json = {"raw": 1}
        response.set_usage(input=1, output=2, details={"x": 3})

    model = face.model(["a", fill, CALL, "b"])
    response = model.prompt("x", tools=[add])
    for _ in range(2):
        assert face.get(getattr(response, method)()) == expected
    assert len(model.script.calls) == 1


def test_times_force_execution(face: Face) -> None:
    """duration_ms() and datetime_utc() run the model; they are milliseconds and the start in ISO 8601 with +00:00."""
    before = datetime.now(timezone.utc)
    model = face.model([lambda response: time.sleep(0.002)], ["b"])
    duration = face.get(model.prompt("x").duration_ms())
    assert isinstance(duration, int)
    assert duration >= 2
    started = face.get(model.prompt("x").datetime_utc())
    assert started.endswith("+00:00")
    assert before <= datetime.fromisoformat(started) <= datetime.now(timezone.utc)


def test_times_are_set_by_the_run_alone(face: Face) -> None:
    """Iterating over a finished response again changes neither start nor duration."""
    response = face.done(face.model(["a"]).prompt("x"))
    times = response._start, response._end, response._start_utcnow
    face.chunks(response)
    face.events(response)
    face.text(response)
    assert (response._start, response._end, response._start_utcnow) == times
    assert face.get(response.duration_ms()) >= 0


def test_usage_is_replaced_as_a_whole(face: Face) -> None:
    """set_usage() replaces all three values."""
    response = face.model(["a"]).prompt("x")
    response.set_usage(input=1, output=2, details={"x": 3})
    response.set_usage(output=5)
    assert (response.input_tokens, response.output_tokens, response.token_details) == (None, 5, None)
    with pytest.raises(TypeError):
        response.set_usage(1, 2)


def test_token_usage_does_not_force(face: Face) -> None:
    """token_usage() is a summary of the counts, without running anything."""
    model = face.model(["a"])
    response = model.prompt("x")
    response.set_usage(input=1000, output=5, details={"x": 3})
    assert response.token_usage() == '1,000 input, 5 output, {"x": 3}'
    assert model.script.calls == []


def test_resolved_model(face: Face) -> None:
    """set_resolved_model() records which model the provider says it used."""
    response = face.done(face.model([lambda response: response.set_resolved_model("m-2026")]).prompt("x"))
    assert response.resolved_model == "m-2026"


def test_registered_calls_get_an_id(face: Face) -> None:
    """A call without id is stored as a copy with a fresh id; one with an id is kept as the same object."""
    nameless, named = llm.ToolCall("add", {"a": 1}), llm.ToolCall("add", {"a": 2}, "i")
    named.thought_signature = "t"  # type: ignore[attr-defined]  # plugins set attributes of their own
    nameless.note = "n"  # type: ignore[attr-defined]
    one, two = face.get(face.model([nameless, named]).prompt("x", tools=[add]).tool_calls())
    assert nameless.tool_call_id is None
    assert re.fullmatch("tc_[0-9a-z]{26}", one.tool_call_id)
    assert (one.name, one.arguments, one.note) == ("add", {"a": 1}, "n")
    assert two is named


def test_scratch_attributes(face: Face) -> None:
    """Plugins keep attributes of their own on a response; responses are compared by identity and hashable."""
    model = face.model(["a"], ["a"])
    one, two = model.prompt("x"), model.prompt("x")
    one.scratch = 1
    assert one.scratch == 1
    assert one != two
    assert len({one, two}) == 2


# Completion


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


# Faces of their own


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


# What execute may yield and return


def test_none_chunks(face: Face) -> None:
    """A `None` chunk raises `TypeError` that names the model."""
    with pytest.raises(TypeError, match=r"scripted.*None"):
        face.text(face.model(["a", None]).prompt("x"))


@pytest.mark.parametrize("chunk", [1, b"bytes", {"a": 1}])
def test_other_chunks(face: Face, chunk: Any) -> None:
    """Anything but `str` and `StreamEvent` raises `TypeError` that names the model."""
    model = face.model([])
    model.script.rounds[0] = [chunk] if not callable(chunk) else []
    with pytest.raises(TypeError, match="scripted"):
        face.text(model.prompt("x"))


def test_iterables_of_all_kinds(blocking: BlockingFace) -> None:
    """A sync `execute` may return any iterable; a returned string is iterated character by character."""
    model = blocking.model()
    for returned, expected in [
        ("abc", ["a", "b", "c"]),
        (["ab", "c"], ["ab", "c"]),
        (("ab",), ["ab"]),
        (iter(["ab", StreamEvent("text", "c")]), ["ab", "c"]),
        ((chunk for chunk in ["ab"]), ["ab"]),
        ([], []),
    ]:
        model.execute = lambda prompt, returned=returned, **_: returned
        assert list(model.prompt("x")) == expected


def test_no_iterable(blocking: BlockingFace) -> None:
    """A sync `execute` that returns no iterable raises `TypeError`."""
    model = blocking.model()
    model.execute = lambda prompt, **_: None
    with pytest.raises(TypeError):
        model.prompt("x").text()


def test_hand_assigned_times(face: Face) -> None:
    """`_start`, `_end` and `_start_utcnow` are assignable and feed duration_ms() and datetime_utc()."""
    response = face.response_class.fake(face.model(), "x", None, "a")
    response._start, response._end = 10.0, 11.5
    response._start_utcnow = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    assert face.get(response.duration_ms()) == 1500
    assert face.get(response.datetime_utc()) == "2026-01-02T03:04:05.000006+00:00"
    response._start_utcnow = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(0)))
    assert face.get(response.datetime_utc()) == "2026-01-02T03:04:05+00:00"
    response._start_utcnow = datetime(2026, 1, 2, 3, 4, 5, 6)  # noqa: DTZ001 - as utcnow() gives it
    assert face.get(response.datetime_utc()) == "2026-01-02T03:04:05.000006+00:00"
