"""The base classes that model plugins subclass.

A plugin's constructor rarely calls `super().__init__()`, so nothing here keeps state of its own: every attribute has
a class-level default. Whether a model blocks or is awaited is fixed by its base class.

Models are listed far more often than run: what runs them is imported when one is prompted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from llm.engine.keyed import Keyed
from llm.engine.options import base_options, lazy_options

if TYPE_CHECKING:
    from pydantic import BaseModel

    from llm.core.attachments import Attachment
    from llm.core.events import StreamEvent
    from llm.core.messages import Message
    from llm.core.server_tools import ServerSideTool
    from llm.core.tools import AfterCall, BeforeCall, ToolResult
    from llm.engine.chains import AsyncChainResponse, ChainResponse
    from llm.engine.conversations import AsyncConversation, Conversation
    from llm.engine.prompt import Prompt
    from llm.engine.responses import AsyncResponse, Response
    from llm.engine.tool_types import ToolDef

ResponseT_co = TypeVar("ResponseT_co", bound="Response | AsyncResponse", covariant=True)
ConversationT_co = TypeVar("ConversationT_co", bound="Conversation | AsyncConversation", covariant=True)
ChainT_co = TypeVar("ChainT_co", bound="ChainResponse | AsyncChainResponse", covariant=True)


class _BaseModel(Keyed, ABC, Generic[ResponseT_co, ConversationT_co, ChainT_co]):
    """What all models share: attributes, and the three ways to start talking to one."""

    __module__ = "llm.models"

    can_stream: bool = False
    attachment_types: Collection[str] = frozenset()
    supports_schema: bool = False
    supports_tools: bool = False
    supports_conversation: bool = True
    Options: Any = lazy_options(base_options)

    _world: ClassVar[Literal["blocking", "async"]]
    _takes_key: ClassVar[bool] = False

    @staticmethod
    @abstractmethod
    def _response_class() -> Callable[..., ResponseT_co]:
        """Return the class of what `prompt` returns."""

    @staticmethod
    @abstractmethod
    def _conversation_class() -> Callable[..., ConversationT_co]:
        """Return the class of what `conversation` returns."""

    if TYPE_CHECKING:

        @property
        def execute(self) -> Callable[..., Any]:
            """What runs the model: `Model` and the other bases say what it takes."""

    @property
    def supported_server_side_tools(self) -> Collection[type[ServerSideTool]]:
        """The classes of server-side tools that this model accepts."""
        return ()

    def _validate_attachments(self, attachments: Iterable[Attachment] | None = None) -> None:
        attachments = list(attachments or ())
        if attachments and not self.attachment_types:
            raise ValueError(f"Model '{self.model_id}' does not support attachments, choose another model")
        for attachment in attachments:
            kind = attachment.resolve_type()
            if kind not in self.attachment_types:
                accepted = ", ".join(sorted(self.attachment_types))
                raise ValueError(
                    f"Model '{self.model_id}' does not support attachments of type '{kind}', only {accepted}"
                )

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
        schema: dict[str, Any] | type[BaseModel] | None = None,
        tools: Iterable[ToolDef] | None = None,
        tool_results: Iterable[ToolResult] | None = None,
        options: Mapping[str, Any] | None = None,
        hide_reasoning: bool = False,
        **kwargs: Any,
    ) -> ResponseT_co:
        """Return the response to a prompt; the model is called when the response is first read.

        `messages` is the history to continue; `tools` takes functions, `Tool`, `Toolbox` and `ServerSideTool`
        objects; `key` among the keywords is the API key, every other keyword is a model option.

        Raises `TypeError` for overlapping options or something that is no tool, `pydantic.ValidationError` for bad
        option values, and `ValueError` for attachments, schemas or tools that the model does not support.
        """
        from llm.engine.prompt import compose

        key = kwargs.pop("key", None)
        asked = compose(
            self, prompt, fragments=fragments, attachments=attachments, system=system,
            system_fragments=system_fragments, messages=messages, schema=schema, tools=tools,
            tool_results=tool_results, options=options, loose=kwargs, hide_reasoning=hide_reasoning,
        )  # fmt: skip
        return self._response_class()(asked, self, stream, key=key)

    def conversation(
        self,
        tools: list[Any] | None = None,
        before_call: BeforeCall | None = None,
        after_call: AfterCall | None = None,
        chain_limit: int | None = None,
    ) -> ConversationT_co:
        """Return a new conversation with this model; the arguments are defaults for its chains."""
        return self._conversation_class()(
            model=self, tools=tools, before_call=before_call, after_call=after_call, chain_limit=chain_limit
        )

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
        schema: dict[str, Any] | type[BaseModel] | None = None,
        tools: Iterable[ToolDef] | None = None,
        tool_results: Iterable[ToolResult] | None = None,
        before_call: BeforeCall | None = None,
        after_call: AfterCall | None = None,
        key: str | None = None,
        options: Mapping[str, Any] | None = None,
        hide_reasoning: bool = False,
    ) -> ChainT_co:
        """Return a chain in a new conversation: prompts and tool calls until no more tools are asked for."""
        conversation: Any = self.conversation()  # a plugin may make its own
        chain: ChainT_co = conversation.chain(
            prompt, fragments=fragments, attachments=attachments, system=system, system_fragments=system_fragments,
            messages=messages, stream=stream, schema=schema, tools=tools, tool_results=tool_results,
            before_call=before_call, after_call=after_call, key=key, options=options, hide_reasoning=hide_reasoning,
        )  # fmt: skip
        return chain

    def __str__(self) -> str:
        flavour = " (async)" if self._world == "async" else ""
        return f"{type(self).__name__}{flavour}: {self.model_id}"

    def __repr__(self) -> str:
        return f"<{self}>"


class _Model(_BaseModel["Response", "Conversation", "ChainResponse"]):
    __module__ = "llm.models"

    _world = "blocking"

    @staticmethod
    def _response_class() -> type[Response]:
        from llm.engine.responses import Response

        return Response

    @staticmethod
    def _conversation_class() -> type[Conversation]:
        from llm.engine.conversations import Conversation

        return Conversation


class _AsyncModel(_BaseModel["AsyncResponse", "AsyncConversation", "AsyncChainResponse"]):
    __module__ = "llm.models"

    _world = "async"

    @staticmethod
    def _response_class() -> type[AsyncResponse]:
        from llm.engine.responses import AsyncResponse

        return AsyncResponse

    @staticmethod
    def _conversation_class() -> type[AsyncConversation]:
        from llm.engine.conversations import AsyncConversation

        return AsyncConversation


class Model(_Model):
    """Base of models that answer without an API key, or that look after their key themselves."""

    __module__ = "llm.models"

    @abstractmethod
    def execute(
        self, prompt: Prompt, stream: bool, response: Response, conversation: Conversation | None
    ) -> Iterator[str | StreamEvent]:
        """Yield the answer: text as `str`, anything else as `StreamEvent`. Called with `prompt` by position."""


class KeyModel(_Model):
    """Base of models that need an API key, which `execute` is given."""

    __module__ = "llm.models"

    _takes_key = True

    @abstractmethod
    def execute(
        self, prompt: Prompt, stream: bool, response: Response, conversation: Conversation | None, key: str | None
    ) -> Iterator[str | StreamEvent]:
        """Yield the answer: text as `str`, anything else as `StreamEvent`. Called with `prompt` by position."""


class AsyncModel(_AsyncModel):
    """Base of async models that answer without an API key, or that look after their key themselves."""

    __module__ = "llm.models"

    @abstractmethod
    def execute(
        self, prompt: Prompt, stream: bool, response: AsyncResponse, conversation: AsyncConversation | None
    ) -> AsyncGenerator[str | StreamEvent, None]:
        """Yield the answer; an async generator. Called with `prompt` by position."""


class AsyncKeyModel(_AsyncModel):
    """Base of async models that need an API key, which `execute` is given."""

    __module__ = "llm.models"

    _takes_key = True

    @abstractmethod
    def execute(
        self,
        prompt: Prompt,
        stream: bool,
        response: AsyncResponse,
        conversation: AsyncConversation | None,
        key: str | None,
    ) -> AsyncGenerator[str | StreamEvent, None]:
        """Yield the answer; an async generator. Called with `prompt` by position."""
