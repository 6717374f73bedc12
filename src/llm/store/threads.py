"""Finding the conversation to continue."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from llm.store.reading import select, select_dicts

# A thread's id is older than the ids of its turns, so the newest id of all belongs to the conversation used last.
_NEWEST = (
    "SELECT id, thread_id FROM turns WHERE thread_id IS NOT NULL ORDER BY id DESC LIMIT 1",
    "SELECT id, id FROM threads ORDER BY id DESC LIMIT 1",
    "SELECT id, conversation_id FROM responses WHERE conversation_id IS NOT NULL ORDER BY id DESC LIMIT 1",
    "SELECT id, id FROM conversations ORDER BY id DESC LIMIT 1",
)


@dataclass(frozen=True, slots=True)
class StoredThread:
    """What is known of a conversation apart from its messages."""

    id: str
    name: str | None
    model_id: str | None
    tip: str | None  #: hash of its last message; None if it has none in the message tables
    is_thread: bool  #: whether it exists in the table `threads`


@dataclass(frozen=True, slots=True)
class StoredTool:
    """A tool that the first turn of a conversation offered."""

    name: str
    plugin: str | None
    instance_name: str | None
    instance_arguments: str | None  #: JSON text


def newest_thread_id(conn: sqlite3.Connection) -> str | None:
    """Return the id of the conversation that was used last, or None if there are none."""
    found = [row for sql in _NEWEST for row in select(conn, sql)]
    return max(found)[1] if found else None


def stored_thread(conn: sqlite3.Connection, thread_id: str) -> StoredThread | None:
    """Return the conversation with this id, or None. Its model is that of its record, else of its newest turn."""
    legacy = _first(conn, "SELECT name, model FROM conversations WHERE id = ?", thread_id)
    thread = _first(conn, "SELECT name, tip_message_hash FROM threads WHERE id = ?", thread_id)
    newest = _first(conn, "SELECT model FROM turns WHERE thread_id = ? ORDER BY id DESC LIMIT 1", thread_id)
    if legacy is None and (thread is None or newest is None):
        return None
    name, model_id = legacy or (thread[0], newest[0])
    return StoredThread(thread_id, name, model_id, thread[1] if thread else None, thread is not None)


def tools_of_first_turn(conn: sqlite3.Connection, thread_id: str) -> list[StoredTool]:
    """Return the tools that the first turn of a conversation offered, by tool id."""
    rows = select(
        conn,
        """
        SELECT tools.name, tools.plugin, tool_instances.name, tool_instances.arguments
        FROM turn_tools
        JOIN tools ON tools.id = turn_tools.tool_id
        LEFT JOIN tool_instances ON tool_instances.id = turn_tools.instance_id
        WHERE turn_tools.turn_id = (SELECT min(id) FROM turns WHERE thread_id = ?)
        ORDER BY tools.id
        """,
        (thread_id,),
    )
    return [StoredTool(*row) for row in rows]


def legacy_response_rows(conn: sqlite3.Connection, conversation_id: str) -> list[dict[str, Any]]:
    """Return the rows of a conversation's responses in the older tables, oldest first."""
    return select_dicts(conn, "SELECT * FROM responses WHERE conversation_id = ? ORDER BY id", (conversation_id,))


def _first(conn: sqlite3.Connection, sql: str, thread_id: str) -> Any:
    return next(iter(select(conn, sql, (thread_id,))), None)
