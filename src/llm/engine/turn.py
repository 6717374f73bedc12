"""The state of one model call: what both faces of a response hold, and what plugins set on them while it runs.

A response may be run by the engine, read back from storage, or built by hand with `_done`, `_chunks`, `_tool_calls`
and `_stream_events` assigned, so nothing here assumes how the values came about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from llm.core.attachments import Attachment
from llm.core.events import StreamEvent
from llm.core.history import History, extend
from llm.core.ids import new_id, new_tool_call_id
from llm.core.messages import Message
from llm.core.tools import AfterCall, BeforeCall, ToolCall
from llm.core.usage import Usage, token_usage_string
from llm.engine.assembly import assemble, without_events
from llm.engine.checks import check_support
from llm.engine.event_record import EventRecord
from llm.engine.event_replay import events_of
from llm.engine.prompt import Prompt
from llm.engine.replay import Replay

if TYPE_CHECKING:
    from llm.core.records import TurnRecord, TurnState
    from llm.engine.conversations import _BaseConversation
    from llm.engine.worlds import AnyModel


class _BaseResponse(EventRecord):
    """One model call: its prompt, what was recorded while it ran, and what that amounts to."""

    __module__ = "llm.models"

    # On the class as well, so that mocks made from it (`create_autospec`) have them.
    conversation: _BaseConversation[Any, Any, Any] | None = None
    resolved_model: str | None = None
    _run: Replay | None = None

    def __init__(
        self,
        prompt: Prompt,
        model: AnyModel,
        stream: bool,
        conversation: _BaseConversation[Any, Any, Any] | None = None,
        key: str | None = None,
        before_call: BeforeCall | None = None,
        after_call: AfterCall | None = None,
    ) -> None:
        super().__init__()
        self.id: str = new_id()
        self.prompt = prompt
        self.model = model
        self.stream = stream
        self.conversation = conversation
        self.before_call = before_call
        self.after_call = after_call
        self.response_json: Any = None
        self.resolved_model = None
        self.attachments: list[Attachment] = []
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self.token_details: dict[str, Any] | None = None
        self.done_callbacks: list[Any] = []
        self._key = key
        self._prompt_json: Any = None
        self._tool_calls: list[ToolCall] = []
        self._done = False
        self._start: float | None = None  # monotonic seconds
        self._end: float | None = None
        self._start_utcnow: datetime | None = None
        self._loaded_messages: list[Message] | None = None
        self._completed: list[Callable[[Any], None]] = []  # the engine's own; they run before `done_callbacks`
        self._settled: object = None  # the recorded state in which the run ended
        self._kept: tuple[list[Message], History | None] | None = None
        check_support(model, prompt)

    # What a model's execute() calls

    def set_usage(
        self,
        *,
        input: int | None = None,  # noqa: A002 - the documented name
        output: int | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Record token counts; all three values are replaced."""
        self.input_tokens = input
        self.output_tokens = output
        self.token_details = details

    def set_resolved_model(self, model_id: str) -> None:
        """Record which model the provider says it used."""
        self.resolved_model = model_id

    def add_tool_call(self, tool_call: ToolCall) -> None:
        """Register a tool call for local execution; one without an id is stored as a copy that has one."""
        self._tool_calls.append(with_id(tool_call))

    def token_usage(self) -> str:
        """Return the token counts as text, such as `10 input, 2 output`."""
        return token_usage_string(self.input_tokens, self.output_tokens, self.token_details)

    def _check_model(self) -> None:
        """Raise if the model is of the other world: blocking for an async response, or the reverse."""
        raise NotImplementedError  # abstract: each face knows its own bases

    # What is there so far, without running anything

    def _text_now(self) -> str:
        return "".join(self._chunks)

    def _usage_now(self) -> Usage:
        return Usage(input=self.input_tokens, output=self.output_tokens, details=self.token_details)

    def _messages_now(self) -> list[Message]:
        kept = self._kept_messages()
        return list(kept[0]) if kept else self._assembled()

    def _assembled(self, *, strict: bool = True) -> list[Message]:
        if self._loaded_messages is not None:
            return list(self._loaded_messages)
        if not self._items:
            return without_events(self._text_now(), self._tool_calls)
        return assemble(self._merged_events(), self._tool_calls, strict=strict)

    def _history_now(self) -> History | None:
        """The chain up to and including this response; shared with the turns that continue it."""
        kept = self._kept_messages()
        return kept[1] if kept else extend(self.prompt.history, self._assembled(strict=False))

    def _kept_messages(self) -> tuple[list[Message], History | None] | None:
        """The messages of a finished run and the chain with them, assembled when first asked for, shared by all turns.

        None as long as the response is not settled, once code outside has changed what was recorded, and where events
        contradict each other: `messages()` says so whenever it is asked.
        """
        if self._settled is None or self._settled != self._recorded_state():
            return None
        if self._kept is None:
            try:
                messages = self._assembled()
            except ValueError:
                return None
            self._kept = messages, extend(self.prompt.history, messages)
        return self._kept

    def _messages_for_log(self) -> list[Message]:
        """The messages as they can always be written down, also when events contradict each other."""
        return self._assembled(strict=False)

    def turn_record(self) -> TurnRecord:
        """Return what the log keeps of this response."""
        from llm.engine.recording import turn_record  # records are made when something is logged, not to list models

        return turn_record(self)

    def partial_record(self, state: TurnState, error: str | None = None) -> TurnRecord | None:
        """Return what the log keeps of a response that was cut short; None if the model had produced nothing yet."""
        from llm.engine.recording import partial_record

        return partial_record(self, state, error)

    def _recorded_state(self) -> object:
        """Something that is no longer equal when code outside assigns or extends what was recorded.

        It holds the very lists, not their ids: those of lists that are gone get used again.
        """
        recorded = (self._items, self._chunks, self._tool_calls)
        return [(items, len(items)) for items in recorded], self.prompt._chain, self._loaded_messages

    def _duration_now(self) -> int:
        if self._start is None or self._end is None:
            return 0
        return int((self._end - self._start) * 1000 + 1e-6)  # 1.001 seconds may be a little less than 1001 ms

    def _datetime_now(self, timespec: str = "auto") -> str:
        if self._start_utcnow is None:
            return ""
        started = self._start_utcnow
        if started.tzinfo is None:
            started = started.replace(tzinfo=timezone.utc)
        return started.isoformat(timespec=timespec)

    def _replayed_events(self) -> Iterable[StreamEvent]:
        """The recorded events; for a response that recorded none, events made from its messages."""
        return self._stream_events or events_of(self._messages_now())


def with_id(call: ToolCall) -> ToolCall:
    """Return the call itself if it has an id, else a copy with a fresh one."""
    if call.tool_call_id is not None:
        return call
    copy = replace(call, tool_call_id=new_tool_call_id())
    copy.__dict__.update({name: value for name, value in call.__dict__.items() if name not in copy.__dict__})
    return copy
