"""Helpers that plugins import from this provider, and the fragments by which its payloads are condensed in the log.

Both are interfaces to the world outside: the helpers' results are stored by plugins, and the fragments' names and
values are part of the format on disk, where nothing may ever change or disappear.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from llm.providers.openai import PLUGIN
from llm.providers.openai.reading import items, mapping, member, text

#: Fragments of Chat Completions and completion payloads.
CHAT_REPLACEMENTS: dict[str, Any] = {
    "completion_tokens_details_0": {
        "accepted_prediction_tokens": 0,
        "audio_tokens": 0,
        "reasoning_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
    "prompt_tokens_details_0": {"audio_tokens": 0, "cached_tokens": 0},
}

#: Fragments of Responses payloads.
RESPONSES_REPLACEMENTS: dict[str, Any] = {
    "tool_usage_0": {
        "image_gen": {
            "input_tokens": 0,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
            "output_tokens": 0,
            "output_tokens_details": {"image_tokens": 0, "text_tokens": 0},
            "total_tokens": 0,
        },
        "web_search": {"num_requests": 0},
    },
    "input_tokens_details_0": {"cached_tokens": 0, "cache_write_tokens": 0},
    "reasoning_settings_0": {
        "effort": "medium",
        "summary": "detailed",
        "context": "all_turns",
        "mode": "standard",
    },
    "reasoning_settings_1": {
        "effort": "medium",
        "summary": "detailed",
        "context": "current_turn",
        "mode": "standard",
    },
    "text_format_0": {"format": {"type": "text"}, "verbosity": "medium"},
    "response_env_0": {
        "object": "response",
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "top_p": 1.0,
        "background": False,
        "service_tier": "default",
        "status": "completed",
        "top_logprobs": 0,
        "truncation": "disabled",
        "frequency_penalty": 0.0,
        "presence_penalty": 0.0,
        "store": False,
        "tools": [],
    },
    "message_completed": {"role": "assistant", "status": "completed", "type": "message", "phase": "final_answer"},
}

#: For reading: an extra model may have been moved from one API to the other since a payload was condensed.
READABLE_REPLACEMENTS: dict[str, Any] = {**CHAT_REPLACEMENTS, **RESPONSES_REPLACEMENTS}


def not_nulls(data: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return what iterates as pairs of name and value, such as a Pydantic model, as a dictionary without None."""
    return {name: value for name, value in data if value is not None}


def combine_chunks(chunks: Iterable[Any]) -> dict[str, Any]:
    """Return streamed chunks of Chat Completions or completions as one dictionary.

    It has the keys `content`, `role`, `finish_reason` and `usage`, `logprobs` where there are legacy log
    probabilities, and of the first chunk `id`, `object`, `model`, `created` and `index`. Tool calls are not in it.
    """
    chunks = list(chunks)
    texts: list[str] = []
    logprobs: list[dict[str, Any]] = []
    combined: dict[str, Any] = {"content": "", "role": None, "finish_reason": None, "usage": {}}
    for chunk in chunks:
        combined["usage"] = mapping(getattr(chunk, "usage", None)) or combined["usage"]
        for choice in items(chunk, "choices"):
            logprobs.extend(_legacy_logprobs(choice))
            _combine_choice(choice, texts, combined)
    combined["content"] = "".join(texts)
    if logprobs:
        combined["logprobs"] = logprobs
    combined.update(_identity(chunks[0]) if chunks else ())
    return combined


def _combine_choice(choice: Any, texts: list[str], combined: dict[str, Any]) -> None:
    if not hasattr(choice, "delta"):
        texts.append(text(choice, "text"))
        return
    if choice.delta is not None:
        combined["role"] = getattr(choice.delta, "role", None)
        texts.append(text(choice.delta, "content"))
    reason = getattr(choice, "finish_reason", None)
    if reason is not None:
        combined["finish_reason"] = reason


def _legacy_logprobs(choice: Any) -> Iterator[dict[str, Any]]:
    logprobs = getattr(choice, "logprobs", None)
    if logprobs is not None and hasattr(logprobs, "top_logprobs"):
        yield {"text": getattr(choice, "text", None), "top_logprobs": logprobs.top_logprobs}


def _identity(chunk: Any) -> Iterator[tuple[str, Any]]:
    for name in ("id", "object", "model", "created", "index"):
        value = member(chunk, name)
        if value is not None:
            yield name, value


def current_combine_chunks() -> Callable[[Iterable[Any]], dict[str, Any]]:
    """Return `combine_chunks` as the plugin's module has it now: programs replace it there."""
    plugin = sys.modules.get(PLUGIN)
    current: Callable[[Iterable[Any]], dict[str, Any]] = getattr(plugin, "combine_chunks", combine_chunks)
    return current


def redact_data(obj: Any) -> Any:
    """Replace the data of images, documents and sound in a request by dots, in place, and return the request."""
    if isinstance(obj, dict):
        for name, value in obj.items():
            obj[name] = _REDACTIONS[name](value) if name in _REDACTIONS else redact_data(value)
    elif isinstance(obj, list):
        for item in obj:
            redact_data(item)
    return obj


def _without_data_url(value: Any) -> Any:
    return "data:..." if isinstance(value, str) and value.startswith("data:") else redact_data(value)


def _without_image(value: Any) -> Any:
    if isinstance(value, dict) and "url" in value:
        value["url"] = _without_data_url(value["url"])
    return _without_data_url(value)


def _without_sound(value: Any) -> Any:
    if isinstance(value, dict) and "data" in value:
        value["data"] = "..."
    return redact_data(value)


_REDACTIONS: dict[str, Callable[[Any], Any]] = {
    "image_url": _without_image,
    "file_data": _without_data_url,
    "input_audio": _without_sound,
}
