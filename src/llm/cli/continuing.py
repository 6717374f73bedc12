"""The conversation that a command continues."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import click

if TYPE_CHECKING:
    from llm.engine.conversations import Conversation
    from llm.engine.worlds import AnyConversation, AnyModel


def load_conversation(
    conversation_id: str | None, async_: bool = False, database: str | Path | None = None
) -> AnyConversation | None:
    """Return the conversation with this id, or the one used last, ready for its next prompt.

    None if no id is given and nothing was logged yet. Raises `click.ClickException` if there is no such conversation,
    and `UnknownModelError` if its model is not installed. It needs no command around it.
    """
    from llm.features import conversations

    try:
        return conversations.load_conversation(conversation_id, async_=async_, database=database)
    except conversations.ConversationNotFoundError as error:
        raise click.ClickException(str(error)) from error


load_conversation.__module__ = "llm.cli"


@overload
def open_conversation(
    model_id: str | None, conversation_id: str | None, *, continues: bool, key: str | None,
    database: str | Path | None, async_: Literal[False] = False,
) -> tuple[Conversation, bool]: ...  # fmt: skip
@overload
def open_conversation(
    model_id: str | None, conversation_id: str | None, *, continues: bool, key: str | None,
    database: str | Path | None, async_: bool,
) -> tuple[AnyConversation, bool]: ...  # fmt: skip
def open_conversation(
    model_id: str | None, conversation_id: str | None, *, continues: bool, key: str | None,
    database: str | Path | None, async_: bool = False,
) -> tuple[AnyConversation, bool]:  # fmt: skip
    """Return the conversation that a command is to go on with, and whether it was there before.

    `model_id` names the model, which otherwise is that of the conversation or the default one. Raises
    `UnknownModelError`, `NoModelReadyError` and what `load_conversation` raises.
    """
    from llm.features.model_choice import default_model
    from llm.registry.finding import find_model

    model = find_model(model_id, asynchronous=async_) if model_id else None
    if continues:
        stored = _stored_conversation(conversation_id, model, async_=async_, database=database)
        if stored is not None:
            return stored, True
    if model is None:
        choice = default_model(key=key, asynchronous=async_)
        if choice.notice:
            click.echo(choice.notice, err=True)
        model = choice.model
    return model.conversation(), False


def _stored_conversation(
    conversation_id: str | None, model: AnyModel | None, *, async_: bool = False, database: str | Path | None = None
) -> AnyConversation | None:
    """Return the conversation with this id, or the latest; a given `model` answers instead of the stored one.

    It comes from `llm.cli.load_conversation`, which plugins replace. None and errors as there.
    """
    import llm.cli
    from llm.features.conversations import load_with_model

    find = llm.cli.load_conversation
    if model is None:
        return find(conversation_id, async_=async_, database=database)
    if find is load_conversation:
        return load_with_model(conversation_id, model, async_=async_, database=database)
    conversation = find(conversation_id, async_=async_, database=database)
    if conversation is not None:
        conversation.model = model  # type: ignore[assignment]  # both are async, or neither is
    return conversation
