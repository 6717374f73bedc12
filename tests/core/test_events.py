from __future__ import annotations

import pickle
import sys
from dataclasses import fields, replace

from llm.core.events import StreamEvent


def test_fields_in_order() -> None:
    """The fields come in this order with these defaults."""
    assert [field.name for field in fields(StreamEvent)] == [
        "type",
        "chunk",
        "part_index",
        "tool_call_id",
        "server_executed",
        "tool_name",
        "redacted",
        "provider_metadata",
        "message_index",
    ]
    assert StreamEvent("text", "a") == StreamEvent("text", "a", None, None, False, None, False, None, 0)
    assert StreamEvent.__module__ == "llm.parts"


def test_events_are_mutable_values() -> None:
    """Adapters change events after they were yielded; responses fill in the part index."""
    event = StreamEvent(type="text", chunk="a")
    event.part_index = 3
    event.provider_metadata = {"x": 1}
    assert event == StreamEvent("text", "a", part_index=3, provider_metadata={"x": 1})
    assert replace(event, chunk="b").part_index == 3


def test_events_are_small() -> None:
    """An event has no dictionary: a long response holds a million of them."""
    event = StreamEvent("text", "a")
    assert not hasattr(event, "__dict__")
    assert sys.getsizeof(event) <= 16 * 8


def test_events_can_be_pickled() -> None:
    """Events travel between processes."""
    event = StreamEvent("text", "a", message_index=2)
    assert pickle.loads(pickle.dumps(event)) == event
