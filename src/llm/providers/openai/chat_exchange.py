"""One exchange with Chat Completions: what is asked, what the reply means, and what is recorded of it.

Apart from the models, because these are made whenever models are listed, and an exchange needs far more to be imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from llm.core.usage import remove_dict_none_values
from llm.providers.openai.base import detail, given_options
from llm.providers.openai.chat_stream import (
    ChatDecoder,
    hidden_reasoning,
    reasoning_tokens,
    reply_calls,
    reply_events,
    usage_of,
)
from llm.providers.openai.failures import explaining, refuse_what_is_no_object, reported_failure
from llm.providers.openai.legacy import current_combine_chunks, redact_data
from llm.providers.openai.reading import dump

if TYPE_CHECKING:
    from llm.core.events import StreamEvent
    from llm.core.tools import ToolCall
    from llm.providers.openai.base import _Shared


class ChatExchange:
    """The exchange for one prompt. `request` holds the arguments of the `create` call."""

    def __init__(self, model: _Shared, prompt: Any, stream: bool, response: Any, conversation: Any) -> None:
        self.request = _request(model, prompt, stream, conversation)
        self.streams: bool = self.request["stream"]
        self._model = model
        self._response = response
        self._decoder = ChatDecoder()

    def explaining(self) -> explaining:
        """Return a context that gives failures their kind, and says what helps."""
        return explaining(self._model, self._response)

    def feed(self, chunk: Any) -> Iterator[StreamEvent]:
        """Yield the events of one chunk of a stream."""
        return self._decoder.feed(chunk)

    def end_of_stream(self) -> Iterator[StreamEvent]:
        """Record what a stream has left behind; yield the events that come last."""
        decoder, response = self._decoder, self._response
        self._register(decoder.tool_calls())
        response.response_json = remove_dict_none_values(current_combine_chunks()(decoder.chunks))
        yield from self._settled(decoder.model, decoder.usage)

    def whole_reply(self, reply: Any) -> Iterator[StreamEvent]:
        """Record a reply that came in one piece; yield its events. Raises `ModelError` if it reports an error."""
        refuse_what_is_no_object(self._model, reply)
        self._response.response_json = remove_dict_none_values(dump(reply))
        self._refuse_error(reply)
        calls = reply_calls(reply)
        self._register(call for call, _ in calls)
        yield from reply_events(reply, calls)
        yield from self._settled(getattr(reply, "model", None), usage_of(reply))

    def _register(self, calls: Iterable[ToolCall]) -> None:
        for call in calls:
            self._response.add_tool_call(call)

    def _settled(self, model_name: Any, usage: dict[str, Any] | None) -> Iterator[StreamEvent]:
        self._model._record_model_name(self._response, model_name)
        self._model.set_usage(self._response, usage)
        if usage and reasoning_tokens(usage.get("completion_tokens_details")) > 0:
            yield hidden_reasoning()
        self._response._prompt_json = redact_data({"messages": deepcopy(self.request["messages"])})

    def _refuse_error(self, reply: Any) -> None:
        """Some servers report errors with status 200 and no choices."""
        error = getattr(reply, "error", None)
        if error and not getattr(reply, "choices", None):
            raise reported_failure(self._model, error)


def _request(model: _Shared, prompt: Any, stream: bool, conversation: Any) -> dict[str, Any]:
    model._refuse_system_prompt(prompt)
    stream = bool(stream and model.can_stream)
    image_detail = given_options(prompt).get("image_detail")
    return {
        "model": model.model_name or model.model_id,
        "messages": model.build_messages(prompt, conversation, **detail(image_detail)),
        "stream": stream,
        **model.build_kwargs(prompt, stream),
    }
