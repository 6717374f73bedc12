"""The two faces of a response: `Response` for ordinary code, `AsyncResponse` for code on an event loop.

Both are the same turn (`engine.turn`) run by the same coroutines (`engine.flow`); a method here hands them its host.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from llm.core.events import StreamEvent
from llm.core.history import extend
from llm.core.messages import Message
from llm.core.server_tools import ServerSideTool
from llm.core.toolbox import expand_tools
from llm.core.tools import AfterCall, BeforeCall, Tool, ToolCall, ToolResult
from llm.core.usage import Usage
from llm.core.wire import ResponseDict
from llm.engine import flow
from llm.engine.blocking import finish
from llm.engine.host import BLOCKING, LOOP, Host
from llm.engine.legacy import from_row
from llm.engine.prompt import tool_attachments, tool_messages, user_messages
from llm.engine.snapshots import copy_record, fake_response, restored, to_dict
from llm.engine.tool_calls import OWN_HOOK, Outcome, OwnHook, ToolRun, implementations, make_call, settle
from llm.engine.turn import _BaseResponse, with_id

if TYPE_CHECKING:
    from llm.engine.conversations import AsyncConversation, Conversation
    from llm.engine.model import _AsyncModel, _Model
    from llm.engine.tool_types import ToolDef
    from llm.store.connection import HasConnection


class _ToolRunner(_BaseResponse):
    """Tool calls and replies, for both faces."""

    _host: ClassVar[Host]

    async def _execute_tool_calls(
        self,
        before_call: BeforeCall | OwnHook | None,
        after_call: AfterCall | OwnHook | None,
        calls: Sequence[ToolCall] | None,
        tools: Sequence[ToolDef] | None,
    ) -> list[ToolResult]:
        if calls is None:
            await flow.complete(self._host, self)
            calls = self._tool_calls
        known = implementations(await self._tools_in_effect(tools))
        before = self.before_call if before_call is OWN_HOOK else before_call
        after = self.after_call if after_call is OWN_HOOK else after_call
        runs = [ToolRun(self._host, call, known.get(call.name), before, after, self._make_call) for call in calls]
        return settle(await self._host.together(runs))

    async def _tools_in_effect(self, tools: Sequence[ToolDef] | None) -> Sequence[Tool | ServerSideTool]:
        if tools is not None:
            await flow.prepare(self._host, tools)
            return expand_tools(tools)
        await flow.prepare_tools(self._host, self.model, self.prompt)
        await flow.prepare(self._host, self.prompt.tools)
        return self.prompt.tools

    async def _make_call(self, run: ToolRun) -> Outcome:
        # A method, so that a tool which looks up its call stack finds this response as `self`.
        outcome = await make_call(run)
        if self._observe_result is not None and outcome.result is not None:
            self._observe_result(outcome.result)
        return outcome

    async def _reply(
        self,
        prompt: str | None,
        messages: Sequence[Message] | None,
        tool_results: Sequence[ToolResult] | None,
        options: Mapping[str, Any] | None,
        arguments: dict[str, Any],
    ) -> Any:
        await flow.complete(self._host, self)
        if "tools" in arguments:
            arguments["tools"] = list(arguments["tools"] or ())
        elif self.prompt.tools:
            arguments["tools"] = self.prompt.tools
        if tool_results is None and self._tool_calls:
            tool_results = await self._execute_tool_calls(OWN_HOOK, OWN_HOOK, None, arguments.get("tools"))
        results = list(tool_results or ())
        tail = [
            *tool_messages(results, with_attachments=False),
            *user_messages("", tool_attachments(results)),
            *user_messages(prompt or "", ()),
            *(messages or ()),
        ]
        chain: Any = extend(self._history_now(), tail) or []
        if self.model.prompt.__module__ != "llm.engine.model":  # what a plugin put there expects a list
            chain = list(chain)
        response = self.model.prompt(messages=chain, options=options, **arguments)
        response.before_call, response.after_call = self.before_call, self.after_call
        return response


class Response(_ToolRunner):
    """The answer of a model. Nothing is asked of the model before the response is read.

    Iterating yields text as it arrives; the first reader runs the model, later ones get what was recorded.
    """

    __module__ = "llm.models"

    model: _Model
    conversation: Conversation | None
    _host = BLOCKING

    def _check_model(self) -> None:
        if getattr(self.model, "_world", None) != "blocking":
            raise TypeError(f"{self.model!r} is not a Model or KeyModel: use an AsyncResponse for async models")

    def _force(self) -> None:
        if not self._done:
            run, events = flow.run_of(BLOCKING, self), self._items
            while run.more(events, len(events)):
                pass

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._chunks)) if self._done else flow.run_of(BLOCKING, self).read(self._chunks)

    def stream_events(self) -> Iterator[StreamEvent]:
        """Yield the events of the response, live on first use."""
        if self._done:
            return (event for event in self._replayed_events())
        return flow.run_of(BLOCKING, self).read(self._stream_events)

    def text(self) -> str:
        """Return the whole text."""
        self._force()
        return self._text_now()

    def __str__(self) -> str:
        return self.text()

    def text_or_raise(self) -> str:
        """Return the whole text (blocking responses run where needed)."""
        return self.text()

    def json(self) -> Any:
        """Return the provider's raw payload, or None."""
        self._force()
        return self.response_json

    def usage(self) -> Usage:
        """Return the token counts."""
        self._force()
        return self._usage_now()

    def tool_calls(self) -> list[ToolCall]:
        """Return the tool calls registered for local execution."""
        self._force()
        return self._tool_calls

    def tool_calls_or_raise(self) -> list[ToolCall]:
        """Return the tool calls (blocking responses run where needed)."""
        return self.tool_calls()

    def messages(self) -> list[Message]:
        """Return the response's own messages. Raises `ValueError` for events of different kinds in one part."""
        self._force()
        return self._messages_now()

    def duration_ms(self) -> int:
        """Return the milliseconds between start and end of the run."""
        self._force()
        return self._duration_now()

    def datetime_utc(self) -> str:
        """Return the start of the run in ISO 8601 with `+00:00`; empty if it never ran."""
        self._force()
        return self._datetime_now()

    def on_done(self, callback: Callable[[Response], object]) -> None:
        """Call `callback(response)` when the response is finished, at once if it is."""
        finish(flow.on_done(BLOCKING, self, callback))

    def execute_tool_calls(
        self,
        *,
        before_call: BeforeCall | OwnHook | None = OWN_HOOK,
        after_call: AfterCall | OwnHook | None = OWN_HOOK,
        tool_calls_list: Sequence[ToolCall] | None = None,
        tools: Sequence[ToolDef] | None = None,
    ) -> list[ToolResult]:
        """Run the response's tool calls, or those given, and return the results in call order.

        Hooks default to the response's own; None means no hook. Exceptions of hooks and `PauseChain` propagate.
        """
        return finish(self._execute_tool_calls(before_call, after_call, tool_calls_list, tools))

    def execute_tool_call(self, tool_call: ToolCall) -> ToolResult:
        """Run one call, for providers that run the tool loop themselves; the call is not registered."""
        return self.execute_tool_calls(tool_calls_list=[with_id(tool_call)])[0]

    def reply(
        self,
        prompt: str | None = None,
        *,
        messages: Sequence[Message] | None = None,
        tool_results: Sequence[ToolResult] | None = None,
        options: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Response:
        """Return the next turn after this response; pending tool calls are run first unless results are given."""
        made: Response = finish(self._reply(prompt, messages, tool_results, options, kwargs))
        return made

    def to_dict(self) -> ResponseDict:
        """Return a JSON-safe dictionary from which `from_dict` makes an equal response."""
        self._force()
        return to_dict(self)

    @classmethod
    def from_dict(cls, data: ResponseDict, *, model: _Model | None = None) -> Response:
        """Return the finished response of a dictionary; `model` defaults to the registered one of that id."""
        return restored(cls, data, model=model, find="get_model")

    @classmethod
    def from_row(cls, db: HasConnection, row: Mapping[str, Any], _async: bool = False) -> Response:
        """Return the finished response of a row of the legacy table `responses`; its model has to be registered."""
        return from_row(cls, db, row, find="get_async_model" if _async else "get_model")

    @classmethod
    def fake(cls, model: _Model, prompt: str | None, *rest: Any, **named: Any) -> Response:
        """Return a finished response that never ran, for tests.

        Call it as `fake(model, prompt, *attachments, system=..., response=...)` or by position as
        `fake(model, prompt, system, response)`. Raises `TypeError` if `system` or `response` is missing or given twice.
        """
        return fake_response(cls, model, prompt, rest, named)

    def log_to_db(self, db: HasConnection) -> None:
        """Record the response in a log database (a `sqlite_utils.Database`), which is migrated if needed."""
        self._force()
        from llm.engine.recording import write_to

        write_to(db, self)

    def __repr__(self) -> str:
        text = self._text_now() if self._done else "... not yet done ..."
        return f"<Response prompt='{self.prompt.prompt}' text='{text}'>"


class AsyncResponse(_ToolRunner):
    """The answer of an async model; `await` it, or iterate over it with `async for`."""

    __module__ = "llm.models"

    model: _AsyncModel
    conversation: AsyncConversation | None
    _host = LOOP

    def _check_model(self) -> None:
        if getattr(self.model, "_world", None) != "async":
            raise ValueError(
                f"{self.model!r} is not an AsyncModel or AsyncKeyModel: use a Response for blocking models"
            )

    async def _force(self) -> None:
        await flow.complete(LOOP, self)

    def __await__(self) -> Generator[Any, None, AsyncResponse]:
        yield from self._force().__await__()
        return self

    def __aiter__(self) -> AsyncIterator[str]:
        return flow.stream_text(LOOP, self)

    def astream_events(self) -> AsyncGenerator[StreamEvent, None]:
        """Yield the events of the response, live on first use; closing it early closes the model's generator."""
        return flow.stream_events(LOOP, self, closing=True)

    async def text(self) -> str:
        """Return the whole text."""
        await self._force()
        return self._text_now()

    def text_or_raise(self) -> str:
        """Return the whole text of a finished response. Raises `ValueError` before."""
        self._check_done()
        return self._text_now()

    async def json(self) -> Any:
        """Return the provider's raw payload, or None."""
        await self._force()
        return self.response_json

    async def usage(self) -> Usage:
        """Return the token counts."""
        await self._force()
        return self._usage_now()

    async def tool_calls(self) -> list[ToolCall]:
        """Return the tool calls registered for local execution."""
        await self._force()
        return self._tool_calls

    def tool_calls_or_raise(self) -> list[ToolCall]:
        """Return the tool calls of a finished response. Raises `ValueError` before."""
        self._check_done()
        return self._tool_calls

    async def messages(self) -> list[Message]:
        """Return the response's own messages. Raises `ValueError` for events of different kinds in one part."""
        await self._force()
        return self._messages_now()

    async def duration_ms(self) -> int:
        """Return the milliseconds between start and end of the run."""
        await self._force()
        return self._duration_now()

    async def datetime_utc(self) -> str:
        """Return the start of the run in ISO 8601 with `+00:00`; empty if it never ran."""
        await self._force()
        return self._datetime_now()

    async def on_done(self, callback: Callable[[AsyncResponse], object] | Awaitable[object]) -> None:
        """Call `callback(response)` when the response is finished, at once if it is; it may be a coroutine function."""
        await flow.on_done(LOOP, self, callback)

    async def execute_tool_calls(
        self,
        *,
        before_call: BeforeCall | OwnHook | None = OWN_HOOK,
        after_call: AfterCall | OwnHook | None = OWN_HOOK,
        tool_calls_list: Sequence[ToolCall] | None = None,
        tools: Sequence[ToolDef] | None = None,
    ) -> list[ToolResult]:
        """Run the response's tool calls, or those given: coroutine functions side by side, others in call order."""
        return await self._execute_tool_calls(before_call, after_call, tool_calls_list, tools)

    async def execute_tool_call(self, tool_call: ToolCall) -> ToolResult:
        """Run one call, for providers that run the tool loop themselves; the call is not registered."""
        return (await self.execute_tool_calls(tool_calls_list=[with_id(tool_call)]))[0]

    async def reply(
        self,
        prompt: str | None = None,
        *,
        messages: Sequence[Message] | None = None,
        tool_results: Sequence[ToolResult] | None = None,
        options: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> AsyncResponse:
        """Return the next turn after this finished response; pending tool calls are run first."""
        self._check_done()
        made: AsyncResponse = await self._reply(prompt, messages, tool_results, options, kwargs)
        return made

    def to_dict(self) -> ResponseDict:
        """Return a JSON-safe dictionary of a finished response. Raises `ValueError` before."""
        self._check_done()
        return to_dict(self)

    @classmethod
    def from_dict(cls, data: ResponseDict, *, model: _AsyncModel | None = None) -> AsyncResponse:
        """Return the finished response of a dictionary; `model` defaults to the registered one of that id."""
        return restored(cls, data, model=model, find="get_async_model")

    @classmethod
    def from_row(cls, db: HasConnection, row: Mapping[str, Any]) -> AsyncResponse:
        """Return the finished response of a row of the legacy table `responses`; its model has to be registered."""
        return from_row(cls, db, row, find="get_async_model")

    @classmethod
    def fake(cls, model: _AsyncModel, prompt: str | None, *rest: Any, **named: Any) -> AsyncResponse:
        """Return a finished response that never ran, for tests; arguments as for `Response.fake`."""
        return fake_response(cls, model, prompt, rest, named)

    def log_to_db(self, db: HasConnection) -> None:
        """Record the finished response in a log database. Raises `ValueError` before it is done."""
        self._check_done()
        from llm.engine.recording import write_to

        write_to(db, self)

    async def to_sync_response(self) -> Response:
        """Return a finished `Response` that holds the same data."""
        await self._force()
        conversation = self.conversation and self.conversation.to_sync_conversation()
        twin = Response(self.prompt, self.model, self.stream, conversation)
        copy_record(self, twin)
        return twin

    def _check_done(self) -> None:
        if self._done:
            return
        if self._run is not None:
            self._run.check()
        raise ValueError("Response has not been awaited yet: use 'await response' first")

    def __repr__(self) -> str:
        text = self._text_now() if self._done else "... not yet awaited ..."
        return f"<AsyncResponse prompt='{self.prompt.prompt}' text='{text}'>"
