"""Whether a model can take a prompt, decided when the response object is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm.core.errors import ConversationNotSupported
from llm.core.server_tools import partition_tools

if TYPE_CHECKING:
    from llm.engine.prompt import Prompt
    from llm.engine.worlds import AnyModel


def check_support(model: AnyModel, prompt: Prompt) -> None:
    """Raise `ValueError` naming the model if it lacks what the prompt asks for: a schema, earlier turns, tools."""
    if prompt.schema and not model.supports_schema:
        raise ValueError(f"Model '{model.model_id}' does not support schemas")
    if not model.supports_conversation and _has_earlier_turns(prompt):
        raise ConversationNotSupported(
            f"Model '{model.model_id}' does not support conversations: it answers single prompts only"
        )
    check_tools(model, prompt)


def check_tools(model: AnyModel, prompt: Prompt) -> None:
    """Raise `ValueError` if the model does not take the prompt's tools."""
    if not prompt.tools:
        return
    functions, _ = partition_tools(model, prompt.tools)
    if functions and not model.supports_tools:
        raise ValueError(f"Model '{model.model_id}' does not support tools")


def _has_earlier_turns(prompt: Prompt) -> bool:
    return any(message.role in {"assistant", "tool"} for message in prompt.messages)
