"""Replies of the Responses API as it sends them, for tests of models."""

from __future__ import annotations

from typing import Any

from tests.loopback import sse_reply

MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
           "content": [{"type": "output_text", "text": "ok", "annotations": []}]}  # fmt: skip
THOUGHT = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "hm"}],
    "encrypted_content": "E1",
}


def payload(*output: Any, status: str = "completed", **fields: Any) -> dict[str, Any]:
    """A whole reply with these items, or a message."""
    return {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": status, "temperature": 1,
            "top_p": 1, "output": list(output or [MESSAGE]), "parallel_tool_calls": True, "tool_choice": "auto",
            "tools": [], "metadata": {}, **fields}  # fmt: skip


def final(*output: Any, kind: str = "completed", **fields: Any) -> dict[str, Any]:
    """The last event of a stream, which holds the whole reply."""
    return {"type": f"response.{kind}", "sequence_number": 9, "response": payload(*output, status=kind, **fields)}


def stream_of(*output: Any, **fields: Any) -> Any:
    """A streamed reply that has everything in its final event."""
    return sse_reply(final(*output, **fields))
