"""One piece of a streamed response.

Kept apart from parts and messages because a long response makes a million of these: the class has slots, and
nothing else lives here that would slow its import.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class StreamEvent:
    """A chunk of text, reasoning, a tool call or a tool result, in the order a model produced them.

    `type` is `text`, `reasoning`, `tool_call_name`, `tool_call_args` (a fragment of JSON) or `tool_result`.
    `part_index` says which part of the message the chunk belongs to; `None` leaves it to the response.
    """

    __module__ = "llm.parts"

    type: str
    chunk: str
    part_index: int | None = None
    tool_call_id: str | None = None
    server_executed: bool = False
    tool_name: str | None = None
    redacted: bool = False
    provider_metadata: dict[str, Any] | None = None
    message_index: int = 0
