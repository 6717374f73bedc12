"""Events of Responses streams, piece by piece, and what is read from them."""

from __future__ import annotations

from typing import Any

from llm.core.events import StreamEvent
from llm.core.tools import ToolCall
from llm.engine.assembly import PartIndexes, assemble
from llm.providers.openai.responses import Responses
from llm.providers.openai.responses_stream import ResponsesDecoder
from tests.providers.openai.wire import obj


class Reading:
    """A stream that has been read: events placed as a response places them, the parts they make, and the calls."""

    def __init__(self, *stream: dict[str, Any]) -> None:
        self.calls: list[ToolCall] = []
        self.decoder = ResponsesDecoder(Responses("m"), self.calls.append)
        self.events: list[StreamEvent] = []
        places = PartIndexes()
        for event in self._produced(stream):
            places.place(event)
            self.events.append(event)
        self.messages = assemble(self.events, self.calls)
        self.parts: list[Any] = [part for message in self.messages for part in message.parts]

    def _produced(self, stream: tuple[dict[str, Any], ...]) -> Any:
        for event in stream:
            yield from self.decoder.feed(obj(**event))
        yield from self.decoder.finish()
        if self.decoder.final is not None:
            yield from self.decoder.refresh_reasoning(self.decoder.final.model_dump())

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Type and chunk of each event."""
        return [(event.type, event.chunk) for event in self.events]

    @property
    def text(self) -> str:
        """The text of the answer."""
        return "".join(part.text for part in self.parts if type(part).__name__ == "TextPart")


def added(item: dict[str, Any], place: int | None = None) -> dict[str, Any]:
    return piece("response.output_item.added", place, item=item)


def done(item: dict[str, Any], place: int | None = None) -> dict[str, Any]:
    return piece("response.output_item.done", place, item=item)


def text_delta(text: str, place: int | None = None, **fields: Any) -> dict[str, Any]:
    return piece("response.output_text.delta", place, delta=text, **fields)


def summary_delta(text: str, place: int | None = None, **fields: Any) -> dict[str, Any]:
    return piece("response.reasoning_summary_text.delta", place, delta=text, **fields)


def arguments_delta(text: str, place: int | None = None, **fields: Any) -> dict[str, Any]:
    return piece("response.function_call_arguments.delta", place, delta=text, **fields)


def completed(*output: dict[str, Any], kind: str = "completed", **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "response": {"status": kind, "output": list(output), **fields}}


def piece(kind: str, place: int | None, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **({} if place is None else {"output_index": place}), **fields}


def message(text: str = "", item_id: str = "msg_1") -> dict[str, Any]:
    content = [{"type": "output_text", "text": text}] if text else []
    return {"type": "message", "id": item_id, "role": "assistant", "content": content}


def reasoning(item_id: str | None = "rs_1", cipher: str | None = "E1", *summary: str) -> dict[str, Any]:
    parts = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "id": item_id, "encrypted_content": cipher, "summary": parts, "content": None}


def call(arguments: str = "", call_id: str | None = "c1", item_id: str = "fc_1", name: str = "f") -> dict[str, Any]:
    return {"type": "function_call", "id": item_id, "call_id": call_id, "name": name, "arguments": arguments}


def search(**fields: Any) -> dict[str, Any]:
    return {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}, **fields}


def metadata(item_id: str, cipher: str, *summary: str) -> dict[str, Any]:
    known: dict[str, Any] = {"id": item_id, "encrypted_content": cipher}
    if summary:
        known["summary"] = [{"type": "summary_text", "text": text} for text in summary]
    return {"openai": known}
