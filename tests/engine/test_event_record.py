"""What a response keeps of what it was given: strings stay strings until somebody looks at their events."""

from __future__ import annotations

from typing import Any

import pytest

from llm.core.messages import assistant
from llm.core.parts import ReasoningPart, TextPart
from llm.engine.assembly import assemble
from tests.engine.faces import Face
from tests.engine.stream import reasoning, text


def read_text(face: Face, response: Any) -> None:
    face.text(response)


def read_chunks(face: Face, response: Any) -> None:
    face.chunks(response)


def read_messages(face: Face, response: Any) -> None:
    face.messages(response)


@pytest.mark.parametrize("read", [read_text, read_chunks, read_messages])
def test_no_events_are_made_for_readers_of_text(face: Face, read: Any) -> None:
    """Reading text, chunks or messages makes no event of a plain string: a long answer costs its strings."""
    event = reasoning("r")
    response = face.model([event, "a", "b", "c"]).prompt("x")
    read(face, response)
    assert response._items == [event, "a", "b", "c"]
    assert face.messages(response) == [assistant(ReasoningPart("r"), TextPart("abc"))]
    assert response._items[1:] == ["a", "b", "c"]


def test_events_are_the_same_for_every_reader(face: Face) -> None:
    """Whoever asks for the events, whenever, gets the same objects; none is made twice."""
    response = face.model(["a", "b", reasoning("r"), "c"]).prompt("x")
    live = face.events(response)
    assert live == [text("a", part_index=0), text("b", part_index=0), reasoning("r", part_index=1),
                    text("c", part_index=2)]  # fmt: skip
    for again in (face.events(response), response._stream_events):
        assert all(one is other for one, other in zip(live, again, strict=True))


def test_the_list_of_events_grows(face: Face) -> None:
    """Who takes `_stream_events` while the response runs sees later events in the same list, also those of strings."""
    seen: list[Any] = []
    response = face.model(["a", lambda response: seen.append(response._stream_events), "b"]).prompt("x")
    face.text(response)
    assert seen == [[text("a", part_index=0), text("b", part_index=0)]]
    assert seen[0] is response._stream_events


def test_messages_are_assembled_when_asked_for(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """A response that nobody asks for messages assembles none; later ones get what was assembled first."""
    assembled: list[int] = []

    def counting(*arguments: Any, **named: Any) -> Any:
        assembled.append(1)
        return assemble(*arguments, **named)

    monkeypatch.setattr("llm.engine.turn.assemble", counting)
    response = face.done(face.model(["a"]).conversation().prompt("x"))
    assert face.text(response) == "a"
    assert assembled == []
    for _ in range(2):
        assert face.messages(response) == [assistant("a")]
    assert len(response.conversation.prompt("y").prompt.messages) == 3
    assert assembled == [1]


def test_observed_strings(face: Face) -> None:
    """An observer gets the event of each string as it is recorded, also from the middle of a text on."""
    observed: list[Any] = []

    def observe(response: Any) -> None:
        response._observe = observed.append if response._observe is None else None

    response = face.model(["a", observe, "b", "c", reasoning("r"), "d", observe, "e"]).prompt("x")
    face.text(response)
    assert observed == [text("b", part_index=0), text("c", part_index=0), reasoning("r", part_index=1),
                        text("d", part_index=2)]  # fmt: skip
    assert [event.chunk for event in response._stream_events] == ["a", "b", "c", "r", "d", "e"]
    assert [event.part_index for event in response._stream_events] == [0, 0, 0, 1, 2, 2]
    assert all(any(event is one for one in response._stream_events) for event in observed)
