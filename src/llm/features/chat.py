"""A chat: a conversation together with what its next message is made of, and the way back to before a message.

The log has every turn that was begun. The conversation has those that count: a turn that failed is forgotten, one that
was stopped counts with what had come, and `undo` forgets the latest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llm.core.attachments import Attachment
from llm.core.errors import UserError
from llm.core.fragments import Fragment
from llm.core.history import History, extend
from llm.core.messages import Message
from llm.core.parts import ToolCallPart
from llm.features.prompt_material import Material
from llm.features.prompting import PromptRequest, RunSettings, begin_chain
from llm.features.template_composition import fill

if TYPE_CHECKING:
    from llm.engine.chains import ChainResponse
    from llm.engine.conversations import Bookmark, Conversation
    from llm.engine.model import _Model
    from llm.engine.worlds import AnyModel
    from llm.features.templates import Template
    from llm.features.tool_specs import Usable


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """What the user wants to say."""

    text: str
    fragments: Sequence[Fragment] = ()
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What goes along with the first message that is answered, and with no other."""

    system: str | None = None
    fragments: Sequence[Fragment] = ()
    system_fragments: Sequence[Fragment] = ()
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class _Before:
    """Where a turn began."""

    bookmark: Bookmark
    opening: Opening
    message: ChatMessage


@dataclass(slots=True, kw_only=True)
class Chat:
    """The conversation and how it goes on. `system` was set on the way: it stands in for that of the template."""

    conversation: Conversation
    settings: RunSettings
    opening: Opening = field(default_factory=Opening)
    tools: list[Usable] = field(default_factory=list)
    template: Template | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    system: str | None = None
    attachments: list[Attachment] = field(default_factory=list)  #: for the next message
    unanswered: ChatMessage | None = None  #: the latest message, if its turn was dropped
    _past: list[_Before] = field(default_factory=list, repr=False)
    _begun: _Before | None = field(default=None, repr=False)

    @property
    def model(self) -> _Model:
        """The model that answers."""
        return self.conversation.model

    def begin(self, message: ChatMessage) -> ChainResponse:
        """Return the answer to a message; nothing runs yet. To be followed by `finish`, `stop` or `drop`.

        Raises what `features.prompting.begin_chain` and `template_composition.fill` raise.
        """
        self._begun = _Before(self.conversation._bookmark(), self.opening, message)
        text: str | None = message.text
        system = None
        if self.template is not None:
            text, system = fill(self.template, text, self.params)
        opening = self.opening
        material = Material(
            fragments=[*opening.fragments, *message.fragments],
            system_fragments=opening.system_fragments,
            attachments=[*opening.attachments, *message.attachments],
            tools=self.tools,
        )
        system = self.system or opening.system or system
        request = PromptRequest(text=text, system=system, material=material, settings=self.settings)
        return begin_chain(self.conversation, request)

    def finish(self) -> None:
        """Count the turn that was begun: it was answered."""
        self._past.append(self._take_begun())
        self.opening, self.unanswered = Opening(), None

    def stop(self, answer: ChainResponse) -> bool:
        """Count the turn that was begun with what had come of its answer; tell whether there was anything."""
        history = _history_so_far(answer)
        if history is None:
            self.drop()
            return False
        self.finish()
        self.conversation._continue_stored(history)
        return True

    def drop(self) -> None:
        """Forget the turn that was begun. Its message can be sent again."""
        begun = self._take_begun()
        self.unanswered = begun.message
        self._return_to(begun)

    def undo(self) -> ChatMessage | None:
        """Forget the latest turn that counts and return its message; None if there is none in this chat."""
        if not self._past:
            return None
        before = self._past.pop()
        self.unanswered = None
        self._return_to(before)
        return before.message

    def use_model(self, model: _Model) -> bool:
        """Have another model answer; tell whether the options and the key given for the other one are gone.

        A key goes to nobody but the provider it was given for.
        """
        from llm.registry.model_options import get_model_options

        before, self.conversation.model = self.model, model
        same_provider = before.needs_key == model.needs_key
        options = self.settings.options if _takes_options(model, self.settings.options) else {}
        lost = bool(self.settings.options and not options) or bool(self.settings.key and not same_provider)
        self.settings = replace(
            self.settings,
            options=options,
            stored_options=get_model_options(model.model_id),
            key=self.settings.key if same_provider else None,
            stream=model.can_stream and (self.settings.stream or not before.can_stream),
        )
        return lost

    def _take_begun(self) -> _Before:
        begun, self._begun = self._begun, None
        if begun is None:
            raise RuntimeError("No turn was begun")
        return begun

    def _return_to(self, before: _Before) -> None:
        self.conversation._return_to(before.bookmark)
        self.opening = before.opening


def require_conversations(model: AnyModel) -> None:
    """Raise `UserError` if a model cannot be chatted with."""
    if not model.supports_conversation:
        raise UserError(f"{model.model_id} does not support conversations")


def refuse_standard_input(fragments: Iterable[str]) -> None:
    """Raise `UserError` if one of the fragments is `-`, which would eat what is said."""
    if "-" in fragments:
        raise UserError("Standard input is what is said here, so '-' is no fragment in a chat")


def _history_so_far(answer: ChainResponse) -> History | None:
    """Return the conversation up to where an answer was stopped, None if nothing had come of it.

    Calls of tools that have no result are left out: nobody could go on from there.
    """
    rounds = answer._rounds
    if not rounds:
        return None
    response = rounds[-1]
    record = response.turn_record() if response._done else response.partial_record("interrupted")
    output = list(map(_without_calls, record.output)) if record else []
    output = [message for message in output if message.parts]
    return extend(response.prompt.history, output) if output or len(rounds) > 1 else None


def _without_calls(message: Message) -> Message:
    parts = [part for part in message.parts if not isinstance(part, ToolCallPart) or part.server_executed]
    return replace(message, parts=parts)


def _takes_options(model: _Model, options: Mapping[str, Any]) -> bool:
    from pydantic import ValidationError

    try:
        model.Options(**options)
    except ValidationError:
        return False
    return True
