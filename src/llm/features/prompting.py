"""From what a user asked for to a running response: shared by all commands that talk to a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm.core.attachments import Attachment


@dataclass(frozen=True, slots=True)
class PromptRequest:
    """One turn to be run."""

    text: str = ""
    system: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    stream: bool = True
    hide_reasoning: bool = False
    schema: Mapping[str, Any] | None = None
    fragments: Sequence[str] = ()
    system_fragments: Sequence[str] = ()
    attachments: Sequence[Attachment] = ()
    tools: Sequence[Any] = ()
    chain_limit: int | None = None
    before_call: Callable[..., Any] | None = None
    after_call: Callable[..., Any] | None = None


def begin(conversation: Any, request: PromptRequest) -> Any:
    """Return the response to a request; a chain of responses if it offers tools. Nothing runs yet.

    Raises what `Conversation.prompt` raises for options, attachments, schemas and tools the model does not take.
    """
    arguments: dict[str, Any] = {
        "system": request.system,
        "options": dict(request.options),
        "stream": request.stream,
        "hide_reasoning": request.hide_reasoning,
        "schema": request.schema,
        "fragments": request.fragments,
        "system_fragments": request.system_fragments,
        "attachments": request.attachments,
    }
    if conversation.model._takes_key:
        arguments["key"] = request.key
    if not request.tools:
        return conversation.prompt(request.text, **arguments)
    return conversation.chain(
        request.text,
        tools=list(request.tools),
        chain_limit=request.chain_limit,
        before_call=request.before_call,
        after_call=request.after_call,
        **arguments,
    )


def with_stored_options(model: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options for a prompt: those given, over those that the user stored for this model."""
    from llm.registry.model_options import get_model_options

    options = {**get_model_options(model.model_id), **given}
    return {name: value for name, value in options.items() if value is not None}


def responses_of(answer: Any) -> list[Any]:
    """Return the finished responses of what `begin` returned."""
    rounds = getattr(answer, "_responses", None)
    if rounds is not None:
        return list(rounds)
    return [answer] if answer._done else []
