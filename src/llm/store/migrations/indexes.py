"""Indexes of our own: without them, listing by model, schema or tool reads every turn there is."""

from __future__ import annotations

from llm.store.database import HasConnection, execute
from llm.store.reading import select

_INDEXES = (
    ("turns", "model"),
    ("turns", "resolved_model"),
    ("turns", "schema_id"),
    ("turns", "parent_message_hash"),
    ("turn_tools", "tool_id"),
    ("parts", "type", "tool_name"),
    ("responses", "conversation_id"),
    ("responses", "schema_id"),
    ("tool_calls", "response_id"),
    ("tool_results", "response_id"),
    ("tool_results", "tool_id"),
    ("tool_responses", "response_id"),
    ("prompt_fragments", "fragment_id"),
    ("system_fragments", "fragment_id"),
)


def llm_indexes_1(db: HasConnection) -> None:
    """Create the indexes; LLM 0.36 ignores both them and the name of this migration."""
    tables = {name for (name,) in select(db.conn, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, *columns in _INDEXES:
        if table in tables:
            name = f"llm_{table}_{'_'.join(columns)}"
            listed = ", ".join(f'"{column}"' for column in columns)
            execute(db.conn, f'CREATE INDEX IF NOT EXISTS "{name}" ON "{table}" ({listed})')
