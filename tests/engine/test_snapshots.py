"""Responses as dictionaries: what is written, what is read back, and that both agree."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

import llm
from llm.core.events import StreamEvent
from llm.core.messages import Message, assistant, system, user
from llm.core.parts import ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.core.wire import ResponseDict
from tests.core.strategies import messages, objects, texts
from tests.engine.faces import AsyncFace, BlockingFace, Face
from tests.engine.script import Settings

NEVER_RUN: dict[str, Any] = {"model": "scripted", "prompt": {"messages": []}, "messages": []}


def test_what_is_written(face: Face) -> None:
    """to_dict(): model, prompt (messages, options without None values, raw system), messages, id, usage, start."""

    def fill(response: Any) -> None:
        response.set_usage(input=1, output=2, details={"x": 3})

    model = face.model(["a", StreamEvent("reasoning", "r"), fill, llm.ToolCall("t", {"a": 1}, "i")], Options=Settings)
    response = face.done(
        model.prompt("x", system=" s ", system_fragments=["f"], options={"temperature": 1}, tools=[llm.Tool("t")])
    )
    data = response.to_dict()
    assert data == {
        "model": "scripted",
        "prompt": {
            "messages": [system("f\n\ns").to_dict(), user("x").to_dict()],
            "options": {"temperature": 1.0},
            "system": " s ",
        },
        "messages": [assistant("a", ReasoningPart("r"), ToolCallPart("t", {"a": 1}, "i")).to_dict()],
        "id": response.id,
        "usage": {"input": 1, "output": 2, "details": {"x": 3}},
        "datetime_utc": response._start_utcnow.isoformat(),
    }
    assert list(data) == ["model", "prompt", "messages", "id", "usage", "datetime_utc"]
    TypeAdapter(ResponseDict).validate_python(data)
    assert json.loads(json.dumps(data)) == data


def test_type_hints(face: Face) -> None:
    """`typing.get_type_hints` reports the exported `ResponseDict` as what to_dict() returns."""
    import typing

    from llm.serialization import ResponseDict as Exported

    assert typing.get_type_hints(face.response_class.to_dict)["return"] is Exported


def test_what_is_left_out(face: Face) -> None:
    """Options, system, usage and time are left out where there is nothing to say."""
    assert face.response_class.fake(face.model(), "x", None, "a").to_dict().keys() == {
        "model",
        "prompt",
        "messages",
        "id",
    }
    data = face.done(face.model(["a"], Options=Settings).prompt("x")).to_dict()
    assert data["prompt"] == {"messages": [user("x").to_dict()]}
    assert "usage" not in data


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input": 1}, {"input": 1}),
        ({"output": 0}, {"output": 0}),
        ({"input": 1, "details": {"x": 1}}, {"input": 1, "details": {"x": 1}}),
        ({"details": {"x": 1}}, None),
        ({}, None),
    ],
)
def test_usage(face: Face, usage: dict[str, Any], expected: Any) -> None:
    """Usage is written only if input or output is known; each value only if it is not None."""
    response = face.response_class.fake(face.model(), "x", None, "a")
    response.set_usage(**usage)
    assert response.to_dict().get("usage") == expected


def test_the_prompt_is_written_as_it_was_sent(face: Face) -> None:
    """The messages of the prompt are the whole chain."""
    model = face.model(["1"], ["2"])
    conversation = model.conversation()
    face.text(conversation.prompt("a"))
    response = face.done(conversation.prompt("b"))
    assert response.to_dict()["prompt"]["messages"] == [
        message.to_dict() for message in [user("a"), assistant("1"), user("b")]
    ]


def test_a_blocking_response_is_run(blocking: BlockingFace) -> None:
    """to_dict() runs a blocking response."""
    assert blocking.model(["a"]).prompt("x").to_dict()["messages"] == [assistant("a").to_dict()]


# Reading


def test_what_is_read(face: Face) -> None:
    """from_dict() gives a finished response: explicit chain, system, options, id, usage, start, text, calls.

    Calls are those that no provider executed. What is not part of the form is empty: prompt text, schema, tools,
    fragments, attachments, duration, payload, resolved model.
    """
    output = [
        assistant("a", TextPart("b"), ReasoningPart("r"), ToolCallPart("t", {"a": 1}, "i")),
        assistant(ToolCallPart("u", {}, "j", server_executed=True), "c"),
    ]
    data: Any = {
        "model": "scripted",
        "prompt": {"messages": [user("x").to_dict()], "options": {"temperature": "1"}, "system": "s"},
        "messages": [message.to_dict() for message in output],
        "id": "the id",
        "usage": {"input": 1, "output": 2, "details": {"x": 3}},
        "datetime_utc": "2026-01-02T03:04:05.123456+00:00",
    }
    model = face.model(Options=Settings)
    response = face.response_class.from_dict(data, model=model)
    assert type(response) is face.response_class
    assert (response._done, response.stream, response.model, response.id) == (True, False, model, "the id")
    prompt = response.prompt
    assert (prompt.messages, prompt._explicit_messages, prompt._system, prompt.options.temperature) == (
        [user("x")], [user("x")], "s", 1.0,
    )  # fmt: skip
    assert (prompt.prompt, prompt.schema, prompt.tools, prompt.fragments, prompt.attachments) == ("", None, [], [], [])
    assert face.text(response) == "abc"
    assert face.messages(response) == output
    assert face.get(response.tool_calls()) == [llm.ToolCall("t", {"a": 1}, "i")]
    assert face.get(response.usage()) == llm.Usage(1, 2, {"x": 3})
    assert face.get(response.datetime_utc()) == "2026-01-02T03:04:05.123456+00:00"
    assert (face.get(response.duration_ms()), face.get(response.json()), response.resolved_model) == (0, None, None)
    assert model.script.calls == []


def test_missing_keys(face: Face) -> None:
    """A missing prompt or missing messages are treated as empty; without an id there is a fresh one."""
    response = face.response_class.from_dict({"model": "m"}, model=face.model())
    assert (response.prompt.messages, face.messages(response), face.text(response)) == ([], [], "")
    assert len(response.id) == 26
    assert face.chunks(response) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)),
        ("2026-01-02T03:04:05+00:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)),
        ("2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_times(face: Face, text: Any, expected: datetime | None) -> None:
    """A time without offset is UTC, an unreadable one is ignored."""
    data: Any = {**NEVER_RUN, "datetime_utc": text}
    assert face.response_class.from_dict(data, model=face.model())._start_utcnow == expected


def test_times_come_back_as_they_were(face: Face) -> None:
    """A time in UTC is written back as it was read, with and without fractions of a second."""
    for text in ("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05.000001+00:00"):
        data: Any = {**NEVER_RUN, "id": "i", "datetime_utc": text}
        assert face.response_class.from_dict(data, model=face.model()).to_dict() == data


def test_the_model_is_looked_up(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `model=`, the registered one of that id is used, of the right kind."""
    model = face.model()
    asked: list[str] = []

    def find(name: str) -> Any:
        asked.append(name)
        return model

    monkeypatch.setattr(llm, "get_async_model" if face.is_async else "get_model", find)
    response = face.response_class.from_dict(NEVER_RUN)
    assert (response.model, asked) == (model, ["scripted"])


