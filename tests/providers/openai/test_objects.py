"""The objects that replies consist of."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.providers.openai import shapes
from llm.providers.openai.objects import ApiObject

TOOL_CALL = {"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def chunk(**choice: Any) -> Any:
    return shapes.ChatCompletionChunk.of({"id": "c", "choices": [choice], "x": {"y": None}})


def test_a_declared_field_that_is_absent_or_null_reads_as_none() -> None:
    """Programs read these without asking."""
    made = chunk(delta={"content": None})
    assert (made.usage, made.model, made.created) == (None, None, None)
    assert (made.choices[0].delta.content, made.choices[0].delta.tool_calls) == (None, None)


def test_an_undeclared_name_reads_as_its_value_or_fails() -> None:
    """What the JSON has is there as plain data; any further name is an AttributeError, so hasattr tells."""
    made = chunk(delta={"reasoning_content": "hm"})
    assert made.x == {"y": None}
    assert made.choices[0].delta.reasoning_content == "hm"
    assert getattr(chunk(delta={}).choices[0].delta, "reasoning_content", None) is None
    with pytest.raises(AttributeError, match=r"ChatCompletionChunk.*nothing"):
        _ = made.nothing


def test_kinds_of_chunks_can_be_told_apart() -> None:
    """By the fields that they declare."""
    chat, text = chunk(delta={}).choices[0], shapes.Completion.of({"choices": [{}]}).choices[0]
    assert (hasattr(chat, "delta"), hasattr(text, "delta")) == (True, False)
    assert (hasattr(chat, "text"), hasattr(text, "text")) == (False, True)
    chat_logprobs = chunk(delta={}, logprobs={}).choices[0].logprobs
    text_logprobs = shapes.Completion.of({"choices": [{"logprobs": {}}]}).choices[0].logprobs
    assert (hasattr(chat_logprobs, "top_logprobs"), hasattr(text_logprobs, "top_logprobs")) == (False, True)


def test_values_at_declared_places_are_objects_in_real_lists() -> None:
    """Down to the function of a tool call."""
    made = chunk(delta={"tool_calls": [TOOL_CALL]})
    assert type(made.choices) is list
    assert made.choices[0].delta.tool_calls[0].function.name == "f"


@pytest.mark.parametrize("value", [[], "x", 5, [1, None, "x"]])
def test_a_value_of_another_kind_stays_as_it_is(value: Any) -> None:
    """A server that puts something else at a place gets no error for it here."""
    made = shapes.ChatCompletion.of({"choices": copy.copy(value), "usage": copy.copy(value)})
    assert (made.choices, made.usage) == (value, value)


def test_an_empty_object_is_an_object_and_true() -> None:
    """`usage: {}` and `delta: {}` are there."""
    made = shapes.ChatCompletionChunk.of({"usage": {}, "choices": [{"delta": {}}]})
    assert made.usage
    assert made.usage.prompt_tokens is None
    assert made.choices[0].delta


def test_attributes_can_be_assigned_and_show_in_dumps() -> None:
    """Callers add up arguments in place, set declared fields and new ones."""
    made = chunk(delta={"tool_calls": [TOOL_CALL | {"function": {"name": "f", "arguments": "{"}}]})
    made.choices[0].delta.tool_calls[0].function.arguments += "}"
    made.model = "m"
    made.extra = 1
    dump = made.model_dump()
    assert dump["choices"][0]["delta"]["tool_calls"][0]["function"] == {"arguments": "{}", "name": "f"}
    assert (dump["model"], dump["extra"]) == ("m", 1)


def test_a_dump_has_declared_fields_first() -> None:
    """In table order, absent ones as None, then the others in wire order."""
    usage = shapes.Usage.of({"cost": 0.5, "total_tokens": 3, "prompt_tokens": 1, "a": None})
    assert list(usage.model_dump().items()) == [
        ("completion_tokens", None),
        ("prompt_tokens", 1),
        ("total_tokens", 3),
        ("completion_tokens_details", None),
        ("prompt_tokens_details", None),
        ("cost", 0.5),
        ("a", None),
    ]


def test_dumps_can_leave_out() -> None:
    """None at every level, absent fields, or names of the object itself; pydantic's other keywords are accepted."""
    made = chunk(delta={"content": None, "role": "r"})
    assert made.model_dump(exclude_none=True) == {"id": "c", "choices": [{"delta": {"role": "r"}}], "x": {"y": None}}
    wire = {"id": "c", "choices": [{"delta": {"content": None, "role": "r"}}], "x": {"y": None}}
    assert made.model_dump(exclude_unset=True) == made.to_dict() == wire
    assert made.model_dump(exclude_unset=True, include={"id"}) == {"id": "c"}
    assert made.to_dict(exclude={"choices", "x"}) == {"id": "c"}
    assert made.model_dump(mode="json", warnings=False, by_alias=True, round_trip=True) == made.model_dump()


