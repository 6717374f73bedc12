"""`ChainResponse` and `AsyncChainResponse`: what `chain()` returns."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from llm.core.events import StreamEvent
from llm.core.tools import AfterCall, BeforeCall
from llm.engine import chain_flow
from llm.engine.blocking import iterate
from llm.engine.host import BLOCKING, LOOP, Host
from llm.engine.prompt import Prompt
from llm.engine.replay import Replay
from llm.engine.responses import AsyncResponse, Response

if TYPE_CHECKING:
    from llm.engine.conversations import _BaseConversation
    from llm.engine.worlds import AnyModel
    from llm.store.connection import HasConnection

ResponseT = TypeVar("ResponseT", bound=Response | AsyncResponse)


class _BaseChainResponse(Generic[ResponseT]):
    """A prompt with tools, and the rounds it takes to answer it."""

    __module__ = "llm.models"

    # On the class as well, so that mocks made from it (`create_autospec`) have them.
    conversation: _BaseConversation[Any, Any, Any] | None = None
    before_call: BeforeCall | None = None
    after_call: AfterCall | None = None
    _run: Replay | None = None
    _observe_round: Callable[[ResponseT], object] | None = None  # the journal's: it gets each response before it runs
    _host: ClassVar[Host]
    _response_class: Callable[..., ResponseT]

    def __init__(
        self,
        prompt: Prompt,
        model: AnyModel,
        stream: bool,
        conversation: _BaseConversation[Any, Any, Any] | None,
        key: str | None = None,
        chain_limit: int | None = 10,
        before_call: BeforeCall | None = None,
        after_call: AfterCall | None = None,
    ) -> None:
        self.prompt = prompt
        self.model = model
        self.stream = stream
        self.conversation = conversation
        self.chain_limit = chain_limit
        self.before_call = before_call
        self.after_call = after_call
        self._key = key
        self._responses: list[ResponseT] = []  # finished rounds
        self._rounds: list[ResponseT] = []  # those handed out, the last of which may still be running

    def _new_response(self, prompt: Prompt) -> ResponseT:
        return self._response_class(
            prompt,
            self.model,
            self.stream,
            self.conversation,
            self._key,
            before_call=self.before_call,
            after_call=self.after_call,
        )

    def _begin_round(self, prompt: Prompt) -> ResponseT:
        response = self._new_response(prompt)
        response._completed.append(self._responses.append)
        self._rounds.append(response)
        if self._observe_round is not None:
            self._observe_round(response)
        return response

    def log_to_db(self, db: HasConnection) -> None:
        """Record every finished round in a log database."""
        for response in list(self._responses):
            response.log_to_db(db)


class ChainResponse(_BaseChainResponse[Response]):
    """A chain of responses and tool calls; iterate over it for the text of all rounds."""

    __module__ = "llm.models"

    _host = BLOCKING
    _response_class = Response

    def responses(self) -> Iterator[Response]:
        """Yield each round's response; one that is left unread is run when the next is asked for."""
        return iterate(chain_flow.rounds(self))

    def stream_events(self) -> Iterator[StreamEvent]:
        """Yield the events of all rounds."""
        return iterate(chain_flow.stream_events(self))

    def __iter__(self) -> Iterator[str]:
        return iterate(chain_flow.stream_text(self))

    def text(self) -> str:
        """Return the text of all rounds."""
        return "".join(self)


class AsyncChainResponse(_BaseChainResponse[AsyncResponse]):
    """The async twin of `ChainResponse`."""

    __module__ = "llm.models"

    _host = LOOP
    _response_class = AsyncResponse

    def responses(self) -> AsyncIterator[AsyncResponse]:
        """Yield each round's response; one that is left unread is run when the next is asked for."""
        return chain_flow.rounds(self)

    def astream_events(self) -> AsyncGenerator[StreamEvent, None]:
        """Yield the events of all rounds."""
        return chain_flow.stream_events(self)

    def __aiter__(self) -> AsyncIterator[str]:
        return chain_flow.stream_text(self)

    async def text(self) -> str:
        """Return the text of all rounds."""
        return "".join([chunk async for chunk in self])
