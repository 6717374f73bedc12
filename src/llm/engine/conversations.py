"""`Conversation` and `AsyncConversation`: turns that see the turns before them.

Annotations are real objects here: a dataclass whose `__module__` is another one cannot resolve text.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from llm.core.attachments import Attachment
from llm.core.history import History, extend, messages_of
from llm.core.ids import new_id
from llm.core.messages import Message
from llm.core.tools import ToolResult
from llm.engine.chains import AsyncChainResponse, ChainResponse
from llm.engine.prompt import Prompt, compose
from llm.engine.responses import AsyncResponse, Response

if TYPE_CHECKING:
    from pydantic import BaseModel
    from typing_extensions import Self

ResponseT = TypeVar("ResponseT", Response, AsyncResponse)
ChainT = TypeVar("ChainT", ChainResponse, AsyncChainResponse)


@dataclass(repr=False)
class _BaseConversation(Generic[ResponseT, ChainT]):
    """What both faces of a conversation share. `responses` holds finished responses, and callers may assign it."""

    __module__ = "llm.models"

    model: Any
    id: str = field(default_factory=new_id)
    name: str | None = None
    responses: list[Any] = field(default_factory=list)
    tools: list[Any] | None = None
    chain_limit: int | None = None
    loaded_messages: list[Message] | None = None
    loaded_tools: list[str] | None = None
    before_call: Callable[..., Any] | None = None
    after_call: Callable[..., Any] | None = None

    _response_class: ClassVar[type[Any]]
    _chain_class: ClassVar[type[Any]]

    def __post_init__(self) -> None:
        self._stored: tuple[list[Message], History] | None = None

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
        tools: Iterable[Any] | None = None,
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
        tools: Iterable[Any] | None = None,
        tool_results: Iterable[ToolResult] | None = None,
        chain_limit: int | None = None,
        before_call: Callable[..., Any] | None = None,
        after_call: Callable[..., Any] | None = None,
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

        find = llm.get_model if cls._response_class is Response else llm.get_async_model
        return cls(model=find(row["model"]), id=row["id"], name=row["name"])

    def _compose(self, text: str | None, *, tools: Iterable[Any] | None, messages: Any, **arguments: Any) -> Prompt:
        tools = list(tools or ()) or self.tools
        asked = compose(self.model, text, tools=tools, messages=messages, **arguments)
        if messages is None:
            asked._continue_from(self._history() or asked._opening())
        return asked

    def _history(self) -> History | None:
        """What the next turn continues: what was read back from storage, or the responses so far."""
        if not self.loaded_messages:
            return _history_of(self.responses)
        if (
            self._stored
            and self._stored[0] is self.loaded_messages
            and self._stored[1].length == len(self.loaded_messages)
        ):
            return self._stored[1]
        return extend(None, self.loaded_messages)

    def _continue_stored(self, history: History | None) -> None:
        """Go on from a chain that the log store read; it stays shared, so that it need not be stored again."""
        self.loaded_messages = messages_of(history)
        self._stored = (self.loaded_messages, history) if history is not None else None

    def _record_response(self, response: Any) -> None:
        self.responses.append(response)
        self.loaded_messages = None

    def __repr__(self) -> str:
        count = len(self.responses)
        return f"<{type(self).__name__}: {self.id} - {count} response{'' if count == 1 else 's'}>"


def _history_of(responses: list[Any]) -> History | None:
    """Join turns from the latest that knows its whole chain; responses made by hand know only their own turn."""
    own_turns: list[Any] = []
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
class Conversation(_BaseConversation[Response, ChainResponse]):
    """A conversation with a model: each prompt sees the earlier ones and their answers."""

    __module__ = "llm.models"

    _response_class = Response
    _chain_class = ChainResponse


@dataclass(repr=False)
class AsyncConversation(_BaseConversation[AsyncResponse, AsyncChainResponse]):
    """A conversation with an async model."""

    __module__ = "llm.models"

    _response_class = AsyncResponse
    _chain_class = AsyncChainResponse

    def to_sync_conversation(self) -> Conversation:
        """Return a `Conversation` with the same identity and no responses."""
        return Conversation(
            self.model, id=self.id, name=self.name, responses=[], tools=self.tools, chain_limit=self.chain_limit
        )
