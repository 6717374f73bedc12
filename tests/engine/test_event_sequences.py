"""What holds for all sequences of events, however a provider cuts its answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.events import StreamEvent
from llm.core.parts import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from llm.engine.assembly import assemble
from llm.engine.event_record import EventRecord
from tests.engine.stream import args, name, parts, reasoning, result, text


@st.composite
def logical_parts(draw: st.DrawFn) -> list[tuple[str, str, str | None]]:
    """A sequence of parts (kind, content, id) in which no two neighbours would flow into one."""
    kinds = draw(st.lists(st.sampled_from(["text", "reasoning", "call", "result"]), max_size=6))
    found: list[tuple[str, str, str | None]] = []
    for position, kind in enumerate(kinds):
        if found and found[-1][0] == kind and kind in {"text", "reasoning"}:
            continue
        content = draw(st.text(min_size=1, max_size=8))
        found.append((kind, content, f"id{position}" if kind == "call" and draw(st.booleans()) else None))
    return found


def cut(draw: st.DrawFn, content: str) -> list[str]:
    """Cut a text into chunks, some of them empty."""
    places = sorted(draw(st.lists(st.integers(0, len(content)), max_size=4)))
    return [content[start:end] for start, end in zip([0, *places], [*places, len(content)], strict=True)]


@st.composite
def cut_into_events(draw: st.DrawFn, found: list[tuple[str, str, str | None]]) -> list[Any]:
    steps: list[Any] = []
    for kind, content, call_id in found:
        if kind == "text":
            steps += [chunk if draw(st.booleans()) else text(chunk) for chunk in cut(draw, content)]
        elif kind == "reasoning":
            steps += [reasoning(chunk) for chunk in cut(draw, content)]
        elif kind == "call":
            steps.append(name("tool", tool_call_id=call_id))
            arguments = json.dumps({"value": content})
            steps += [args(chunk, tool_call_id=call_id) for chunk in cut(draw, arguments)]
        else:
            steps.append(result(content))
    return steps


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_parts_do_not_depend_on_how_text_is_cut(data: st.DataObject) -> None:
    """However a provider cuts its answer into chunks, the same parts come out."""
    found = data.draw(logical_parts())
    expected: list[Part] = []
    for kind, content, call_id in found:
        if kind == "call":
            expected.append(ToolCallPart("tool", {"value": content}, call_id))
        else:
            made: dict[str, type[Any]] = {"text": TextPart, "reasoning": ReasoningPart}
            expected.append(made[kind](content) if kind in made else ToolResultPart("", content))
    assert parts(*data.draw(cut_into_events(found))) == expected


def events() -> st.SearchStrategy[StreamEvent]:
    return st.builds(
        StreamEvent,
        type=st.sampled_from(["text", "reasoning", "tool_call_name", "tool_call_args", "tool_result", "other"]),
        chunk=st.sampled_from(["", "a", "{}"]),
        part_index=st.none() | st.integers(0, 6),
        tool_call_id=st.sampled_from([None, "", "i", "j"]),
        message_index=st.integers(0, 2),
    )


def placed_by_the_rules(found: list[StreamEvent]) -> list[int]:
    """The six rules of recording, written down as they are stated and without any shortcut."""
    seen: list[int] = []
    by_id: dict[str, int] = {}
    previous: tuple[int, str] | None = None
    message: int | None = None
    for event in found:
        family = "tool_call" if event.type in {"tool_call_name", "tool_call_args"} else event.type
        fresh = max(seen, default=-1) + 1
        if message is not None and event.message_index != message:
            previous = None
        message = event.message_index
        call_id = event.tool_call_id if family == "tool_call" else None
        if event.part_index is not None:
            index = event.part_index
        elif call_id:
            index = by_id.get(call_id, fresh)
        elif event.type in {"tool_call_name", "tool_result"} or previous is None or previous[1] != family:
            index = fresh
        else:
            index = previous[0]
        if call_id:
            by_id[call_id] = index
        seen.append(index)
        previous = (index, family)
    return seen


def recorded(found: list[StreamEvent | str], look: int) -> EventRecord:
    """Record everything; somebody looks at the events before the one at this position, or never."""
    record = EventRecord()
    for position, item in enumerate(found):
        if position == look:
            assert len(record._stream_events) == position
        record._record(item if isinstance(item, str) else replace(item))
    return record


MIXED = st.lists(events() | st.sampled_from(["", "plain"]), max_size=12)


@settings(deadline=None, max_examples=300)
@given(MIXED, st.integers(0, 13))
def test_indexes_follow_the_rules(found: list[StreamEvent | str], look: int) -> None:
    """The index of every event is the one that the rules of recording give, whenever somebody looks at the events."""
    as_events = [text(item) if isinstance(item, str) else item for item in found]
    expected = placed_by_the_rules(as_events)
    record = recorded(found, look)
    assert record._chunks == [event.chunk for event in as_events if event.type == "text"]
    assert record._stream_events == [
        replace(event, part_index=index) for event, index in zip(as_events, expected, strict=True)
    ]


@settings(deadline=None, max_examples=300)
@given(MIXED, st.integers(0, 13))
def test_messages_of_strings_and_of_their_events(found: list[StreamEvent | str], look: int) -> None:
    """A response amounts to the same messages whether its strings were kept as they came or made into events."""
    record = recorded(found, look)
    from_strings = assemble(list(record._merged_events()), [], strict=False)
    assert from_strings == assemble(record._stream_events, [], strict=False)


@settings(deadline=None, max_examples=100)
@given(st.lists(events(), max_size=12))
def test_lenient_assembly_never_fails(found: list[StreamEvent]) -> None:
    """Whatever was recorded can be written down; where the strict way works, both give the same."""
    lenient = assemble(found, [], strict=False)
    try:
        strict = assemble(found, [])
    except ValueError:
        return
    assert lenient == strict
