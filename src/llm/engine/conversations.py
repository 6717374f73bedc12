"""`Conversation` and `AsyncConversation`: turns that see the turns before them.

Annotations are real objects here: a dataclass whose `__module__` is another one cannot resolve text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

from llm.core.attachments import Attachment
from llm.core.history import History, extend, messages_of
from llm.core.ids import new_id
from llm.core.messages import Message
from llm.core.tools import AfterCall, BeforeCall, ToolResult
from llm.engine.chains import AsyncChainResponse, ChainResponse
from llm.engine.legacy import linked_rows
from llm.engine.prompt import Prompt, compose
from llm.engine.responses import AsyncResponse, Response
from llm.engine.stored_turns import StoredTurns

if TYPE_CHECKING:
    from pydantic import BaseModel
    from typing_extensions import Self

    from llm.engine.model import _AsyncModel, _BaseModel, _Model
    from llm.engine.tool_types import ToolDef
    from llm.store.connection import HasConnection

ModelT = TypeVar("ModelT", bound="_BaseModel[Any, Any, Any]")
ResponseT = TypeVar("ResponseT", bound=Response | AsyncResponse)
ChainT = TypeVar("ChainT", bound=ChainResponse | AsyncChainResponse)

#: how many responses a conversation has, and what was read back from storage before them
Bookmark: TypeAlias = tuple[int, list[Message] | None, tuple[list[Message], History] | None]


@dataclass(repr=False)
class _BaseConversation(Generic[ModelT, ResponseT, ChainT]):
    """What both faces of a conversation share. `responses` holds finished responses, and callers may assign it."""

    __module__ = "llm.models"

    model: ModelT
    id: str = field(default_factory=new_id)
    name: str | None = None
    responses: list[ResponseT] = field(default_factory=list)
    tools: list[Any] | None = None
    chain_limit: int | None = None
    loaded_messages: list[Message] | None = None
    loaded_tools: list[str] | None = None
    before_call: BeforeCall | None = None
    after_call: AfterCall | None = None

    _response_class: ClassVar[type[Any]]
    _chain_class: ClassVar[type[Any]]
    _find_model: ClassVar[str]  # the name of the look-up in `llm`

    def __post_init__(self) -> None:
        self._stored: tuple[list[Message], History] | None = None
        self._past: StoredTurns[ResponseT] | None = None
        self._running = 0  # responses that are at work now

    def prompt(
        self,
        prompt: str | None = None,
        *,
        fragments: Iterable[str] | None = None,
        attachments: Iterable[Attachment] | None = None,
        system: str | None = None,
        system_fragments: Iterable[str] | None = None,
        messages: Iterable[Message] | None = None,
        stream: bool = True,
        schema: "dict[str, Any] | type[BaseModel] | None" = None,
        tools: "Iterable[ToolDef] | None" = None,
        tool_results: Iterable[ToolResult] | None = None,
        options: Mapping[str, Any] | None = None,
        key: str | None = None,
        hide_reasoning: bool = False,
        **kwargs: Any,
    ) -> ResponseT:
        """Return the response to the next prompt of the conversation; arguments as for `Model.prompt`.

        `messages` replaces everything remembered so far. Raises what `Model.prompt` raises.
        """
        asked = self._compose(
            prompt, fragments=fragments, attachments=attachments, system=system, system_fragments=system_fragments,
            messages=messages, schema=schema, tools=tools, tool_results=tool_results, options=options,
            hide_reasoning=hide_reasoning, loose=kwargs,
        )  # fmt: skip
        response: ResponseT = self._response_class(
            asked, self.model, stream, self, key, before_call=self.before_call, after_call=self.after_call
        )
        return response

    def chain(
        self,
        prompt: str | None = None,
        *,
        fragments: Iterable[str] | None = None,
        attachments: Iterable[Attachment] | None = None,
        system: str | None = None,
        system_fragments: Iterable[str] | None = None,
        messages: Iterable[Message] | None = None,
        stream: bool = True,
        schema: "dict[str, Any] | type[BaseModel] | None" = None,
        tools: "Iterable[ToolDef] | None" = None,
        tool_results: Iterable[ToolResult] | None = None,
        chain_limit: int | None = None,
        before_call: BeforeCall | None = None,
        after_call: AfterCall | None = None,
        key: str | None = None,
        options: Mapping[str, Any] | None = None,
        hide_reasoning: bool = False,
    ) -> ChainT:
        """Return a chain: prompts and tool calls until the model asks for no more tools.

        `chain_limit` is the number of rounds allowed, 0 or None for no limit. Raises what `Model.prompt` raises.
        """
        asked = self._compose(
            prompt, fragments=fragments, attachments=attachments, system=system, system_fragments=system_fragments,
            messages=messages, schema=schema, tools=tools, tool_results=tool_results, options=options,
            hide_reasoning=hide_reasoning, loose={},
        )  # fmt: skip
        chain: ChainT = self._chain_class(
            asked,
            self.model,
            stream,
            self,
            key,
            self.chain_limit if chain_limit is None else chain_limit,
            self.before_call if before_call is None else before_call,
            self.after_call if after_call is None else after_call,
        )
        return chain

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Self":
        """Return the conversation of a row of the table `conversations`, without its responses."""
        import llm

        return cls(model=getattr(llm, cls._find_model)(row["model"]), id=row["id"], name=row["name"])

    def _compose(
        self,
        text: str | None,
        *,
        tools: "Iterable[ToolDef] | None",
        messages: Iterable[Message] | None,
        **arguments: Any,
    ) -> Prompt:
        tools = list(tools or ()) or self.tools
        asked = compose(self.model, text, tools=tools, messages=messages, **arguments)
        if messages is None:
            asked._continue_from(self._history() or asked._opening())
        return asked

    def _history(self) -> History | None:
        """What the next turn continues: what was read back from storage, or the responses so far."""
        if not self.loaded_messages:
            return _history_of(self._responses)
        if (
            self._stored
            and self._stored[0] is self.loaded_messages
            and self._stored[1].length == len(self.loaded_messages)
        ):
            return self._stored[1]
        return extend(None, self.loaded_messages)

    def _continue_stored(self, history: History | None) -> None:
        """Go on from a chain that the log store read; it stays shared, so that it need not be stored again.

        `loaded_messages` shows the chain and `responses` stays as it is: empty, or what `Response.from_row` made of
        older tables. While a response runs, its model finds the stored turns in `responses` too.
        """
        self.loaded_messages = messages_of(history)
        self._stored = (self.loaded_messages, history) if history is not None else None

    def _continue_rows(self, db: "HasConnection", rows: Iterable[Mapping[str, Any]]) -> None:
        """Go on from rows of the legacy table `responses`, oldest first: they become `responses`.

        Each one's `prompt.messages` is the whole chain up to it. Where the model of a row is not installed, the
        conversation's takes its place.
        """
        rebuilt = linked_rows(self._response_class, db, rows, find=self._find_model, model=self.model)
        for response in rebuilt:
            response.conversation = self
        self.responses = rebuilt

    def _bookmark(self) -> Bookmark:
        """Return where the conversation stands, for `_return_to`."""
        return len(self._responses), self.loaded_messages, self._stored

    def _return_to(self, bookmark: Bookmark) -> None:
        """Forget what came after a bookmark."""
        count, self.loaded_messages, self._stored = bookmark
        del self._responses[count:]

    @contextmanager
    def _showing_stored_turns(self) -> Iterator[None]:
        """Meanwhile `responses` holds the stored turns too: most models of plugins take their history from there.

        Everybody else finds there what has finished in this conversation, and the stored turns in `loaded_messages`.
        """
        history = self._history() if self.loaded_messages else None
        if history is not None and (self._past is None or self._past.history is not history):
            self._past = StoredTurns(self, history)
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def _shown_responses(self) -> list[ResponseT]:
        return self._past.among(self._responses) if self._running and self._past else self._responses

    def _assign_responses(self, responses: list[ResponseT]) -> None:
        self._responses = responses
        self._past = None  # whoever assigns them decides what belongs there

    def _record_response(self, response: Any) -> None:
        self._responses.append(response)
        self.loaded_messages = None

    def __repr__(self) -> str:
        count = len(self.responses)
        return f"<{type(self).__name__}: {self.id} - {count} response{'' if count == 1 else 's'}>"


# Not in the class: there, the field `responses` would take the property for its default.
_BaseConversation.responses = property(  # type: ignore[assignment, misc]
    _BaseConversation._shown_responses, _BaseConversation._assign_responses
)


def _history_of(responses: Sequence[Response | AsyncResponse]) -> History | None:
    """Join turns from the latest that knows its whole chain; responses made by hand know only their own turn."""
    own_turns: list[Response | AsyncResponse] = []
    for response in reversed(responses):
        if not response._done:
            continue
        own_turns.append(response)
        if response.prompt._is_explicit:
            break
    history: History | None = None
    for response in reversed(own_turns):
        if history is None:
            history = response._history_now()
        else:
            history = extend(history, [*response.prompt.messages, *response._messages_for_log()])
    return history


@dataclass(repr=False)
class Conversation(_BaseConversation["_Model", Response, ChainResponse]):
    """A conversation with a model: each prompt sees the earlier ones and their answers."""

    __module__ = "llm.models"

    _response_class = Response
    _chain_class = ChainResponse
    _find_model = "get_model"


@dataclass(repr=False)
class AsyncConversation(_BaseConversation["_AsyncModel", AsyncResponse, AsyncChainResponse]):
    """A conversation with an async model."""

    __module__ = "llm.models"

    _response_class = AsyncResponse
    _chain_class = AsyncChainResponse
    _find_model = "get_async_model"

    def to_sync_conversation(self) -> Conversation:
        """Return a `Conversation` with the same identity and no responses."""
        return Conversation(
            self.model,  # type: ignore[arg-type]  # it says who answered; there it answers no more
            id=self.id,
            name=self.name,
            responses=[],
            tools=self.tools,
            chain_limit=self.chain_limit,
        )
