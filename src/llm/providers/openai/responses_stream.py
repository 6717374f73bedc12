"""Reading the events of a Responses stream.

No input or output happens here. Text and tool calls are handed out as they arrive; at the end of each item, and again
with the final payload, what had not arrived in pieces is made up for, since servers differ in what they stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from llm.core.events import StreamEvent
from llm.core.tools import ToolCall
from llm.engine.assembly import parsed_arguments
from llm.providers.openai.failures import reported_failure
from llm.providers.openai.reading import identity, items, member, text
from llm.providers.openai.responses_items import CallItem, Items, PartPlaces, ReasoningItem, Texts, is_among
from llm.providers.openai.responses_output import function_call, texts_of


class ResponsesDecoder:
    """Turns the events of a stream into events of a response.

    `model` is asked for the events of reasoning items and of what the provider executed (its methods may be a
    plugin's); `register` is told each function call as soon as it is complete.
    """

    def __init__(self, model: Any, register: Callable[[ToolCall], object]) -> None:
        self.final: Any = None  #: the reply as a whole, once it has come
        self.reasoning_events: dict[str, StreamEvent] = {}  #: item id -> the event at the end of the item
        self.server_events: dict[str, list[StreamEvent]] = {}  #: item id -> the events of what the provider executed
        self._model = model
        self._register = register
        self._places = PartPlaces()
        self._reasoning = Items(ReasoningItem)
        self._calls = Items(CallItem)
        self._registered: set[str] = set()
        self._message_index = 0
        self._messages_begun = 0
        self._texts = Texts()
        self._server_places: set[Any] = set()

    @property
    def had_reasoning(self) -> bool:
        """Whether any reasoning item was seen."""
        return bool(self._reasoning.all)

    def feed(self, event: Any) -> Iterator[StreamEvent]:
        """Yield what one event of the stream amounts to. Raises `ModelError` if it reports a failure."""
        read = _READERS.get(text(event, "type"))
        if read is not None:
            yield from read(self, event)

    def finish(self) -> Iterator[StreamEvent]:
        """The stream has ended: register the calls that nothing has said to be complete."""
        if self.final is None:
            for call in self._calls.all:
                self._complete(call, ToolCall(call.name, parsed_arguments(call.arguments), call.call_id))
        return iter(())

    def refresh_reasoning(self, payload: dict[str, Any]) -> Iterator[StreamEvent]:
        """Yield the events that bring the final metadata of reasoning items."""
        return self._handed_out(self._model._reasoning_refresh_events(payload, self.reasoning_events))

    # Beginnings and ends of items

    def _item_added(self, event: Any) -> Iterator[StreamEvent]:
        item, place = member(event, "item"), _place(event)
        kind = _kind(item)
        if kind == "message":
            self._begin_message()
        elif kind == "reasoning":
            self._reasoning.get(_id(item), place)
        elif kind == "function_call":
            yield from self._begin_call(item, place)

    def _begin_message(self) -> None:
        self._message_index = self._messages_begun
        self._messages_begun += 1
        self._texts.next_message()

    def _item_done(self, event: Any) -> Iterator[StreamEvent]:
        return self._item_complete(member(event, "item"), _place(event))

    def _item_complete(self, item: Any, place: Any) -> Iterator[StreamEvent]:
        complete = _COMPLETERS.get(_kind(item), ResponsesDecoder._server_item_complete)
        return complete(self, item, place)

    def _message_complete(self, item: Any, place: Any) -> Iterator[StreamEvent]:
        if not self._texts.has_come(place):
            for said in texts_of(item):
                yield from self._text(said, place)
        self._texts.next_message()

    def _reasoning_complete(self, item: Any, place: Any) -> Iterator[StreamEvent]:
        known = self._reasoning.get(_id(item), place)
        known.done = True
        event: StreamEvent = self._model._reasoning_event(item, include_text=not known.texts)
        event.message_index = self._message_index
        if _id(item) is not None:
            self.reasoning_events[_id(item)] = event
        yield from self._handed_out([event], known)

    def _call_complete(self, item: Any, place: Any) -> Iterator[StreamEvent]:
        call, arguments = function_call(item)
        known = next((known for known in self._calls.all if known.call_id == call.tool_call_id), None)
        known = known or self._calls.find(_id(item), place)
        if known is None:
            yield from self._begin_call(item, place)
            known = self._calls.all[-1]
        come = known.arguments
        missing = arguments.removeprefix(come) if arguments.startswith(come) else ""
        if missing:
            yield from self._arguments(known, missing)
        self._complete(known, call)

    def _server_item_complete(self, item: Any, place: Any) -> Iterator[StreamEvent]:
        events: list[StreamEvent] = self._model._server_tool_events(item, self._message_index)
        self._server_places.add(place)
        if events and _id(item) is not None:
            self.server_events[_id(item)] = events
        return self._handed_out(events)

    # Pieces of items

    def _text_delta(self, event: Any) -> Iterator[StreamEvent]:
        if text(event, "delta"):
            yield from self._text(text(event, "delta"), _place(event))

    def _text(self, said: str, place: Any) -> Iterator[StreamEvent]:
        self._texts.add(said, place)
        return self._handed_out([self._event("text", said)])

    def _begin_call(self, item: Any, place: Any) -> Iterator[StreamEvent]:
        call, _ = function_call(item)
        known = CallItem(_id(item), place, name=call.name, call_id=call.tool_call_id or "")
        self._calls.all.append(known)
        return self._handed_out([self._event("tool_call_name", call.name, tool_call_id=known.call_id)])

    def _arguments_delta(self, event: Any) -> Iterator[StreamEvent]:
        delta = text(event, "delta")
        if not delta:
            return
        known = self._calls.find(identity(event, "item_id"), _place(event))
        if known is not None:
            yield from self._arguments(known, delta)
            return
        # A response adds a piece without id to the call before it.
        if self._calls.all:
            self._calls.all[-1].pieces.append(delta)
        yield from self._handed_out([self._event("tool_call_args", delta)])

    def _arguments(self, call: CallItem, piece: str) -> Iterator[StreamEvent]:
        call.pieces.append(piece)
        return self._handed_out([self._event("tool_call_args", piece, tool_call_id=call.call_id)])

    def _complete(self, known: CallItem, call: ToolCall) -> None:
        if not known.done:
            self._registered.add(call.tool_call_id or "")
            # The pieces went out under the id that was known then; the registered call has to be the same one.
            call.tool_call_id = known.call_id
            self._registered.add(known.call_id)
            self._register(call)
        known.done = True

    def _reasoning_delta(self, event: Any) -> Iterator[StreamEvent]:
        known = self._reasoning.get(identity(event, "item_id"), _place(event))
        if text(event, "delta"):
            yield from self._reasoning_text(known, _text_key(event), text(event, "delta"))

    def _reasoning_text_done(self, event: Any) -> Iterator[StreamEvent]:
        known = self._reasoning.get(identity(event, "item_id"), _place(event))
        kind, index = _text_key(event)
        come = {streamed for streamed_kind, streamed in known.texts if streamed_kind == kind}
        has_come = bool(come) if index is None or None in come else index in come
        if text(event, "text") and not has_come:
            yield from self._reasoning_text(known, (kind, index), text(event, "text"))

    def _reasoning_text(self, known: ReasoningItem, key: tuple[str, Any], said: str) -> Iterator[StreamEvent]:
        known.texts.add(key)
        kind, index = key
        if kind == "summary" and index is not None:
            if known.summary_index not in {None, index}:
                said = f"\n\n{said}"
            known.summary_index = index
        return self._handed_out([self._event("reasoning", said)], known)

    # The end

    def _reply_complete(self, event: Any) -> Iterator[StreamEvent]:
        final = member(event, "response")
        if not hasattr(final, "model_dump"):
            if event.type == "response.failed":
                raise reported_failure(self._model, event)
            return
        self.final = final
        output = items(final, "output")
        yield from self._missing(output)
        self._model._refresh_server_tool_events(output, self.server_events)

    def _error(self, event: Any) -> Iterator[StreamEvent]:
        raise reported_failure(self._model, getattr(event, "error", None) or event)

    def _missing(self, output: Sequence[Any]) -> Iterator[StreamEvent]:
        """Yield the events of those items of the final payload of which nothing had come."""
        missing = [(place, item) for place, item in enumerate(output) if not self._has_come(item, place)]
        if self._texts.are("".join(said for item in output if _kind(item) == "message" for said in texts_of(item))):
            missing = [(place, item) for place, item in missing if _kind(item) != "message"]
        messages_come = _count_messages(output) - _count_messages(item for _, item in missing)
        self._messages_begun = max(self._messages_begun, messages_come)
        for place, item in missing:
            if _kind(item) == "message":
                self._begin_message()
            yield from self._item_complete(item, place)

    def _has_come(self, item: Any, place: int) -> bool:
        has_come = _HAVE_COME.get(_kind(item), ResponsesDecoder._server_item_has_come)
        return has_come(self, item, place)

    def _message_has_come(self, _item: Any, place: int) -> bool:
        return is_among(place, self._texts.places)

    def _reasoning_has_come(self, item: Any, place: int) -> bool:
        done = [known for known in self._reasoning.all if known.done]
        return any(known.id == _id(item) for known in done) or is_among(place, {known.place for known in done})

    def _call_has_come(self, item: Any, place: int) -> bool:
        call_id = text(item, "call_id")
        if call_id:
            return call_id in self._registered
        return any(known.done and place == known.place for known in self._calls.all)

    def _server_item_has_come(self, item: Any, place: int) -> bool:
        return _id(item) in self.server_events or is_among(place, self._server_places)

    # Handing out

    def _event(self, kind: str, chunk: str, *, tool_call_id: str | None = None) -> StreamEvent:
        return StreamEvent(kind, chunk, tool_call_id=tool_call_id, message_index=self._message_index)

    def _handed_out(self, events: Iterable[StreamEvent], item: ReasoningItem | None = None) -> Iterator[StreamEvent]:
        for event in events:
            self._places.before(event, item)
            yield event
            self._places.after(event)


def _place(event: Any) -> Any:
    return identity(event, "output_index")


def _id(item: Any) -> Any:
    return identity(item, "id")


def _kind(item: Any) -> str:
    return text(item, "type")


def _count_messages(output: Iterable[Any]) -> int:
    return sum(_kind(item) == "message" for item in output)


def _text_key(event: Any) -> tuple[str, Any]:
    """Return which text of a reasoning item an event is about."""
    if "summary" in event.type:
        return "summary", identity(event, "summary_index")
    return "content", identity(event, "content_index")


_READERS: dict[str, Callable[[ResponsesDecoder, Any], Iterator[StreamEvent]]] = {
    "response.output_item.added": ResponsesDecoder._item_added,
    "response.output_item.done": ResponsesDecoder._item_done,
    "response.output_text.delta": ResponsesDecoder._text_delta,
    "response.refusal.delta": ResponsesDecoder._text_delta,
    "response.function_call_arguments.delta": ResponsesDecoder._arguments_delta,
    "response.reasoning_summary_text.delta": ResponsesDecoder._reasoning_delta,
    "response.reasoning_text.delta": ResponsesDecoder._reasoning_delta,
    "response.reasoning_summary_text.done": ResponsesDecoder._reasoning_text_done,
    "response.reasoning_text.done": ResponsesDecoder._reasoning_text_done,
    "response.completed": ResponsesDecoder._reply_complete,
    "response.incomplete": ResponsesDecoder._reply_complete,
    "response.failed": ResponsesDecoder._reply_complete,
    "error": ResponsesDecoder._error,
}

_COMPLETERS: dict[str, Callable[[ResponsesDecoder, Any, Any], Iterator[StreamEvent]]] = {
    "message": ResponsesDecoder._message_complete,
    "reasoning": ResponsesDecoder._reasoning_complete,
    "function_call": ResponsesDecoder._call_complete,
}

_HAVE_COME: dict[str, Callable[[ResponsesDecoder, Any, int], bool]] = {
    "message": ResponsesDecoder._message_has_come,
    "reasoning": ResponsesDecoder._reasoning_has_come,
    "function_call": ResponsesDecoder._call_has_come,
}
