from __future__ import annotations

import typing
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings

from llm.core import wire
from llm.core.attachments import Attachment
from llm.core.parts import (
    AttachmentPart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    normalize_parts,
)
from tests.core.strategies import parts

PICTURE = Attachment(type="image/png", content=b"abc")
META = {"provider": {"id": 1}}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Part, []),
        (TextPart, ["text", "provider_metadata"]),
        (ReasoningPart, ["text", "redacted", "provider_metadata"]),
        (ToolCallPart, ["name", "arguments", "tool_call_id", "server_executed", "provider_metadata"]),
        (
            ToolResultPart,
            ["name", "output", "tool_call_id", "server_executed", "attachments", "exception", "provider_metadata"],
        ),
        (AttachmentPart, ["attachment", "provider_metadata"]),
    ],
)
def test_fields_in_order(kind: type[Part], expected: list[str]) -> None:
    """Each part has its fields in the order of the interface, and is at home in llm.parts."""
    assert [field.name for field in fields(kind)] == expected
    assert kind.__module__ == "llm.parts"


def test_defaults_are_not_shared() -> None:
    """A part made without arguments has containers of its own."""
    ToolCallPart().arguments["x"] = 1
    ToolResultPart().attachments.append(PICTURE)
    assert ToolCallPart() == ToolCallPart(name="", arguments={}, tool_call_id=None, server_executed=False)
    assert ToolResultPart() == ToolResultPart("", "", None, False, [], None, None)


def test_parts_are_plain_values() -> None:
    """Parts compare field by field within their class, are not hashable, and take further attributes."""
    others: list[Part] = [ReasoningPart("a"), TextPart("b"), Part()]
    assert TextPart("a") not in others
    assert repr(TextPart("a")) == "TextPart(text='a', provider_metadata=None)"
    part = TextPart("a")
    part.note = "adapters do this"  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        hash(part)


FORMS: list[tuple[Part, dict[str, Any]]] = [
    (TextPart(), {"type": "text", "text": ""}),
    (TextPart("a", META), {"type": "text", "text": "a", "provider_metadata": META}),
    (TextPart("a", {}), {"type": "text", "text": "a"}),
    (ReasoningPart("a"), {"type": "reasoning", "text": "a"}),
    (
        ReasoningPart("", True, META),
        {"type": "reasoning", "text": "", "redacted": True, "provider_metadata": META},
    ),
    (ToolCallPart("f"), {"type": "tool_call", "name": "f", "arguments": {}}),
    (
        ToolCallPart("f", {"x": 1}, "", True, META),
        {
            "type": "tool_call",
            "name": "f",
            "arguments": {"x": 1},
            "tool_call_id": "",
            "server_executed": True,
            "provider_metadata": META,
        },
    ),
    (ToolResultPart("f", "o"), {"type": "tool_result", "name": "f", "output": "o"}),
    (
        ToolResultPart("f", "o", "c", True, [PICTURE], "", META),
        {
            "type": "tool_result",
            "name": "f",
            "output": "o",
            "tool_call_id": "c",
            "server_executed": True,
            "exception": "",
            "attachments": [{"type": "image/png", "content": "YWJj"}],
            "provider_metadata": META,
        },
    ),
    (AttachmentPart(), {"type": "attachment"}),
    (AttachmentPart(Attachment()), {"type": "attachment", "attachment": {}}),
    (
        AttachmentPart(PICTURE, META),
        {
            "type": "attachment",
            "attachment": {"type": "image/png", "content": "YWJj"},
            "provider_metadata": META,
        },
    ),
]


@pytest.mark.parametrize(("part", "expected"), FORMS)
def test_dict_form(part: Part, expected: dict[str, Any]) -> None:
    """The JSON form has these keys in this order; optional ones only when they say something."""
    found = part.to_dict()
    assert found == expected
    assert list(found) == list(expected)


@given(parts)
@settings(derandomize=True, max_examples=100)
def test_round_trip(part: Part) -> None:
    """What is written reads back equal."""
    assert Part.from_dict(part.to_dict()) == part


@pytest.mark.parametrize(
    "required",
    [
        {"type": "text", "text": "a"},
        {"type": "reasoning", "text": "a"},
        {"type": "tool_call", "name": "f", "arguments": {}},
        {"type": "tool_result", "name": "f", "output": "o"},
        {"type": "attachment"},
    ],
)
def test_a_missing_required_key_is_a_key_error(required: dict[str, Any]) -> None:
    """Required keys are enough to read a part, and each of them is needed."""
    Part.from_dict(typing.cast(wire.PartDict, required))
    for key in required:
        rest = {name: value for name, value in required.items() if name != key}
        with pytest.raises(KeyError, match=key):
            Part.from_dict(typing.cast(wire.PartDict, rest))


def test_unknown_type_is_a_value_error() -> None:
    """A part of unknown type cannot be read; the error names the type."""
    with pytest.raises(ValueError, match="video"):
        Part.from_dict(typing.cast(wire.PartDict, {"type": "video"}))


def test_the_base_has_no_dict_form() -> None:
    """`Part` itself is no kind of part."""
    with pytest.raises(NotImplementedError):
        Part().to_dict()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (TextPart, wire.TextPartDict),
        (ReasoningPart, wire.ReasoningPartDict),
        (ToolCallPart, wire.ToolCallPartDict),
        (ToolResultPart, wire.ToolResultPartDict),
        (AttachmentPart, wire.AttachmentPartDict),
        (Part, wire.PartDict),
    ],
)
def test_type_hints_name_the_typed_dictionary(kind: type[Part], expected: object) -> None:
    """`get_type_hints` on `to_dict` reports the very dictionary class of the wire format."""
    assert typing.get_type_hints(kind.to_dict)["return"] == expected


def test_normalize_parts() -> None:
    """Strings, attachments and parts become parts, lists and tuples are flattened at any depth."""
    part = ReasoningPart("r")
    assert normalize_parts(["a", [PICTURE, (part, ["b"])], ()]) == [
        TextPart("a"),
        AttachmentPart(PICTURE),
        part,
        TextPart("b"),
    ]
    assert normalize_parts([part])[0] is part


@pytest.mark.parametrize("item", [None, b"a", {"type": "text"}, 1, {"a"}])
def test_normalize_parts_refuses_the_rest(item: object) -> None:
    """Anything else is a TypeError that names the type."""
    with pytest.raises(TypeError, match=type(item).__name__):
        normalize_parts(["a", [item]])


def test_flags_that_are_null() -> None:
    """A flag that is null in the JSON form is off."""
    form: Any = {"type": "reasoning", "text": "why", "redacted": None}
    assert Part.from_dict(form) == ReasoningPart("why")
