"""Continuing a conversation that was logged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from llm.core.errors import UserError
from llm.features.log_files import logs_db_path
from llm.store.database import Handle
from llm.store.reading import decoded
from llm.store.threads import (
    StoredThread,
    StoredTool,
    legacy_response_rows,
    newest_thread_id,
    stored_thread,
    tools_of_first_turn,
)

if TYPE_CHECKING:
    import sqlite3

    from llm.engine.worlds import AnyConversation, AnyModel


class ConversationNotFoundError(UserError):
    """No conversation with this id."""


class DamagedConversationError(UserError):
    """The last message of a conversation is gone, and with it the way to all before."""

    def __init__(self, thread_id: str) -> None:
        super().__init__(
            f"Cannot continue conversation {thread_id}: its last message is missing from the database. "
            f"'llm logs show {thread_id}' shows what is left of it"
        )


def load_conversation(
    conversation_id: str | None, async_: bool = False, database: str | Path | None = None
) -> AnyConversation | None:
    """Return the conversation with this id, or the one used last, ready for its next prompt.

    None if no id is given and nothing was logged yet. Raises `ConversationNotFoundError`,
    `DamagedConversationError`, and `UnknownModelError` if its model is not installed.
    """
    return load_with_model(conversation_id, None, async_=async_, database=database)


def load_with_model(
    conversation_id: str | None, model: AnyModel | None, *, async_: bool = False, database: str | Path | None = None
) -> AnyConversation | None:
    """Like `load_conversation`; a given `model` answers instead of the stored one, which need not be installed."""
    from llm.engine.conversations import AsyncConversation, Conversation
    from llm.registry.finding import find_model
    from llm.store.chain_reading import load_history
    from llm.store.database import open_log_database

    conn = open_log_database(database or logs_db_path())
    try:
        thread = _find(conn, conversation_id)
        if thread is None:
            return None
        answering = model or find_model(thread.model_id, asynchronous=async_)
        made: Callable[..., AnyConversation] = AsyncConversation if async_ else Conversation
        conversation = made(answering, id=thread.id, name=thread.name)
        conversation._continue_rows(Handle(conn), legacy_response_rows(conn, thread.id))
        if thread.is_thread:
            try:
                conversation._continue_stored(load_history(conn, thread.tip))
            except KeyError as error:
                raise DamagedConversationError(thread.id) from error
            conversation.loaded_tools = _tool_specs(answering, tools_of_first_turn(conn, thread.id))
        return conversation
    finally:
        conn.close()


def _find(conn: sqlite3.Connection, conversation_id: str | None) -> StoredThread | None:
    wanted = conversation_id or newest_thread_id(conn)
    if wanted is None:
        return None
    thread = stored_thread(conn, wanted)
    if thread is None:
        raise ConversationNotFoundError(f"No conversation found with id={wanted}. 'llm logs' lists what was logged")
    return thread


def _tool_specs(model: AnyModel, tools: Iterable[StoredTool]) -> list[str]:
    """Return the tools as they would be named on the command line; those that no plugin provides are left out."""
    server_side = {cls.__name__ for cls in model.supported_server_side_tools}
    specs = [_spec(tool) for tool in tools if tool.plugin or tool.instance_name in server_side]
    return list(dict.fromkeys(specs))


def _spec(tool: StoredTool) -> str:
    if tool.instance_name is None:
        return tool.name
    arguments = tool.instance_arguments
    configured = bool(decoded(arguments))
    return f"{tool.instance_name}({arguments})" if configured else tool.instance_name
