"""Continuing a conversation that was logged."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm.core.errors import UnknownModelError, UserError
from llm.features.log_files import logs_db_path
from llm.features.model_choice import named_model
from llm.store.database import Handle
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

    from llm.core.history import History


class ConversationNotFoundError(UserError):
    """No conversation with this id."""


def load_conversation(conversation_id: str | None, async_: bool = False, database: str | Path | None = None) -> Any:
    """Return the conversation with this id, or the one used last, ready for its next prompt.

    None if no id is given and nothing was logged yet. Raises `ConversationNotFoundError`, and `UnknownModelError` if
    its model is not installed.
    """
    return load_with_model(conversation_id, None, async_=async_, database=database)


def load_with_model(
    conversation_id: str | None, model: Any, *, async_: bool = False, database: str | Path | None = None
) -> Any:
    """Like `load_conversation`; a given `model` answers instead of the stored one, which need not be installed."""
    from llm.engine.conversations import AsyncConversation, Conversation
    from llm.store.chains import load_history
    from llm.store.database import open_log_database

    conn = open_log_database(database or logs_db_path())
    try:
        thread = _find(conn, conversation_id)
        if thread is None:
            return None
        model = model or named_model(thread.model_id, asynchronous=async_)
        conversation = (AsyncConversation if async_ else Conversation)(model, id=thread.id, name=thread.name)
        conversation.responses = legacy_responses(conn, conversation)
        if thread.is_thread:
            conversation._continue_stored(load_history(conn, thread.tip))
            conversation.loaded_tools = tool_specs(model, tools_of_first_turn(conn, thread.id))
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


def legacy_responses(conn: sqlite3.Connection, conversation: Any) -> list[Any]:
    """Return the responses that the older tables have of a conversation, oldest first.

    There, each knows its own turn only; here, the prompt of each is the whole chain of messages before it. What was
    said matters more than who said it: the model of the conversation stands in for one that is no longer installed.
    """
    rows = legacy_response_rows(conn, conversation.id)
    if not rows:
        return []
    past: History | None = None
    responses = []
    for row in rows:
        response = _rebuilt(conn, row, conversation)
        response.prompt._continue_from(past or response.prompt._opening())
        past = response._history_now()
        responses.append(response)
    return responses


def _rebuilt(conn: sqlite3.Connection, row: Mapping[str, Any], conversation: Any) -> Any:
    from llm.engine.legacy import from_row

    response_class = conversation._response_class
    database = Handle(conn)
    if row["model"] is not None:
        with contextlib.suppress(UnknownModelError, ValueError):
            return response_class.from_row(database, row)
    # The model is gone, or its options of that time are not valid any more. They are not applied again anyway.
    plain = {**row, "options_json": None}
    return from_row(response_class, database, plain, find="", model=conversation.model)


def tool_specs(model: Any, tools: Iterable[StoredTool]) -> list[str]:
    """Return the tools as they would be named on the command line; those that no plugin provides are left out."""
    server_side = {cls.__name__ for cls in model.supported_server_side_tools}
    specs = [_spec(tool) for tool in tools if tool.plugin or tool.instance_name in server_side]
    return list(dict.fromkeys(specs))


def _spec(tool: StoredTool) -> str:
    if tool.instance_name is None:
        return tool.name
    arguments = tool.instance_arguments
    configured = bool(arguments and json.loads(arguments))
    return f"{tool.instance_name}({arguments})" if configured else tool.instance_name