def test_an_unknown_model(face: Face) -> None:
    """An unknown model raises `UnknownModelError`."""
    with pytest.raises(llm.UnknownModelError):
        face.response_class.from_dict({**NEVER_RUN, "model": "no such model"})


usages = st.fixed_dictionaries({"input": st.integers(0)}, optional={"output": st.integers(0), "details": objects})


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    prompt=st.lists(messages, max_size=3),
    output=st.lists(messages, max_size=3),
    usage=st.none() | usages,
    started=st.none() | st.datetimes(timezones=st.just(timezone.utc)),
    system_text=st.none() | st.text(min_size=1, max_size=5),
    temperature=st.none() | st.floats(0, 2),
)  # fmt: skip
@pytest.mark.parametrize("kind", [BlockingFace, AsyncFace])
def test_round_trip(
    kind: type[Face],
    prompt: list[Message],
    output: list[Message],
    usage: Any,
    started: datetime | None,
    system_text: str | None,
    temperature: float | None,
) -> None:
    """`from_dict(d).to_dict() == d`, also after a detour through JSON, whatever the messages are."""
    data: Any = {
        "model": "scripted",
        "prompt": {"messages": [message.to_dict() for message in prompt]},
        "messages": [message.to_dict() for message in output],
        "id": "i",
    }
    if usage is not None:
        data["usage"] = usage
    if started is not None:
        data["datetime_utc"] = started.isoformat()
    if system_text is not None:
        data["prompt"]["system"] = system_text
    if temperature is not None:
        data["prompt"]["options"] = {"temperature": temperature}
    face: Any = kind
    model = face._model()
    model.Options = Settings
    response = face.response_class.from_dict(json.loads(json.dumps(data)), model=model)
    assert response.to_dict() == data
    assert response._messages_now() == output
    assert face.response_class.from_dict(response.to_dict(), model=model).to_dict() == data


