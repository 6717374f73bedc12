"""From what a user asked for to a running answer: shared by all commands that talk to a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from llm.core.errors import UserError
from llm.core.history import History
from llm.core.messages import Message
from llm.core.parts import TextPart
from llm.features.prompt_material import Material

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from llm.core.tools import AfterCall, BeforeCall
    from llm.engine.chains import AsyncChainResponse, ChainResponse
    from llm.engine.conversations import AsyncConversation, Conversation
    from llm.engine.prompt import Prompt
    from llm.engine.worlds import Answer, AnyChain, AnyConversation, AnyModel, AnyResponse


class StoredOptionsError(UserError):
    """Options that the user stored for a model are no good for it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RunSettings:
    """How answers are to be had, the same for every turn of a command."""

    options: Mapping[str, Any] = field(default_factory=dict)
    stored_options: Mapping[str, Any] = field(default_factory=dict)  #: what the user keeps for the model, below those
    key: str | None = None
    stream: bool = True
    hide_reasoning: bool = False
    schema: Mapping[str, Any] | None = None
    chain_limit: int | None = None
    before_call: BeforeCall | None = None
    after_call: AfterCall | None = None

    @property
    def effective_options(self) -> dict[str, Any]:
        """The options that models get: stored ones where none were given, without those that are None."""
        return {name: value for name, value in {**self.stored_options, **self.options}.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PromptRequest:
    """One turn to be run."""

    text: str | None = None
    system: str | None = None
    material: Material = field(default_factory=Material)
    settings: RunSettings = field(default_factory=RunSettings)


def begin(conversation: AnyConversation, request: PromptRequest) -> Answer:
    """Return the response to a request; a chain of responses if it offers tools. Nothing runs yet.

    Raises what `Conversation.prompt` raises for options, attachments, schemas and tools the model does not take, and
    `StoredOptionsError`.
    """
    if request.material.tools:
        return begin_chain(conversation, request)
    with _stored_options_blamed(conversation.model, request.settings):
        response = conversation.prompt(request.text, **_arguments(conversation.model, request))
    _put_in_force(response.prompt, conversation._history())
    return response


@overload
def begin_chain(conversation: Conversation, request: PromptRequest) -> ChainResponse: ...
@overload
def begin_chain(conversation: AsyncConversation, request: PromptRequest) -> AsyncChainResponse: ...
def begin_chain(conversation: AnyConversation, request: PromptRequest) -> AnyChain:
    """Return a chain of responses to a request, also if it offers no tools. As `begin` otherwise."""
    settings, tools = request.settings, list(request.material.tools)
    with _stored_options_blamed(conversation.model, settings):
        chain = conversation.chain(
            request.text,
            tools=tools,
            chain_limit=settings.chain_limit if tools else 0,
            before_call=settings.before_call,
            after_call=settings.after_call,
            **_arguments(conversation.model, request),
        )
    _put_in_force(chain.prompt, conversation._history())
    return chain


def _arguments(model: AnyModel, request: PromptRequest) -> dict[str, Any]:
    """Return the arguments that `prompt` and `chain` of a conversation share."""
    settings, material = request.settings, request.material
    arguments: dict[str, Any] = {
        "system": request.system,
        "options": settings.effective_options,
        "stream": settings.stream,
        "hide_reasoning": settings.hide_reasoning,
        "schema": settings.schema,
        "fragments": material.fragments,
        "system_fragments": material.system_fragments,
        "attachments": material.attachments,
    }
    return {**arguments, "key": settings.key} if model._takes_key else arguments


def _put_in_force(prompt: Prompt, past: History | None) -> None:
    """Have a system text that is not the one in force stand in front of the new message; what was said stays as it is.

    Models build their requests from the messages, where the system text of a later turn would not be seen otherwise.
    """
    if past is not None and prompt.system and prompt.system != _system_in_force(past):
        prompt._continue_from(History(Message("system", [TextPart(prompt.system)]), past))


def _system_in_force(past: History | None) -> str:
    while past is not None and past.message.role != "system":
        past = past.parent
    parts = past.message.parts if past is not None else ()
    return "".join(part.text for part in parts if isinstance(part, TextPart))


def check_options(model: AnyModel, settings: RunSettings) -> None:
    """Raise what `begin` would raise for the options, before the rest of a prompt is read and made.

    That is `pydantic.ValidationError` and `StoredOptionsError`.
    """
    from llm.engine.options import validated

    with _stored_options_blamed(model, settings):
        validated(model, settings.effective_options)


@contextmanager
def _stored_options_blamed(model: AnyModel, settings: RunSettings) -> Iterator[None]:
    """Raise `StoredOptionsError` if what Pydantic complains of was not given with the prompt but stored before."""
    try:
        yield
    except ValueError as error:
        problems = _problems_of_stored(error, settings)
        if not problems:
            raise
        from llm.features.validation import render_errors
        from llm.registry.model_options import model_options_path

        raise StoredOptionsError(
            f"Stored options in {model_options_path()} are not valid for {model.model_id}:\n{render_errors(problems)}"
        ) from error


def _problems_of_stored(error: ValueError, settings: RunSettings) -> list[ErrorDetails]:
    from pydantic import ValidationError

    stored = settings.stored_options.keys() - settings.options.keys()
    if not stored or not isinstance(error, ValidationError):
        return []
    return [problem for problem in error.errors() if problem["loc"][:1] and problem["loc"][0] in stored]


def responses_of(answer: Answer) -> list[AnyResponse]:
    """Return the finished responses of what `begin` returned."""
    from llm.engine.chains import _BaseChainResponse

    if isinstance(answer, _BaseChainResponse):
        return [*answer._responses]
    return [answer] if answer._done else []
