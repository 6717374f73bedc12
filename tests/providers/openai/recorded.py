"""Streams as known servers send them: what is peculiar to each, and what has to come of it.

Bytes, because line ends, comments and end marks belong to what is peculiar.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

ARGUMENTS = {"city": "Rome"}


@dataclass(frozen=True)
class Recorded:
    """One streamed answer, and what it amounts to."""

    body: bytes
    text: str = ""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    usage: tuple[int | None, int | None] = (None, None)
    reasoning: str = ""


def chunk(delta: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": None}]
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **fields}


def usage(**more: Any) -> dict[str, Any]:
    return {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12, **more}


def lines(*events: Any, end: str = "\n", done: bool = True, space: str = " ") -> bytes:
    """Return the events as data lines; text is put in as it is."""
    data = [event if isinstance(event, str) else f"data:{space}{json.dumps(event)}" for event in events]
    if done:
        data.append(f"data:{space}[DONE]")
    return "".join(f"{event}{end}{end}" for event in data).encode()


def call(index: Any, arguments: str | None, **fields: Any) -> dict[str, Any]:
    """Return a delta with a piece of a tool call; `name` belongs to its function."""
    name = {"name": fields.pop("name")} if "name" in fields else {}
    given = {} if arguments is None else {"arguments": arguments}
    place = {} if index is None else {"index": index}
    return {"tool_calls": [{**place, **fields, "function": {**name, **given}}]}


WEATHER = (("weather", ARGUMENTS),)
WHOLE = json.dumps(ARGUMENTS)

CHAT: dict[str, Recorded] = {
    # Content of null in the first delta, pieces of arguments without id and name, usage in a chunk of its own.
    "OpenAI": Recorded(
        lines(
            chunk({"role": "assistant", "content": "", "refusal": None}, usage=None, obfuscation="x"),
            chunk({"content": "Héllo "}), chunk({"content": "🌍"}), chunk({}),
            chunk(None, usage=usage(completion_tokens_details={"reasoning_tokens": 0})),
        ), "Héllo 🌍", usage=(9, 3),
    ),
    "OpenAI, tools": Recorded(
        lines(
            chunk(call(0, "", id="call_1", type="function", name="weather") | {"role": "assistant", "content": None}),
            chunk(call(0, '{"city":')), chunk(call(0, ' "Rome"}')), chunk({}), chunk(None, usage=usage()),
        ), calls=WEATHER, usage=(9, 3),
    ),
    # Calls come whole, in one chunk, all under index 0 in older versions.
    "Ollama": Recorded(
        lines(
            chunk({"role": "assistant", "content": "", **call(0, WHOLE, id="call_a", type="function", name="weather")}),
            chunk(call(0, '{"city": "Oslo"}', id="call_b", type="function", name="weather")),
            chunk({"role": "assistant", "content": ""}), chunk(None, usage=usage()),
        ), calls=(*WEATHER, ("weather", {"city": "Oslo"})), usage=(9, 3),
    ),
    "Ollama, thinking": Recorded(
        lines(chunk({"role": "assistant", "content": "", "reasoning": "hm"}), chunk({"content": "yes"})), "yes",
    ),
    # No usage; keep-alive comments.
    "LM Studio": Recorded(
        lines(chunk({"role": "assistant", "content": "a"}), ": ping", chunk({"content": "b"}), chunk({})), "ab",
    ),
    # Null content first, CRLF is possible behind proxies, `timings` beside the usage.
    "llama-server": Recorded(
        lines(
            chunk({"role": "assistant", "content": None}), chunk({"content": "Hello"}), chunk({"content": "!"}),
            chunk({}), chunk(None, usage=usage(prompt_tokens_details={"cached_tokens": 0}), timings={"cache_n": 30}),
        ), "Hello!", usage=(9, 3),
    ),
    "llama-server behind a proxy": Recorded(
        lines(chunk({"content": "Hello"}), chunk(None, usage=usage()), end="\r\n"), "Hello", usage=(9, 3),
    ),
    # The name comes with "" and then "{}"; usage stands in every chunk.
    "vLLM": Recorded(
        lines(
            chunk({"role": "assistant", "content": ""}, usage=usage(completion_tokens=0)),
            chunk(call(0, "", id="chatcmpl-tool-1", type="function", name="now"), usage=usage(completion_tokens=1)),
            chunk(call(0, "{}", id="chatcmpl-tool-1", name="now"), usage=usage(completion_tokens=2)),
            chunk({}, usage=usage()),
        ), calls=(("now", {}),), usage=(9, 3),
    ),
    "vLLM, reasoning": Recorded(
        lines(chunk({"role": "assistant", "reasoning_content": "hm"}), chunk({"content": "yes"})), "yes",
    ),
    # Comments while it waits, `native_finish_reason`, `reasoning` members, cost in the usage.
    "OpenRouter": Recorded(
        lines(
            ": OPENROUTER PROCESSING", ": OPENROUTER PROCESSING",
            chunk({"role": "assistant", "content": "", "reasoning": None}, provider="Anthropic"),
            chunk({"role": "assistant", "content": "ok"}, provider="Anthropic"),
            chunk({"role": "assistant", "content": ""}, usage=usage(cost=0.00014)),
        ), "ok", usage=(9, 3),
    ),
    # No index in tool calls, whole arguments, ids that are empty; everything may be in one chunk.
    "Gemini": Recorded(
        lines(
            chunk({"role": "assistant", **call(None, WHOLE, id="", type="function", name="weather")}, usage=usage()),
        ), calls=WEATHER, usage=(9, 3),
    ),
    "Gemini, two calls": Recorded(
        lines(
            chunk({"role": "assistant", "tool_calls": [
                *call(0, WHOLE, id="", name="weather")["tool_calls"], *call(0, "{}", id="", name="now")["tool_calls"],
            ]}),
            chunk({"content": ""}, usage=usage()),
        ), calls=(*WEATHER, ("now", {})), usage=(9, 3),
    ),
    # Calls whole in the last chunk, with its usage; no space after the colon is legal everywhere.
    "Mistral": Recorded(
        lines(
            chunk({"role": "assistant", "content": ""}),
            chunk({"content": "", **call(0, WHOLE, id="D681PevKs", name="weather")}, usage=usage()),
        ), calls=WEATHER, usage=(9, 3),
    ),
    "no space": Recorded(lines(chunk({"content": "tight"}), space=""), "tight"),
    "no end mark": Recorded(lines(chunk({"content": "open"}), done=False), "open"),
    "byte order mark": Recorded(
        b"\xef\xbb\xbf" + lines(chunk({"content": "mark"}), chunk({"content": "ed"})), "marked",
    ),
    "arguments never": Recorded(
        lines(chunk(call(0, None, id="c1", name="now")), chunk(call(0, None))), calls=(("now", {}),),
    ),
    "gaps": Recorded(
        lines({"choices": None}, {"choices": [{}]}, {"choices": [{"delta": None}]}, chunk({"content": "x"})),
        "x",
    ),
    "one object": Recorded(
        json.dumps({"choices": [{"message": {"role": "assistant", "content": "whole"}}], "usage": usage()}).encode(),
        "whole", usage=(9, 3),
    ),
}  # fmt: skip


def event(kind: str, **fields: Any) -> str:
    """Return a Responses event with its `event:` line."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}"


