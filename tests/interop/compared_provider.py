"""The server of the comparison: answers like OpenAI, from what it is asked, and serves a few files.

A prompt that names a tool (`call upper`) gets a call of it; `fail 401` gets that status; anything else an answer that
tells how long the conversation is. Models whose request asks for reasoning think first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.loopback import Loopback, Recorded, Reply, error_reply, json_reply, sse_reply, text_reply

TOKENS = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
PNG = b"\x89PNG\r\n\x1a\n123456"
TEMPLATE = (
    "prompt: 'From afar: $input'\nsystem: be brief\nfunctions: |\n  def f(): pass\nschema_object: {type: object}\n"
)
FILES = {
    "/fragment.txt": text_reply("a fragment from afar\n"),
    "/page.html": text_reply("<p>page</p>", content_type="text/html; charset=utf-8"),
    "/template.yaml": text_reply(TEMPLATE, content_type="text/yaml"),
    "/list.yaml": text_reply("- 1\n"),
    "/broken.yaml": text_reply("prompt: ["),
    "/picture.png": Reply(200, {"content-type": "image/png"}, [PNG]),
    "/unnamed": Reply(200, {}, [PNG]),
    "/video.mp4": Reply(200, {"content-type": "video/mp4"}, [b"x"]),
    "/moved.txt": Reply(302, {"location": "/fragment.txt"}),
    "/broken": error_reply(500, "no luck"),
}
MODELS = {"data": [{"id": "one", "object": "model", "created": 1, "owned_by": "me"}], "object": "list"}


class Provider(Loopback):
    """A server that needs no script."""

    def _record(self, request: Recorded) -> Reply:
        with self._lock:
            self.requests.append(request)
        if request.path in FILES:
            return FILES[request.path]
        if request.path not in _ANSWERS:
            return error_reply(404, "not here")
        return _ANSWERS[request.path](request)

    def taken(self) -> list[Any]:
        """Return what was asked since the last time, as far as programs decide it."""
        with self._lock:
            requests, self.requests = self.requests, []
        return [_told(request) for request in requests]


def _told(request: Recorded) -> dict[str, Any]:
    named = ("authorization", "content-type", "openai-organization", "openai-project", "x-mine")
    headers = {name: value for name, value in request.headers.items() if name in named}
    body = request.json if request.body else None
    return {"asked": f"{request.method} {request.path}", "query": request.query, "headers": headers, "body": body}


def _asked(messages: Any) -> tuple[str, bool]:
    """Return the last text of the user, and whether a tool has answered since."""
    last = messages[-1] if isinstance(messages, list) else {"role": "user", "content": messages}
    content = last.get("content") or ""
    if isinstance(content, list):
        content = next((item["text"] for item in content if "text" in item), "")
    return content, last.get("role") != "user"


def _call(text: str) -> tuple[str, str] | None:
    found = re.match(r"call (\w+)(.*)", text)
    return (found[1], found[2].strip() or "{}") if found else None


def _failure(text: str) -> Reply | None:
    found = re.match(r"fail (\d+)", text)
    return error_reply(int(found[1]), "told to fail", retry_after="0.01") if found else None


def _chat(request: Recorded) -> Reply:
    body = request.json
    text, answered = _asked(body["messages"])
    if failure := _failure(text):
        return failure
    call = None if answered else _call(text)
    message: dict[str, Any] = {"role": "assistant", "content": f"heard {len(body['messages'])} messages"}
    if call:
        function = {"name": call[0], "arguments": call[1]}
        calls = [{"id": "c1", "type": "function", "function": function}]
        message = {"role": "assistant", "content": None, "tool_calls": calls}
    head = {"id": "chat-1", "created": 1, "model": body["model"]}
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return json_reply({**head, "object": "chat.completion", "choices": [choice], "usage": TOKENS})
    pieces = [message] if call else [{"content": piece} for piece in re.findall(r"\w+\s*", message["content"])]
    for piece in pieces:
        for number, each in enumerate(piece.get("tool_calls", ())):
            each["index"] = number
    chunks = [
        {**head, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": piece, "finish_reason": None}]}
        for piece in pieces
    ]
    return sse_reply(*chunks, {**head, "object": "chat.completion.chunk", "choices": [], "usage": TOKENS})


def _responses(request: Recorded) -> Reply:
    body = request.json
    given = body["input"]
    text, answered = _asked(given)
    if failure := _failure(text):
        return failure
    output = [_thought()] if body.get("reasoning") else []
    call = None if answered else _call(text)
    output.append(_function(*call) if call else _message(f"heard {len(given)} items"))
    whole = _whole(output, body["model"])
    if not body.get("stream"):
        return json_reply(whole)
    return sse_reply(
        *_events(output), {"type": "response.completed", "response": whole, "sequence_number": 99}, done=False
    )


def _whole(output: list[Any], model: str) -> dict[str, Any]:
    # All the counts that the SDK declares: it adds those that are missing as null (openai 18).
    kept = {"ttl_12h_tokens": 1, "ttl_30m_tokens": 1}
    cached = {"cached_tokens": 1, "cache_write_tokens": 2, "cache_write_tokens_details": kept}
    usage = {
        "input_tokens": 3, "output_tokens": 4, "total_tokens": 7,
        "input_tokens_details": cached, "output_tokens_details": {"reasoning_tokens": 2},
    }  # fmt: skip
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": model,
        "output": output, "usage": usage, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    }  # fmt: skip


def _thought() -> dict[str, Any]:
    summary = [{"type": "summary_text", "text": "hm"}]
    return {"type": "reasoning", "id": "rs_1", "encrypted_content": "secret", "summary": summary, "status": "completed"}


def _message(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def _function(name: str, arguments: str) -> dict[str, Any]:
    return {
        "type": "function_call", "id": "fc_1", "call_id": "c1", "name": name, "arguments": arguments,
        "status": "completed",
    }  # fmt: skip


def _events(output: list[Any]) -> list[dict[str, Any]]:
    begun = {**_whole([], "m"), "status": "in_progress"}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": begun}]
    for place, item in enumerate(output):
        where = {"output_index": place, "item_id": item["id"]}
        events.append({"type": "response.output_item.added", "output_index": place, "item": item})
        if item["type"] == "message":
            text = item["content"][0]["text"]
            events.append(
                {"type": "response.output_text.delta", "delta": text, "content_index": 0, "logprobs": [], **where}
            )
        elif item["type"] == "function_call":
            events.append({"type": "response.function_call_arguments.delta", "delta": item["arguments"], **where})
        else:
            events.append({"type": "response.reasoning_summary_text.delta", "delta": "hm", "summary_index": 0, **where})
        events.append({"type": "response.output_item.done", "output_index": place, "item": item})
    return [{"sequence_number": number, **event} for number, event in enumerate(events)]


def _completion(request: Recorded) -> Reply:
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "resolved"}
    choices = [{"index": 0, "text": piece, "finish_reason": None, "logprobs": None} for piece in ("one ", "two")]
    if not request.json.get("stream"):
        return json_reply({**head, "choices": [{**choices[0], "finish_reason": "stop"}], "usage": TOKENS})
    return sse_reply(*({**head, "choices": [choice]} for choice in choices))


def _embeddings(request: Recorded) -> Reply:
    given = request.json["input"]
    texts = [given] if isinstance(given, str) else given
    data = [{"object": "embedding", "index": at, "embedding": [1.0, 2.0, at]} for at in range(len(texts))]
    return json_reply({"object": "list", "data": data, "model": "resolved", "usage": TOKENS})


_ANSWERS: dict[str, Callable[[Recorded], Reply]] = {
    "/v1/chat/completions": _chat,
    "/v1/responses": _responses,
    "/v1/completions": _completion,
    "/v1/embeddings": _embeddings,
    "/v1/models": lambda _: json_reply(MODELS),
}
