"""The conversation that a command continues."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def stored_conversation(
    conversation_id: str | None, model: Any, *, async_: bool = False, database: str | Path | None = None
) -> Any:
    """Return the conversation with this id, or the latest; a given `model` answers instead of the stored one.

    It comes from `llm.cli.load_conversation`, which plugins replace. None and errors as there.
    """
    import llm.cli
    from llm.features.conversations import load_conversation, load_with_model

    find: Any = llm.cli.load_conversation
    if model is None:
        return find(conversation_id, async_=async_, database=database)
    if find is load_conversation:
        return load_with_model(conversation_id, model, async_=async_, database=database)
    conversation = find(conversation_id, async_=async_, database=database)
    if conversation is not None:
        conversation.model = model
    return conversation
