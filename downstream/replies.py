"""What providers say: the same short answer in the wire format of each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from downstream.stub import Answer, Reply, Request

WORDS = ("Hello ", "from ", "the stub")
TEXT = "".join(WORDS)
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def fixed(value: Any) -> Reply:
    """Always answer with this JSON."""
    body = json.dumps(value).encode()
    return lambda _: Answer(body)


def text(value: str) -> Reply:
    """Always answer with this text."""
    return lambda _: Answer(value.encode(), "text/plain; charset=utf-8")


def _events(values: Iterable[Any], *, named: bool = False) -> Answer:
    """Make a stream of server-sent events; named ones carry their type."""
    lines = [(f"event: {value['type']}\n" if named else "") + f"data: {json.dumps(value)}\n\n" for value in values]
    ending = "" if named else "data: [DONE]\n\n"
    return Answer(("".join(lines) + ending).encode(), "text/event-stream")


def openai_chat(request: Request) -> Answer:
    """Chat Completions, streamed or whole as the request asks."""
    return saying(*WORDS)(request)


def saying(*words: str) -> Reply:
    """Answer with these words in Chat Completions, streamed or whole as the request asks."""
    return lambda request: _chat(request, words)


def _chat(request: Request, words: tuple[str, ...]) -> Answer:
    head = {"id": "chat-1", "created": 1, "model": "stub-model-resolved"}
    if not request.json().get("stream"):
        message = {"role": "assistant", "content": "".join(words)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return fixed({**head, "object": "chat.completion", "choices": [choice], "usage": USAGE})(request)
    head["object"] = "chat.completion.chunk"
    chunks: list[dict[str, Any]] = [
        {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}]}
        for word in words
    ]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": USAGE})
    return _events(chunks)


def _openai_response(status: str, output: list[Any]) -> dict[str, Any]:
    usage = {
        "input_tokens": 3, "output_tokens": 4, "total_tokens": 7,
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
    }  # fmt: skip
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "stub-model-resolved",
        "output": output, "usage": usage, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    }  # fmt: skip


def openai_responses(request: Request) -> Answer:
    """The Responses API, streamed or whole as the request asks."""
    part = {"type": "output_text", "text": TEXT, "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    whole = _openai_response("completed", [item])
    if not request.json().get("stream"):
        return fixed(whole)(request)
    where = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": _openai_response("in_progress", [])},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        *({"type": "response.output_text.delta", "delta": word, "logprobs": [], **where} for word in WORDS),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    return _events(({"sequence_number": number, **event} for number, event in enumerate(events)), named=True)


def anthropic(request: Request) -> Answer:
    """The Messages API, streamed or whole as the request asks."""
    message: dict[str, Any] = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "stub-model-resolved", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 3, "output_tokens": 0},
    }  # fmt: skip
    if not request.json().get("stream"):
        return fixed({**message, "content": [{"type": "text", "text": TEXT}], "stop_reason": "end_turn"})(request)
    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    return _events(
        [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
                for word in WORDS
            ),
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 4}},
            {"type": "message_stop"},
        ],
        named=True,
    )


def gemini(request: Request) -> Answer:
    """The answer of streamGenerateContent: one JSON array."""
    chunks: list[dict[str, Any]] = [
        {"candidates": [{"content": {"role": "model", "parts": [{"text": word}]}, "index": 0}]} for word in WORDS
    ]
    chunks[-1]["usageMetadata"] = {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7}
    chunks[-1]["modelVersion"] = "stub-model-resolved"
    return fixed(chunks)(request)


def ollama_chat(request: Request) -> Answer:
    """Ollama's chat, one JSON object a line, or one object."""
    head = {"model": "stub-model", "created_at": "2026-01-01T00:00:00Z"}
    end = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4}
    if request.json().get("stream") is False:
        return fixed({**head, "message": {"role": "assistant", "content": TEXT}, **end})(request)
    lines: list[dict[str, Any]] = [
        {**head, "message": {"role": "assistant", "content": word}, "done": False} for word in WORDS
    ]
    lines.append({**head, "message": {"role": "assistant", "content": ""}, **end})
    return Answer("".join(json.dumps(line) + "\n" for line in lines).encode(), "application/x-ndjson")


def cohere_chat(request: Request) -> Answer:
    """Cohere's chat of version 1, one JSON object a line, or one object."""
    documents = [{"id": "1", "title": "A page", "url": "https://example.com"}]
    whole = {
        "text": TEXT,
        "generation_id": "g",
        "response_id": "r",
        "finish_reason": "COMPLETE",
        "documents": documents,
    }
    if not request.json().get("stream"):
        return fixed(whole)(request)
    lines: list[dict[str, Any]] = [
        {"event_type": "stream-start", "is_finished": False, "generation_id": "g"},
        *({"event_type": "text-generation", "is_finished": False, "text": word} for word in WORDS),
        {"event_type": "stream-end", "is_finished": True, "finish_reason": "COMPLETE", "response": whole},
    ]
    return Answer("".join(json.dumps(line) + "\n" for line in lines).encode(), "application/stream+json")


def openai_embeddings(request: Request) -> Answer:
    """One vector of three numbers for each text."""
    given = request.json().get("input") or request.json().get("inputs")
    texts = [given] if isinstance(given, str) else given
    rows = [{"object": "embedding", "index": at, "embedding": [1.0, 2.0, float(at)]} for at in range(len(texts))]
    return fixed({"id": "e", "object": "list", "data": rows, "model": "stub-model", "usage": USAGE})(request)
