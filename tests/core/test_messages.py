from __future__ import annotations

import json
import typing
from collections.abc import Callable
from dataclasses import fields

import pytest
from hypothesis import given, settings

from llm.core import wire
from llm.core.attachments import Attachment
from llm.core.messages import Message, assistant, system, tool_message, user
from llm.core.parts import AttachmentPart, TextPart, ToolResultPart
from tests.core.strategies import messages

BUILDERS = [(user, "user"), (assistant, "assistant"), (system, "system"), (tool_message, "tool")]


@pytest.mark.parametrize(("build", "role"), BUILDERS)
def test_builders(build: Callable[..., Message], role: str) -> None:
    """Each helper makes a message of its role from strings, attachments, parts and lists of these."""
    picture = Attachment(url="u")
    assert build("a", [picture, ToolResultPart("f")], provider_metadata={"x": 1}) == Message(
        role, [TextPart("a"), AttachmentPart(picture), ToolResultPart("f")], {"x": 1}
    )
    assert build() == Message(role)
    assert build.__module__ == "llm.parts"


def test_builders_refuse_messages() -> None:
    """A message is no part of a message."""
    with pytest.raises(TypeError, match="Message"):
        user(user("a"))


def test_fields_in_order() -> None:
    """The role is required, parts are a list of the message's own."""
    assert [field.name for field in fields(Message)] == ["role", "parts", "provider_metadata"]
    assert Message.__module__ == "llm.parts"
    Message("user").parts.append(TextPart("a"))
    assert Message("user").parts == []
    with pytest.raises(TypeError):
        Message()  # type: ignore[call-arg]


@pytest.mark.parametrize("nothing", [None, {}])
def test_dict_form(nothing: dict[str, object] | None) -> None:
    """The JSON form is role and parts, and the metadata if it says something."""
    assert list(user("a", provider_metadata={"x": 1}).to_dict().items()) == [
        ("role", "user"),
        ("parts", [{"type": "text", "text": "a"}]),
        ("provider_metadata", {"x": 1}),
    ]
    empty: wire.MessageDict = {"role": "user", "parts": []}
    assert user(provider_metadata=nothing).to_dict() == empty


@given(messages)
@settings(derandomize=True, max_examples=100)
def test_round_trip_through_json(message: Message) -> None:
    """What is written as JSON text reads back equal."""
    assert Message.from_dict(json.loads(json.dumps(message.to_dict()))) == message


def test_roles() -> None:
    """Parts have no role, messages do; a role that is none of the four is not refused."""
    assert Message.from_dict(Message("developer", [TextPart("a")]).to_dict()) == Message("developer", [TextPart("a")])
    assert not hasattr(TextPart("a"), "role")


def test_missing_parts_are_none() -> None:
    """A message without the key `parts` is empty; without a role it is an error."""
    assert Message.from_dict(d={"role": "user"}) == Message("user")  # type: ignore[typeddict-item]
    with pytest.raises(KeyError, match="role"):
        Message.from_dict({"parts": []})  # type: ignore[typeddict-item]


def test_type_hints() -> None:
    """`get_type_hints` reports MessageDict for what is written and read."""
    assert typing.get_type_hints(Message.to_dict)["return"] is wire.MessageDict
    assert typing.get_type_hints(Message.from_dict)["d"] is wire.MessageDict
