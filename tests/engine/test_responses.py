"""Responses: laziness, what the methods give, and what `execute` may yield."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest.mock import create_autospec

import pytest

import llm
from llm.core.events import StreamEvent
from llm.core.messages import assistant
from llm.core.parts import ToolCallPart
from tests.engine.faces import BlockingFace, Face

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


def test_mocks_of_responses_and_chains() -> None:
    """What a mock is made from has the attributes that programs read, where LLM 0.36 has them on the class."""
    for kind in (llm.Response, llm.AsyncResponse):
        mocked = create_autospec(kind)
        assert hasattr(mocked, "conversation")
        assert hasattr(mocked, "resolved_model")
    chain = create_autospec(llm.models.ChainResponse)
    assert all(hasattr(chain, name) for name in ("conversation", "before_call", "after_call"))


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