MESSAGE = {
    "type": "message",
    "id": "m1",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "Hello there!"}],
}
FUNCTION = {"type": "function_call", "id": "f1", "call_id": "c1", "name": "weather", "arguments": WHOLE}
COUNTS = {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12}


def final(*output: Any, kind: str = "response.completed") -> str:
    status = kind.partition(".")[2]
    return event(kind, response={"id": "r", "status": status, "output": list(output), "usage": COUNTS})


THOUGHT = {"type": "reasoning", "id": "rs1", "summary": [{"type": "summary_text", "text": "Hm."}]}

RESPONSES: dict[str, Recorded] = {
    "OpenAI": Recorded(
        lines(
            event("response.created", response={"id": "r", "status": "in_progress", "output": []}),
            event("response.output_item.added", output_index=0, item={**THOUGHT, "summary": []}),
            event("response.reasoning_summary_text.delta", output_index=0, item_id="rs1", summary_index=0, delta="Hm."),
            event("response.output_item.done", output_index=0, item=THOUGHT),
            event("response.output_item.added", output_index=1, item={**MESSAGE, "content": []}),
            event("response.output_text.delta", output_index=1, item_id="m1", delta="Hello "),
            event("response.output_text.delta", output_index=1, item_id="m1", delta="there!"),
            event("response.output_item.done", output_index=1, item=MESSAGE),
            event("response.output_item.added", output_index=2, item={**FUNCTION, "arguments": ""}),
            event("response.function_call_arguments.delta", output_index=2, item_id="f1", delta=WHOLE),
            event("response.output_item.done", output_index=2, item=FUNCTION),
            final(THOUGHT, MESSAGE, FUNCTION),
            done=False,
        ), "Hello there!", WEATHER, (9, 3), "Hm.",
    ),
    # No output_index anywhere; recorded from llama.cpp's own server.
    "llama-server": Recorded(
        lines(
            event("response.created", response={"id": "r", "object": "response", "status": "in_progress"}),
            event("response.output_item.added", item={**MESSAGE, "content": []}),
            event("response.content_part.added", item_id="m1", part={"type": "output_text", "text": ""}),
            event("response.output_text.delta", item_id="m1", delta="Hello"),
            event("response.output_text.delta", item_id="m1", delta=" there!"),
            event("response.output_text.done", item_id="m1", text="Hello there!"),
            event("response.output_item.done", item=MESSAGE),
            final(MESSAGE),
            done=False,
        ), "Hello there!", usage=(9, 3),
    ),
    # A gateway changes the ids between pieces and final payload, and ends like Chat Completions.
    "gateway": Recorded(
        lines(
            event("response.output_text.delta", output_index=0, item_id="other", delta="Hello there!"),
            event("response.output_item.done", output_index=1, item={**FUNCTION, "id": "another"}),
            final(MESSAGE, FUNCTION),
        ), "Hello there!", WEATHER, (9, 3),
    ),
    "final event only": Recorded(lines(final(MESSAGE, FUNCTION), done=False), "Hello there!", WEATHER, (9, 3)),
    "incomplete": Recorded(
        lines(
            event("response.output_text.delta", output_index=0, item_id="m1", delta="Hello there!"),
            final(MESSAGE, kind="response.incomplete"),
        ), "Hello there!", usage=(9, 3),
    ),
    "one object": Recorded(
        json.dumps({"status": "completed", "output": [MESSAGE, FUNCTION], "usage": COUNTS}).encode(),
        "Hello there!", WEATHER, (9, 3),
    ),
}  # fmt: skip
