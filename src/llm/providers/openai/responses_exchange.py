"""One exchange with the Responses API: what is asked, what the reply means, and what is recorded of it.

Apart from the models, like `chat_exchange`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from llm.core.events import StreamEvent
from llm.core.usage import remove_dict_none_values
from llm.providers.openai.attachments import plain_detail
from llm.providers.openai.base import detail, given_options
from llm.providers.openai.chat_stream import hidden_reasoning, reasoning_tokens
from llm.providers.openai.failures import explaining, refuse_what_is_no_object, reported_failure
from llm.providers.openai.legacy import redact_data
from llm.providers.openai.reading import items, mapping, text
from llm.providers.openai.responses_items import PartPlaces
from llm.providers.openai.responses_output import function_call, texts_of
from llm.providers.openai.responses_stream import ResponsesDecoder

if TYPE_CHECKING:
    from llm.providers.openai.responses_base import _SharedResponses


class ResponsesExchange:
    """The exchange for one prompt. `request` holds the arguments of the `create` call."""

    def __init__(self, model: _SharedResponses, prompt: Any, stream: bool, response: Any) -> None:
        self.request = _request(model, prompt, stream)
        self.streams: bool = self.request["stream"]
        self._model = model
        self._response = response
        self._decoder = ResponsesDecoder(model, response.add_tool_call)

    def explaining(self) -> explaining:
        """Return a context that gives failures their kind, and says what helps."""
        return explaining(self._model, self._response)

    def feed(self, event: Any) -> Iterator[StreamEvent]:
        """Yield what one event of a stream amounts to. Raises `ModelError` if it reports a failure."""
        return self._decoder.feed(event)

    def end_of_stream(self) -> Iterator[StreamEvent]:
        """Record what a stream has left behind; yield the events that come last. Raises as above."""
        decoder = self._decoder
        yield from decoder.finish()
        payload: dict[str, Any] = {}
        if decoder.final is not None:
            payload = self._recorded(decoder.final)
            yield from decoder.refresh_reasoning(payload)
        yield from self._settled(payload, had_reasoning=decoder.had_reasoning)

    def whole_reply(self, reply: Any) -> Iterator[StreamEvent]:
        """Record a reply that came in one piece; yield its events. Raises `ModelError` if it reports a failure."""
        refuse_what_is_no_object(self._model, reply)
        events, had_reasoning = self._model._non_streaming_output_events(items(reply, "output"), self._response)
        yield from PartPlaces().kept_apart(events)
        yield from self._settled(self._recorded(reply), had_reasoning=had_reasoning)

    def _recorded(self, reply: Any) -> dict[str, Any]:
        payload: dict[str, Any] = remove_dict_none_values(reply.model_dump(warnings=False))
        self._response.response_json = payload
        self._model._record_model_name(self._response, payload.get("model"))
        return payload

    def _settled(self, payload: dict[str, Any], *, had_reasoning: bool) -> Iterator[StreamEvent]:
        usage = mapping(payload.get("usage")) or {}
        thoughts = reasoning_tokens(usage.get("output_tokens_details"))
        self._model._set_usage_responses(self._response, usage)
        sent = {"input": deepcopy(self.request["input"]), "instructions": self.request.get("instructions")}
        self._response._prompt_json = redact_data(sent)
        if thoughts > 0 and not had_reasoning:
            yield hidden_reasoning()
        if payload.get("status") == "failed" or (payload.get("error") and not payload.get("output")):
            raise reported_failure(self._model, payload.get("error") or {})


def whole_output(model: _SharedResponses, output: Iterable[Any], response: Any) -> tuple[list[StreamEvent], bool]:
    """Return the events of a whole output, and whether there was reasoning in it; register its function calls."""
    events: list[StreamEvent] = []
    had_reasoning = False
    messages = 0
    for item in output:
        kind = text(item, "type")
        messages += kind == "message"
        had_reasoning = had_reasoning or kind == "reasoning"
        events.extend(_item_events(model, item, kind, response, max(messages - 1, 0)))
    return events, had_reasoning


def _item_events(
    model: _SharedResponses, item: Any, kind: Any, response: Any, message_index: int
) -> Iterator[StreamEvent]:
    made: list[StreamEvent] = []
    if kind == "message":
        made = [StreamEvent("text", said) for said in texts_of(item)]
    elif kind == "reasoning":
        made = [model._reasoning_event(item)]
    elif kind == "function_call":
        call, arguments = function_call(item)
        response.add_tool_call(call)
        chunks = {"tool_call_name": call.name, "tool_call_args": arguments}
        made = [StreamEvent(name, chunk, tool_call_id=call.tool_call_id) for name, chunk in chunks.items()]
    else:
        yield from model._server_tool_events(item, message_index)
    for event in made:
        event.message_index = message_index
        yield event


def _request(model: _SharedResponses, prompt: Any, stream: bool) -> dict[str, Any]:
    model._refuse_system_prompt(prompt)
    stream = bool(stream and model.can_stream)
    image_detail = given_options(prompt).get("image_detail")
    wanted = detail(None if image_detail is None else plain_detail(image_detail))
    asked, instructions = model._build_responses_input(prompt, **wanted)
    return {
        "model": model.model_name or model.model_id,
        "input": asked,
        "stream": stream,
        **model._finalize_responses_kwargs(prompt, stream, instructions),
    }
