"""How replies are read: whole ones into their objects, and what a server sends that ignores `stream`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm.providers.http import errors
from llm.providers.openai import calls, shapes
from llm.providers.openai.objects import one
from llm.providers.openai.reading import items, mapping, text

if TYPE_CHECKING:
    import httpx2

    from llm.providers.openai.calls import Call, Endpoint
    from llm.providers.openai.objects import ApiObject, Convert

WHOLE: dict[Endpoint, type[ApiObject]] = {
    calls.CHAT: shapes.ChatCompletion,
    calls.RESPONSES: shapes.Response,
    calls.COMPLETIONS: shapes.Completion,
    calls.EMBEDDINGS: shapes.Embeddings,
    calls.MODELS: shapes.ModelPage,
}

# What the data of one event of a stream becomes.
CHUNKS: dict[Endpoint, Convert] = {
    calls.CHAT: one(shapes.ChatCompletionChunk),
    calls.RESPONSES: shapes.EVENT,
    calls.COMPLETIONS: one(shapes.Completion),
}


def read_reply(call: Call, response: httpx2.Response) -> ApiObject:
    """The object that a whole reply holds.

    Raises `openai.APIError` if it is not a JSON object, whatever its content type says, and `ValueError` for a reply
    to an embedding call without any embedding.
    """
    data = parse_object(response.content, in_list=call.endpoint is calls.MODELS)
    if data is None:
        raise errors.unreadable(response)
    if call.endpoint is calls.EMBEDDINGS:
        if not data.get("data"):
            raise ValueError(f"{response.request.url.copy_with(userinfo=b'', query=None)} returned no embeddings")
        if call.decodes:
            _decode_vectors(data["data"])
    reply = WHOLE[call.endpoint].of(data)
    reply._request_header = response.headers.get("x-request-id")
    return reply


def parse_object(content: bytes, *, in_list: bool = False) -> dict[str, Any] | None:
    """The JSON object that the content is, or None. With `in_list` a bare list stands for an object that has it."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if in_list and isinstance(data, list):
        return {"data": data}
    return data if isinstance(data, dict) else None


def as_event(endpoint: Endpoint, reply: dict[str, Any]) -> dict[str, Any]:
    """A complete reply as the one event of a stream, for a server that does not stream though asked to."""
    if endpoint is calls.RESPONSES:
        status = text(reply, "status")
        return {"type": f"response.{status if status in {'failed', 'incomplete'} else 'completed'}", "response": reply}
    if endpoint is calls.CHAT:
        choices = [_as_delta(choice) for choice in items(reply, "choices") if isinstance(choice, dict)]
        return {**reply, "choices": choices}
    return reply


def _as_delta(choice: dict[str, Any]) -> dict[str, Any]:
    delta = mapping(choice.get("message")) or {}
    calls_made = items(delta, "tool_calls")
    if calls_made:
        delta["tool_calls"] = [{"index": index, **(mapping(call) or {})} for index, call in enumerate(calls_made)]
    return {**{name: value for name, value in choice.items() if name != "message"}, "delta": delta}


def _decode_vectors(entries: Any) -> None:
    """Replace base64 text by the numbers it holds: little-endian, 32 bits each."""
    import sys
    from array import array
    from base64 import b64decode

    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("embedding"), str):
            numbers = array("f", b64decode(entry["embedding"]))
            if sys.byteorder == "big":
                numbers.byteswap()
            entry["embedding"] = numbers.tolist()
