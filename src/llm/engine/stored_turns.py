"""The turns of a stored conversation as responses, for models that build their history from `conversation.responses`.

Storage keeps a chain of messages, which is what `prompt.messages` shows. Most older plugins know nothing of it: they
walk the responses of the conversation. So a chain that was read back is cut into turns, each a finished response that
never ran here. Making them costs time, and newer plugins never look: `StoredTurns` waits until somebody does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llm.core.history import History, messages_of
from llm.core.messages import Message
from llm.core.parts import AttachmentPart, Part, TextPart, ToolResultPart
from llm.core.tools import ToolResult
from llm.engine.prompt import Prompt
from llm.engine.snapshots import finished, restore_output

if TYPE_CHECKING:
    from llm.engine.conversations import _BaseConversation
    from llm.engine.responses import AsyncResponse, Response
    from llm.engine.worlds import AnyModel

PartT = TypeVar("PartT", bound=Part)
ResponseT = TypeVar("ResponseT", bound="Response | AsyncResponse")


class StoredTurns(Generic[ResponseT]):
    """A stored chain, and where its turns stand among the responses of the conversation.

    The first `position` responses were rebuilt from older tables; they are the beginning of the chain.
    """

    def __init__(self, conversation: _BaseConversation[Any, ResponseT, Any], history: History) -> None:
        self.history = history
        self._conversation = conversation
        self._position = len(conversation._responses)
        self._made: list[ResponseT] | None = None

    def among(self, responses: Sequence[ResponseT]) -> list[ResponseT]:
        """Return a list of these responses, with those of the stored turns in their place."""
        if self._made is None:
            covered = self._covered(responses[: self._position])
            self._made = [] if covered is None else stored_responses(self._conversation, self.history, covered)
        return [*responses[: self._position], *self._made, *responses[self._position :]]

    def _covered(self, earlier: Sequence[ResponseT]) -> int | None:
        """Return how many stored messages these responses stand for; None if they have nothing to do with the chain."""
        if not earlier:
            return 0
        known = _roles(earlier[-1]._history_now())
        return len(known) if _roles(self.history)[: len(known)] == known else None


def _roles(history: History | None) -> list[str]:
    return [message.role for message in messages_of(history)]


def stored_responses(
    conversation: _BaseConversation[Any, ResponseT, Any], history: History | None, start: int = 0
) -> list[ResponseT]:
    """Return a finished response for each turn of a chain of messages, leaving out the first `start` messages."""
    made: list[ResponseT] = []
    for asked, answered in _turns(_nodes(history)[start:]):
        prompt = _prompt(conversation.model, asked)
        prompt._is_explicit, prompt._chain = True, asked[-1] if asked else answered[0].parent
        response = finished(conversation._response_class, prompt, conversation.model)
        response.conversation = conversation
        response.attachments = list(response.prompt.attachments)
        restore_output(response, [node.message for node in answered])
        made.append(response)
    return made


def _nodes(history: History | None) -> list[History]:
    nodes = []
    while history is not None:
        nodes.append(history)
        history = history.parent
    return nodes[::-1]


def _turns(nodes: Iterable[History]) -> Iterator[tuple[list[History], list[History]]]:
    """Cut a chain before whatever follows an answer: what was asked, and what the model said to it."""
    asked: list[History] = []
    answered: list[History] = []
    for node in nodes:
        if node.message.role == "assistant":
            answered.append(node)
            continue
        if answered:
            yield asked, answered
            asked, answered = [], []
        asked.append(node)
    if asked or answered:
        yield asked, answered


def _prompt(model: AnyModel, asked: Sequence[History]) -> Prompt:
    messages = [node.message for node in asked]
    return Prompt(
        _text(messages, "user"),
        model,
        system=_text(messages, "system"),
        attachments=[part.attachment for part in _parts(messages, "user", AttachmentPart) if part.attachment],
        tool_results=[_result(part) for part in _parts(messages, "tool", ToolResultPart)],
    )


def _text(messages: Iterable[Message], role: str) -> str | None:
    return "\n".join(part.text for part in _parts(messages, role, TextPart)) or None


def _parts(messages: Iterable[Message], role: str, kind: type[PartT]) -> Iterator[PartT]:
    return (part for message in messages if message.role == role for part in message.parts if isinstance(part, kind))


def _result(part: ToolResultPart) -> ToolResult:
    return ToolResult(
        part.name,
        part.output,
        attachments=list(part.attachments),
        tool_call_id=part.tool_call_id,
        exception=part.exception,  # type: ignore[arg-type]  # as the log keeps it: its text
    )
