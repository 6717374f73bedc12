from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm.core.messages import Message, assistant, tool_message
from llm.core.parts import ReasoningPart, ToolCallPart, ToolResultPart
from tests.core.strategies import attachments, messages
from tests.damage import damaged, json_values

VALID: list[dict[str, Any]] = [
    dict(message.to_dict())
    for message in (
        assistant(
            "text", ReasoningPart("why", redacted=True), ToolCallPart("f", {"a": 1}, "c1", provider_metadata={"p": 1})
        ),
        tool_message(ToolResultPart("f", "out", "c1", exception="E")),
    )
]
VALID.append(
    {"role": "user", "parts": [{"type": "attachment", "attachment": {"type": "image/png", "content": "AAAA"}}]}
)


@settings(max_examples=60)
@given(st.sampled_from(VALID).flatmap(damaged) | json_values)
@example(None)
@example({"role": "user", "parts": 5})
@example({"role": "user", "parts": [{"type": ["text"]}]})
@example({"role": "user", "parts": [{"type": "text", "text": 5}]})
@example({"role": "user", "parts": [{"type": "attachment", "attachment": {"content": "A"}}]})
@example({"role": "user", "parts": [], "provider_metadata": {}})  # says nothing, and is not written
def test_malformed_messages(form: Any) -> None:
    """What is no message in JSON form is a KeyError or ValueError; what is one is written alike after every reading."""
    with suppress(KeyError, ValueError):
        written = Message.from_dict(form).to_dict()
        assert Message.from_dict(written).to_dict() == written


@given(messages)
def test_messages_survive_text(message: Message) -> None:
    """A message survives JSON text, escaped or not."""
    for ascii_only in (True, False):
        text = json.dumps(message.to_dict(), ensure_ascii=ascii_only)
        assert Message.from_dict(json.loads(text)) == message


@given(attachments)
def test_the_identity_of_attachments(found: Any) -> None:
    """An attachment by content has the same identity after a round trip."""
    if found.content:
        form = assistant(found).to_dict()
        (part,) = Message.from_dict(form).parts
        assert part.attachment.id() == found.id()  # type: ignore[attr-defined]
