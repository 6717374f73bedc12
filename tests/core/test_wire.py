from __future__ import annotations

import typing
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from pydantic import TypeAdapter, ValidationError

from llm.core import wire
from llm.core.messages import Message
from tests.core.strategies import messages

MESSAGE = TypeAdapter(wire.MessageDict)
KEYS: list[tuple[Any, set[str], set[str]]] = [
    (wire.AttachmentDict, set(), {"type", "url", "path", "content"}),
    (wire.TextPartDict, {"type", "text"}, {"provider_metadata"}),
    (wire.ReasoningPartDict, {"type", "text"}, {"redacted", "provider_metadata"}),
    (wire.ToolCallPartDict, {"type", "name", "arguments"}, {"tool_call_id", "server_executed", "provider_metadata"}),
    (
        wire.ToolResultPartDict,
        {"type", "name", "output"},
        {"tool_call_id", "server_executed", "exception", "attachments", "provider_metadata"},
    ),
    (wire.AttachmentPartDict, {"type"}, {"attachment", "provider_metadata"}),
    (wire.MessageDict, {"role", "parts"}, {"provider_metadata"}),
    (wire.PromptDict, {"messages"}, {"options", "system"}),
    (wire.UsageDict, set(), {"input", "output", "details"}),
    (wire.ResponseDict, {"model", "prompt", "messages"}, {"id", "usage", "datetime_utc"}),
]


@pytest.mark.parametrize(("form", "required", "optional"), KEYS)
def test_required_and_optional_keys(form: Any, required: set[str], optional: set[str]) -> None:
    """Each typed dictionary reports its required and its optional keys."""
    assert form.__required_keys__ == required
    assert form.__optional_keys__ == optional
    assert form.__module__ == "llm.serialization"


@pytest.mark.parametrize(("form", "required", "optional"), KEYS)
def test_type_hints_resolve(form: Any, required: set[str], optional: set[str]) -> None:
    """Type hints resolve to real types on every key."""
    hints = typing.get_type_hints(form)
    assert set(hints) == required | optional
    assert not [hint for hint in hints.values() if isinstance(hint, (str, typing.ForwardRef))]


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        (wire.TextPartDict, Literal["text"]),
        (wire.ReasoningPartDict, Literal["reasoning"]),
        (wire.ToolCallPartDict, Literal["tool_call"]),
        (wire.ToolResultPartDict, Literal["tool_result"]),
        (wire.AttachmentPartDict, Literal["attachment"]),
    ],
)
def test_parts_are_told_apart_by_type(form: Any, kind: object) -> None:
    """Each part has its own literal `type`, and the union is of exactly these."""
    assert typing.get_type_hints(form)["type"] == kind
    assert form in typing.get_args(wire.PartDict)
    assert len(typing.get_args(wire.PartDict)) == 5


@given(messages)
@settings(derandomize=True, max_examples=100)
def test_pydantic_accepts_what_messages_write(message: Message) -> None:
    """Every message's JSON form validates, and validation changes nothing."""
    written = message.to_dict()
    assert MESSAGE.validate_python(written, strict=True) == written


@given(messages)
@settings(derandomize=True, max_examples=100)
def test_no_undeclared_key_is_written(message: Message) -> None:
    """The JSON form of a part has the required keys of its dictionary and none that is not declared."""
    forms = {typing.get_args(typing.get_type_hints(form)["type"])[0]: form for form, *_ in KEYS[1:6]}
    for part in message.to_dict()["parts"]:
        form: Any = forms[part["type"]]
        assert form.__required_keys__ <= part.keys() <= form.__required_keys__ | form.__optional_keys__


@pytest.mark.parametrize(
    "part",
    [
        {"type": "video"},
        {"type": "text"},
        {"type": "text", "text": 1},
        {"text": "a"},
        {"type": "tool_call", "name": "f"},
    ],
)
def test_pydantic_refuses_malformed_parts(part: dict[str, Any]) -> None:
    """An unknown type, a missing key or a value of the wrong type fails validation."""
    with pytest.raises(ValidationError):
        MESSAGE.validate_python({"role": "user", "parts": [part]})


@pytest.mark.parametrize("part", [
    {"type": "text", "text": "a", "provider_metadata": {"p": 1}},
    {"type": "attachment", "attachment": {"type": "image/png", "content": "eA=="}},
    {"type": "tool_call", "name": "n", "arguments": {}, "tool_call_id": "i", "server_executed": True},
])  # fmt: skip
def test_pydantic_keeps_the_order_of_keys(part: dict[str, Any]) -> None:
    """What Pydantic gives back has its keys in the order of the written form, the type first."""
    found = MESSAGE.validate_python({"role": "user", "parts": [part]})
    assert list(found) == ["role", "parts"]
    assert list(found["parts"][0]) == list(part)


def test_pydantic_validates_responses() -> None:
    """A response with a prompt and usage validates as a whole."""
    found = {
        "model": "m",
        "prompt": {"messages": [{"role": "user", "parts": []}], "options": {"a": 1}},
        "messages": [{"role": "assistant", "parts": [{"type": "text", "text": "a"}]}],
        "usage": {"input": 1, "details": {"cached": 2}},
    }
    assert TypeAdapter(wire.ResponseDict).validate_python(found) == found
