"""Finished responses as data: dictionaries, records for the log, copies, and fakes for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar, cast

from llm.core.attachments import Attachment
from llm.core.messages import Message
from llm.core.parts import TextPart, ToolCallPart
from llm.core.tools import ToolCall
from llm.core.wire import PromptDict, ResponseDict, UsageDict
from llm.engine.prompt import Prompt

if TYPE_CHECKING:
    from llm.engine.turn import _BaseResponse
    from llm.engine.worlds import AnyModel

R = TypeVar("R", bound="_BaseResponse")


def to_dict(response: _BaseResponse) -> ResponseDict:
    """Return the JSON-safe form of a response; what is unknown or empty is left out."""
    data: ResponseDict = {
        "model": response.model.model_id,
        "prompt": _prompt_dict(response.prompt),
        "messages": [message.to_dict() for message in response._messages_now()],
        "id": response.id,
    }
    if response._done:
        usage = _usage_dict(response)
        if usage:
            data["usage"] = usage
        started = response._datetime_now()
        if started:
            data["datetime_utc"] = started
    return data


def _prompt_dict(prompt: Prompt) -> PromptDict:
    data: PromptDict = {"messages": [message.to_dict() for message in prompt.messages]}
    options = prompt.given_options
    if options:
        data["options"] = options
    if prompt._system:
        data["system"] = prompt._system
    return data


def _usage_dict(response: _BaseResponse) -> UsageDict:
    if response.input_tokens is None and response.output_tokens is None:
        return {}
    counts = {"input": response.input_tokens, "output": response.output_tokens, "details": response.token_details}
    return cast(UsageDict, {name: value for name, value in counts.items() if value is not None})


def restored(cls: type[R], data: ResponseDict, *, model: AnyModel | None, find: str) -> R:
    """Return the finished response of a dictionary; `find` names the look-up in `llm` for its model."""
    if model is None:
        import llm

        model = getattr(llm, find)(data["model"])
    asked: Any = cast(Any, data).get("prompt") or {}  # what is read may lack what is required
    prompt = Prompt(
        None,
        model,
        messages=[Message.from_dict(message) for message in asked.get("messages") or ()],
        system=asked.get("system"),
        options=asked.get("options") or None,
    )
    response = finished(cls, prompt, model)
    response.id = data.get("id") or response.id
    restore_output(response, [Message.from_dict(message) for message in data.get("messages") or ()])
    usage = data.get("usage") or {}
    response.set_usage(input=usage.get("input"), output=usage.get("output"), details=usage.get("details"))
    response._start_utcnow = parsed_datetime(data.get("datetime_utc"))
    return response


def finished(cls: type[R], prompt: Prompt, model: AnyModel) -> R:
    """Return a finished response; whether the model could answer the prompt today is not asked."""
    response = cls(Prompt(None, model), model, False)
    response.prompt = prompt
    response._done = True
    return response


def restore_output(response: _BaseResponse, messages: list[Message]) -> None:
    """Make `response` a finished one whose own messages are these."""
    parts = [part for message in messages for part in message.parts]
    response._loaded_messages = messages
    response._chunks = [part.text for part in parts if isinstance(part, TextPart) and part.text]
    response._tool_calls = [
        ToolCall(part.name, part.arguments, part.tool_call_id)
        for part in parts
        if isinstance(part, ToolCallPart) and not part.server_executed
    ]


def parsed_datetime(text: str | None) -> datetime | None:
    """Return an ISO 8601 time; without an offset it is UTC, and what cannot be read is None."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


_COPIED = (
    "id", "response_json", "resolved_model", "attachments", "input_tokens", "output_tokens", "token_details",
    "_prompt_json", "_chunks", "_stream_events", "_tool_calls", "_done", "_start", "_end", "_start_utcnow",
    "_loaded_messages",
)  # fmt: skip


def copy_record(source: _BaseResponse, target: _BaseResponse) -> None:
    """Give `target` everything that `source` recorded."""
    for name in _COPIED:
        value = getattr(source, name)
        setattr(target, name, list(value) if isinstance(value, list) else value)
    if target._loaded_messages is None:
        target._loaded_messages = source._assembled(strict=False)


_MISSING: Any = object()


def fake_response(cls: type[R], model: AnyModel, prompt: str | None, rest: Sequence[Any], named: dict[str, Any]) -> R:
    """Return a finished response that never ran; how the arguments are read is told by `Response.fake`."""
    attachments, texts = _sorted_positionals(rest)
    given = {"system": named.pop("system", _MISSING), "response": named.pop("response", _MISSING)}
    if named:
        raise TypeError(f"fake() got unexpected keyword arguments: {', '.join(named)}")
    for name, value in given.items():
        if value is _MISSING and texts:
            given[name] = texts.pop(0)
    if texts:
        raise TypeError(f"fake() got too many positional values: {texts!r} left over")
    missing = [name for name, value in given.items() if value is _MISSING]
    if missing:
        raise TypeError(f"fake() is missing: {', '.join(missing)}")
    if not isinstance(given["response"], str):
        raise TypeError(f"fake() needs a str as response, not {type(given['response']).__name__}")
    made = cls(Prompt(prompt, model, attachments=attachments, system=given["system"]), model, False)
    made._chunks = [given["response"]]
    made._done = True
    return made


def _sorted_positionals(rest: Sequence[object]) -> tuple[list[Attachment], list[str | None]]:
    attachments: list[Attachment] = []
    texts: list[str | None] = []
    for value in rest:
        if value is None or isinstance(value, str):
            texts.append(value)
        elif isinstance(value, Attachment) and not texts:
            attachments.append(value)
        elif isinstance(value, (list, tuple)) and not texts and all(isinstance(item, Attachment) for item in value):
            attachments.extend(value)
        else:
            raise TypeError(f"fake() got {value!r}: attachments come first, then the system and response texts")
    return attachments, texts
