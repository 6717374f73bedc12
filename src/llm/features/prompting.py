"""From what a user asked for to a running answer: shared by all commands that talk to a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from llm.core.errors import UserError
from llm.core.history import History
from llm.core.messages import Message
from llm.core.parts import TextPart
from llm.features.prompt_material import Material


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
    before_call: Callable[..., Any] | None = None
    after_call: Callable[..., Any] | None = None
    always_chain: bool = False  #: run as a chain also where no tools are offered

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


def begin(conversation: Any, request: PromptRequest) -> Any:
    """Return the response to a request; a chain of responses if it offers tools. Nothing runs yet.

    Raises what `Conversation.prompt` raises for options, attachments, schemas and tools the model does not take, and
    `StoredOptionsError`.
    """
    model, settings, material = conversation.model, request.settings, request.material
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
    if model._takes_key:
        arguments["key"] = settings.key
    try:
        if not material.tools and not settings.always_chain:
            answer = conversation.prompt(request.text, **arguments)
        else:
            answer = conversation.chain(
                request.text,
                tools=list(material.tools),
                chain_limit=settings.chain_limit if material.tools else 0,
                before_call=settings.before_call,
                after_call=settings.after_call,
                **arguments,
            )
    except ValueError as error:
        _blame_stored(error, model, settings)
        raise
    _put_in_force(answer.prompt, conversation._history())
    return answer


def _put_in_force(prompt: Any, past: History | None) -> None:
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


def check_options(model: Any, settings: RunSettings) -> None:
    """Raise what `begin` would raise for the options, before the rest of a prompt is read and made.

    That is `pydantic.ValidationError` and `StoredOptionsError`.
    """
    from llm.engine.options import validated

    try:
        validated(model, settings.effective_options)
    except ValueError as error:
        _blame_stored(error, model, settings)
        raise


def _blame_stored(error: ValueError, model: Any, settings: RunSettings) -> None:
    """Raise `StoredOptionsError` if what Pydantic complains of was not given with the prompt but stored before."""
    from pydantic import ValidationError

    stored = settings.stored_options.keys() - settings.options.keys()
    if not stored or not isinstance(error, ValidationError):
        return
    problems: list[Any] = [problem for problem in error.errors() if problem["loc"][:1] and problem["loc"][0] in stored]
    if problems:
        from llm.features.validation import render_errors
        from llm.registry.model_options import model_options_path

        raise StoredOptionsError(
            f"Stored options in {model_options_path()} are not valid for {model.model_id}:\n{render_errors(problems)}"
        ) from error


def responses_of(answer: Any) -> list[Any]:
    """Return the finished responses of what `begin` returned."""
    rounds = getattr(answer, "_responses", None)
    if rounds is not None:
        return list(rounds)
    return [answer] if answer._done else []
