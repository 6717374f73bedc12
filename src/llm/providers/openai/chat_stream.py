"""Reading Chat Completions: chunks of a stream, and whole replies, into events and tool calls.

No input or output happens here. Objects are read by attribute and may lack most of them: they come from our client,
from the OpenAI SDK, from other SDKs and from tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from llm.core.events import StreamEvent
from llm.core.ids import new_tool_call_id
from llm.core.tools import ToolCall
from llm.engine.assembly import parsed_arguments
from llm.providers.openai.reading import first, items, mapping, text

# Always there in the dictionary that `set_usage` gets, in this order.
_USAGE_FIELDS = (
    "completion_tokens",
    "prompt_tokens",
    "total_tokens",
    "completion_tokens_details",
    "prompt_tokens_details",
)


class _Call:
    """A tool call that is being put together."""

    __slots__ = ("given_id", "id", "index", "name", "pieces")

    def __init__(self, index: Any, given_id: str, name: str) -> None:
        self.index = index
        self.given_id = given_id
        self.id = given_id or new_tool_call_id()
        self.name = name
        self.pieces: list[str] = []  # of its arguments; a text that grows would be copied for each of them

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)

    def is_complete(self) -> bool:
        try:
            return isinstance(json.loads(self.arguments), dict)
        except (ValueError, RecursionError):
            return False


class ToolCallDeltas:
    """Puts tool calls together from the pieces in which providers send them.

    A piece belongs to the call with its id; without an id, to the last call with its index. Some providers send no
    ids, some the same index for every call or none, and some repeat id and name in each piece.
    """

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def feed(self, delta: Any) -> Iterator[StreamEvent]:
        """Yield the events of one piece."""
        function = getattr(delta, "function", None)
        index, given_id = getattr(delta, "index", None), text(delta, "id")
        name, arguments = text(function, "name"), text(function, "arguments")
        call = self._continued(index, given_id, name, arguments)
        if call is None:
            call = _Call(index, given_id, name)
            self._calls.append(call)
            yield StreamEvent("tool_call_name", name, tool_call_id=call.id)
        elif name and not call.name:
            call.name = name
            yield StreamEvent("tool_call_name", name, tool_call_id=call.id)
        call.given_id = call.given_id or given_id
        if arguments:
            call.pieces.append(arguments)
            yield StreamEvent("tool_call_args", arguments, tool_call_id=call.id)

    def finished(self) -> list[ToolCall]:
        """Return the calls in the order in which they began."""
        return [ToolCall(call.name, parsed_arguments(call.arguments), call.id) for call in self._calls]

    def _continued(self, index: Any, given_id: str, name: str, arguments: str) -> _Call | None:
        """Return the call that a piece belongs to, None for a new one."""
        if given_id:
            known = next((call for call in self._calls if call.given_id == given_id), None)
            if known is not None:
                return known
        last = next((call for call in reversed(self._calls) if index is None or call.index == index), None)
        if last is None or (given_id and last.given_id):
            return None
        if not name or not last.name:
            return last
        # Without ids, another name is another call; so is the same name with arguments when those of the last call
        # are complete, unless an index says that it is just repeated.
        another = name != last.name or (bool(arguments) and (index is None or bool(given_id)) and last.is_complete())
        return None if another else last


class ChatDecoder:
    """Turns the chunks of a stream into events, and keeps what is known once it has ended."""

    def __init__(self) -> None:
        self.chunks: list[Any] = []
        self.usage: dict[str, Any] | None = None
        self.model: Any = None
        self._deltas = ToolCallDeltas()

    def feed(self, chunk: Any) -> Iterator[StreamEvent]:
        """Yield the events of one chunk."""
        self.chunks.append(chunk)
        self.usage = usage_of(chunk) or self.usage
        self.model = self.model or getattr(chunk, "model", None)
        delta = getattr(first(chunk, "choices"), "delta", None)
        for piece in items(delta, "tool_calls"):
            yield from self._deltas.feed(piece)
        for said in (text(delta, "content"), text(delta, "refusal")):
            if said:
                yield StreamEvent("text", said)

    def tool_calls(self) -> list[ToolCall]:
        """Return the tool calls of the whole stream."""
        return self._deltas.finished()


class TextDecoder:
    """Turns the chunks of a legacy completion into text, and keeps what is known once it has ended."""

    def __init__(self) -> None:
        self.chunks: list[Any] = []
        self.usage: dict[str, Any] | None = None
        self.model: Any = None

    def feed(self, chunk: Any) -> Iterator[str]:
        """Yield the text of one chunk, also when it is empty."""
        self.chunks.append(chunk)
        self.usage = usage_of(chunk) or self.usage
        self.model = self.model or getattr(chunk, "model", None)
        if items(chunk, "choices"):
            yield text(first(chunk, "choices"), "text")


def reply_calls(reply: Any) -> list[tuple[ToolCall, str]]:
    """Return the tool calls of a whole reply, each with its arguments as they came."""
    return [_reply_call(call) for call in items(_message(reply), "tool_calls")]


def reply_events(reply: Any, calls: Iterable[tuple[ToolCall, str]]) -> Iterator[StreamEvent]:
    """Yield the events of a whole reply whose tool calls are `calls`."""
    for call, arguments in calls:
        yield StreamEvent("tool_call_name", call.name, tool_call_id=call.tool_call_id)
        yield StreamEvent("tool_call_args", arguments, tool_call_id=call.tool_call_id)
    message = _message(reply)
    if getattr(message, "content", None) is not None:
        yield StreamEvent("text", text(message, "content"))
    if text(message, "refusal"):
        yield StreamEvent("text", text(message, "refusal"))


def usage_of(reply: Any) -> dict[str, Any] | None:
    """Return the usage of a reply or chunk with all the usual keys, None where it is absent."""
    given = mapping(getattr(reply, "usage", None))
    return None if given is None else {**dict.fromkeys(_USAGE_FIELDS), **given}


def reasoning_tokens(details: Any) -> int:
    """Return the tokens spent on reasoning according to the details of output tokens."""
    count = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return count if isinstance(count, int) else 0


def hidden_reasoning() -> StreamEvent:
    """Return the event that says that reasoning took place of which nothing is shown."""
    return StreamEvent("reasoning", "", redacted=True)


def _reply_call(call: Any) -> tuple[ToolCall, str]:
    function = getattr(call, "function", None)
    arguments = text(function, "arguments")
    call_id = text(call, "id") or new_tool_call_id()
    return ToolCall(text(function, "name"), parsed_arguments(arguments), call_id), arguments


def _message(reply: Any) -> Any:
    return getattr(first(reply, "choices"), "message", None)