# Replaying events of responses that recorded none


def test_events_of_a_rehydrated_response(face: Face) -> None:
    """stream_events() makes events from the messages when none were recorded; `_stream_events` stays empty."""
    output = [
        assistant("a", ReasoningPart("", redacted=True, provider_metadata={"p": 1}), ToolCallPart("t", {"a": 1}, "i")),
        assistant(
            ToolCallPart("u", {}, "j", server_executed=True), ToolResultPart("u", "out", "j", server_executed=True)
        ),
    ]
    data: Any = {**NEVER_RUN, "messages": [message.to_dict() for message in output]}
    response = face.response_class.from_dict(data, model=face.model())
    events = face.events(response)
    assert events == [
        StreamEvent("text", "a", 0),
        StreamEvent("reasoning", "", 1, redacted=True, provider_metadata={"p": 1}),
        StreamEvent("tool_call_name", "t", 2, "i"),
        StreamEvent("tool_call_args", '{"a": 1}', 2, "i"),
        StreamEvent("tool_call_name", "u", 3, "j", server_executed=True, message_index=1),
        StreamEvent("tool_call_args", "{}", 3, "j", server_executed=True, message_index=1),
        StreamEvent("tool_result", "out", 4, "j", server_executed=True, tool_name="u", message_index=1),
    ]
    assert response._stream_events == []
    assert face.chunks(response) == ["a"]
    assert face.get(response.tool_calls()) == [llm.ToolCall("t", {"a": 1}, "i")]


def test_events_of_a_fake(face: Face) -> None:
    """A fake replays its text as an event."""
    fake = face.response_class.fake(face.model(), "x", None, "a")
    assert face.events(fake) == [StreamEvent("text", "a", 0)]
    assert fake._stream_events == []
    assert face.events(face.response_class.fake(face.model(), "x", None, "")) == []


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.builds(TextPart, st.text(min_size=1, max_size=4)),
                st.builds(ReasoningPart, st.text(min_size=1, max_size=4)),
                st.builds(ToolCallPart, texts, objects, st.none() | st.text(min_size=1, max_size=3), st.booleans()),
            ),
            min_size=1,
            max_size=4,
        ),
        max_size=3,
    )
)
def test_replayed_events_give_the_same_messages(found: list[list[Any]]) -> None:
    """A consumer that assembles the replayed events gets the messages of the response again."""
    from llm.engine.assembly import assemble

    output = [Message("assistant", parts) for parts in found]
    data: Any = {**NEVER_RUN, "messages": [message.to_dict() for message in output]}
    response = llm.Response.from_dict(data, model=BlockingFace().model())
    assert assemble(response.stream_events(), []) == output
