"""Models that answer through Chat Completions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from copy import deepcopy
from typing import Any

from llm.core.events import StreamEvent
from llm.core.tools import ToolCall
from llm.core.usage import remove_dict_none_values
from llm.engine.model import AsyncKeyModel, KeyModel
from llm.providers.openai import PLUGIN
from llm.providers.openai.base import _Shared, detail, given_options
from llm.providers.openai.chat_stream import (
    ChatDecoder,
    hidden_reasoning,
    reasoning_tokens,
    reply_calls,
    reply_events,
    usage_of,
)
from llm.providers.openai.closing import closing_async_stream, closing_stream
from llm.providers.openai.failures import explaining, refuse_text, reported_failure
from llm.providers.openai.flags import chat_options, flagged_options
from llm.providers.openai.legacy import current_combine_chunks, redact_data

_options = flagged_options(chat_options)


class Chat(_Shared, KeyModel):
    """A model behind `/chat/completions`."""

    __module__ = PLUGIN

    needs_key: str | None = "openai"
    key_env_var: str | None = "OPENAI_API_KEY"
    default_max_tokens: int | None = None
    Options: Any = _options

    def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any = None, key: str | None = None
    ) -> Iterator[Any]:
        """Send the prompt and yield the events of the answer."""
        request = chat_request(self, prompt, stream, conversation)
        with explaining(self, response):
            reply = self.get_client(key).chat.completions.create(**request)
            if not request["stream"]:
                yield from whole_reply(self, response, reply, request)
                return
            decoder = ChatDecoder()
            with closing_stream(reply):
                for chunk in reply:
                    yield from decoder.feed(chunk)
        yield from end_of_stream(self, response, decoder, request)


class AsyncChat(_Shared, AsyncKeyModel):
    """The same for code on an event loop."""

    __module__ = PLUGIN

    needs_key: str | None = "openai"
    key_env_var: str | None = "OPENAI_API_KEY"
    default_max_tokens: int | None = None
    Options: Any = _options

    async def execute(
        self, prompt: Any, stream: bool, response: Any, conversation: Any = None, key: str | None = None
    ) -> AsyncGenerator[Any, None]:
        """Send the prompt and yield the events of the answer."""
        request = chat_request(self, prompt, stream, conversation)
        with explaining(self, response):
            reply = await self.get_client(key, async_=True).chat.completions.create(**request)
            if not request["stream"]:
                for event in whole_reply(self, response, reply, request):
                    yield event
                return
            decoder = ChatDecoder()
            async with closing_async_stream(reply):
                async for chunk in reply:
                    for event in decoder.feed(chunk):
                        yield event
        for event in end_of_stream(self, response, decoder, request):
            yield event


def chat_request(model: _Shared, prompt: Any, stream: bool, conversation: Any) -> dict[str, Any]:
    """Return the arguments of the `create` call."""
    model._refuse_system_prompt(prompt)
    stream = bool(stream and model.can_stream)
    image_detail = given_options(prompt).get("image_detail")
    return {
        "model": model.model_name or model.model_id,
        "messages": model.build_messages(prompt, conversation, **detail(image_detail)),
        "stream": stream,
        **model.build_kwargs(prompt, stream),
    }


def end_of_stream(
    model: _Shared, response: Any, decoder: ChatDecoder, request: dict[str, Any]
) -> Iterator[StreamEvent]:
    """Record what a stream has left behind; yield the events that come last."""
    _register(response, decoder.tool_calls())
    response.response_json = remove_dict_none_values(current_combine_chunks()(decoder.chunks))
    model._record_model_name(response, decoder.model)
    yield from _recorded_usage(model, response, decoder.usage)
    response._prompt_json = redact_data({"messages": deepcopy(request["messages"])})


def whole_reply(model: _Shared, response: Any, reply: Any, request: dict[str, Any]) -> Iterator[StreamEvent]:
    """Record a reply that came in one piece; yield its events. Raises `ModelError` if it reports an error."""
    refuse_text(model, reply)
    response.response_json = remove_dict_none_values(reply.model_dump())
    _refuse_error(model, reply)
    calls = reply_calls(reply)
    _register(response, (call for call, _ in calls))
    yield from reply_events(reply, calls)
    model._record_model_name(response, getattr(reply, "model", None))
    yield from _recorded_usage(model, response, usage_of(reply))
    response._prompt_json = redact_data({"messages": deepcopy(request["messages"])})


def _register(response: Any, calls: Iterable[ToolCall]) -> None:
    for call in calls:
        response.add_tool_call(call)


def _recorded_usage(model: _Shared, response: Any, usage: dict[str, Any] | None) -> Iterator[StreamEvent]:
    model.set_usage(response, usage)
    if usage and reasoning_tokens(usage.get("completion_tokens_details")) > 0:
        yield hidden_reasoning()


def _refuse_error(model: _Shared, reply: Any) -> None:
    """Some servers report errors with status 200 and no choices."""
    error = getattr(reply, "error", None)
    if not error or getattr(reply, "choices", None):
        return
    raise reported_failure(model, error)