def test_a_dump_is_a_copy() -> None:
    """Changing it does not change the object."""
    made = chunk(delta={})
    made.model_dump()["x"]["y"] = 1
    made.model_dump()["choices"].clear()
    assert made.to_dict() == {"id": "c", "choices": [{"delta": {}}], "x": {"y": None}}


def test_dumps_as_text() -> None:
    """Compact, or indented, with characters as they are."""
    made = shapes.Model.of({"id": "é", "x": 1})
    assert made.model_dump_json() == '{"id":"é","created":null,"object":null,"owned_by":null,"x":1}'
    assert made.to_json() == '{\n  "id": "é",\n  "x": 1\n}'
    assert json.loads(made.model_dump_json(indent=1)) == made.model_dump()


def test_iterating_gives_pairs() -> None:
    """Declared fields, None included, and the others; so `dict` works."""
    made = shapes.Model.of({"x": 1, "id": "m"})
    assert list(made) == [("id", "m"), ("created", None), ("object", None), ("owned_by", None), ("x", 1)]
    assert (made.model_extra, made.model_fields_set) == ({"x": 1}, {"id"})


def test_objects_compare_copy_and_pickle() -> None:
    """Like the dataclasses and models they stand for."""
    made = chunk(delta={"content": "a"})
    assert made == chunk(delta={"content": "a"}) != chunk(delta={"content": "b"})
    assert copy.deepcopy(made) == made == pickle.loads(pickle.dumps(made))
    assert made != {"id": "c"}
    assert repr(shapes.ItemText.of({"text": "a"})) == "ItemText(text='a', type=None)"
    with pytest.raises(TypeError):
        hash(made)


def test_output_items_have_the_fields_of_their_type() -> None:
    """Each type of item its own; of unknown ones what is there."""
    response = shapes.Response.of(
        {
            "output": [
                {"type": "reasoning", "summary": [{"text": "s", "type": "summary_text"}]},
                {
                    "type": "message",
                    "content": [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "r"}],
                },
                {"type": "function_call", "arguments": "{}"},
                {"type": "web_search_call", "action": {"query": "q"}, "results": [{"url": "u"}]},
                {"type": "code_interpreter_call", "outputs": [{"type": "logs", "logs": "l"}]},
                {"type": "new_call", "odd": {"a": 1}},
                {"type": "message", "content": [{"type": "output_text", "text": "b"}]},
            ]
        }
    )
    reasoning, message, function, search, code, other, _ = response.output
    assert (reasoning.summary[0].text, reasoning.encrypted_content) == ("s", None)
    assert [getattr(content, "text", None) for content in message.content] == ["a", None]
    assert (function.call_id, function.name) == (None, None)
    assert (search.action.query, search.results) == ("q", [{"url": "u"}])
    assert (code.outputs[0].logs, code.code) == ("l", None)
    assert (other.id, other.odd) == (None, {"a": 1})
    assert response.output_text == "ab"
    assert "output_text" not in response.model_dump()
    assert shapes.Response.of({}).output_text == ""


def test_some_numbers_are_floats() -> None:
    """Where condensing tells 1 from 1.0; not the count that has the same name as the probabilities."""
    response = shapes.Response.of({"created_at": 1, "completed_at": 2, "temperature": 1, "top_p": 1, "top_logprobs": 0})
    dump = response.to_dict()
    assert [type(value) for value in dump.values()] == [float, float, float, float, int]
    logprobs = {"text_offset": [0], "token_logprobs": [0, None], "top_logprobs": [{"a": -1}, None]}
    (choice,) = shapes.Completion.of({"choices": [{"logprobs": logprobs}], "created": 5}).choices
    assert json.dumps(choice.logprobs.to_dict()) == (
        '{"text_offset": [0], "token_logprobs": [0.0, null], "top_logprobs": [{"a": -1.0}, null]}'
    )


def test_every_event_declares_its_type() -> None:
    """So that an event of any type can be asked for it, and for its number."""
    for kind in [*shapes.EVENTS.values(), shapes.Event]:
        assert {"type", "sequence_number"} <= set(kind._fields)
    assert isinstance(shapes.EVENT({"type": ["odd"]}), ApiObject)
    assert shapes.EVENT("odd") == "odd"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["id", "choices", "delta", "message", "usage", "logprobs", "content", "tool_calls", "output"])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from([shapes.ChatCompletion, shapes.ChatCompletionChunk]), st.dictionaries(NAMES, JSON, max_size=5))
def test_what_came_in_comes_out(kind: type[ApiObject], data: dict[str, Any]) -> None:
    """Whatever a server sends, the dump without absent fields is equal to it."""
    assert kind.of(copy.deepcopy(data)).to_dict() == data
