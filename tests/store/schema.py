"""The form that every log database reaches, and databases that have not got there yet."""

from __future__ import annotations

import sqlite3
from typing import Any

from llm.store.database import Handle
from llm.store.migrations import MIGRATIONS, ensure_migrations_table
from tests.store.samples import column

NAMES = [
    "m001_initial",
    "m002_id_primary_key",
    "m003_chat_id_foreign_key",
    "m004_column_order",
    "m004_drop_provider",
    "m005_debug",
    "m006_new_logs_table",
    "m007_finish_logs_table",
    "m008_reply_to_id_foreign_key",
    "m008_fix_column_order_in_logs",
    "m009_delete_logs_table_if_empty",
    "m010_create_new_log_tables",
    "m011_fts_for_responses",
    "m012_attachments_tables",
    "m013_usage",
    "m014_schemas",
    "m015_fragments_tables",
    "m016_fragments_table_pks",
    "m017_tools_tables",
    "m017_tools_plugin",
    "m018_tool_instances",
    "m019_resolved_model",
    "m020_tool_results_attachments",
    "m021_tool_results_exception",
    "m022_response_reasoning",
    "m023_message_store",
    "m024_tool_instance_references",
    "m025_turn_tools_instance_backfill",
    "m026_message_tree_view",
    "m027_turns_response_json",
]

# Columns in order; PK: the primary key, >TABLE.COLUMN: a foreign key.
TABLES = {
    "conversations": "id TEXT, name TEXT, model TEXT; PK id",
    "responses": (
        "id TEXT, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT, options_json TEXT, response TEXT, "
        "response_json TEXT, conversation_id TEXT >conversations.id, duration_ms INTEGER, datetime_utc TEXT, "
        "input_tokens INTEGER, output_tokens INTEGER, token_details TEXT, schema_id TEXT >schemas.id, "
        "resolved_model TEXT, reasoning TEXT; PK id"
    ),
    "prompt_attachments": (
        "response_id TEXT >responses.id, attachment_id TEXT >attachments.id, order INTEGER; "
        "PK response_id attachment_id"
    ),
    "prompt_fragments": (
        "response_id TEXT >responses.id, fragment_id INTEGER >fragments.id, order INTEGER; "
        "PK response_id fragment_id order"
    ),
    "system_fragments": (
        "response_id TEXT >responses.id, fragment_id INTEGER >fragments.id, order INTEGER; "
        "PK response_id fragment_id order"
    ),
    "tool_responses": "tool_id INTEGER >tools.id, response_id TEXT >responses.id; PK tool_id response_id",
    "tool_calls": (
        "id INTEGER, response_id TEXT >responses.id, tool_id INTEGER >tools.id, name TEXT, arguments TEXT, "
        "tool_call_id TEXT; PK id"
    ),
    "tool_results": (
        "id INTEGER, response_id TEXT >responses.id, tool_id INTEGER >tools.id, name TEXT, output TEXT, "
        "tool_call_id TEXT, instance_id INTEGER >tool_instances.id, exception TEXT; PK id"
    ),
    "tool_results_attachments": (
        "tool_result_id INTEGER >tool_results.id, attachment_id TEXT >attachments.id, order INTEGER; "
        "PK tool_result_id attachment_id"
    ),
    "_llm_migrations": "name TEXT, applied_at TEXT; PK name",
    "schemas": "id TEXT, content TEXT; PK id",
    "attachments": "id TEXT, type TEXT, path TEXT, url TEXT, content BLOB; PK id",
    "fragments": "id INTEGER, hash TEXT, content TEXT, datetime_utc TEXT, source TEXT; PK id",
    "fragment_aliases": "alias TEXT, fragment_id INTEGER >fragments.id; PK alias",
    "tools": "id INTEGER, hash TEXT, name TEXT, description TEXT, input_schema TEXT, plugin TEXT; PK id",
    "tool_instances": "id INTEGER, plugin TEXT, name TEXT, arguments TEXT; PK id",
    "messages": "hash TEXT, parent_hash TEXT >messages.hash, role TEXT, provider_metadata TEXT; PK hash",
    "parts": (
        "id INTEGER, message_hash TEXT >messages.hash, position INTEGER, type TEXT, tool_name TEXT, text TEXT, "
        "payload TEXT; PK id"
    ),
    "part_attachments": (
        "part_id INTEGER >parts.id, attachment_id TEXT >attachments.id, order INTEGER; PK part_id attachment_id order"
    ),
    "part_fragments": (
        "part_id INTEGER >parts.id, fragment_id INTEGER >fragments.id, order INTEGER; PK part_id fragment_id order"
    ),
    "threads": (
        "id TEXT, name TEXT, tip_message_hash TEXT >messages.hash, forked_from TEXT >threads.id, datetime_utc TEXT; "
        "PK id"
    ),
    "turns": (
        "id TEXT, thread_id TEXT >threads.id, parent_message_hash TEXT >messages.hash, "
        "tip_message_hash TEXT >messages.hash, model TEXT, resolved_model TEXT, options_json TEXT, "
        "schema_id TEXT >schemas.id, input_tokens INTEGER, output_tokens INTEGER, token_details TEXT, "
        "duration_ms INTEGER, datetime_utc TEXT, response_json TEXT; PK id"
    ),
    "turn_tools": (
        "turn_id TEXT >turns.id, tool_id INTEGER >tools.id, instance_id INTEGER >tool_instances.id; PK turn_id tool_id"
    ),
    "turn_fragments": (
        "turn_id TEXT >turns.id, fragment_id INTEGER >fragments.id, order INTEGER, kind TEXT; "
        "PK turn_id fragment_id kind order"
    ),
    "turn_search": "id INTEGER, turn_id TEXT >turns.id, prompt TEXT, response TEXT; PK id",
    "tool_instantiations": (
        "turn_id TEXT >turns.id, tool_call_id TEXT, instance_id INTEGER >tool_instances.id; PK turn_id tool_call_id"
    ),
}
INDEXES = {
    "idx_fragments_hash": ("fragments", True, ["hash"]),
    "idx_tools_hash": ("tools", True, ["hash"]),
    "idx_messages_parent_hash": ("messages", False, ["parent_hash"]),
    "idx_parts_message_hash_position": ("parts", True, ["message_hash", "position"]),
    "idx_part_fragments_fragment_id": ("part_fragments", False, ["fragment_id"]),
    "idx_turns_thread_id": ("turns", False, ["thread_id"]),
    "idx_turn_fragments_fragment_id": ("turn_fragments", False, ["fragment_id"]),
    "idx_turn_search_turn_id": ("turn_search", True, ["turn_id"]),
}
TRIGGERS = [f"{table}_{event}" for table in ("responses", "turn_search") for event in ("ad", "ai", "au")]

EXPECTED = {
    "tables": TABLES,
    "indexes": INDEXES,
    "triggers": TRIGGERS,
    "views": ["message_tree"],
    "search": ["responses_fts", "turn_search_fts"],
}


def stop_at(conn: sqlite3.Connection, name: str) -> None:
    """Migrate up to and including `name`, as a program of that time would have."""
    ensure_migrations_table(Handle(conn))
    for step in MIGRATIONS[: NAMES.index(name) + 1]:
        if step.__name__ not in column(conn, "SELECT name FROM _llm_migrations"):
            step(Handle(conn))
            conn.execute("INSERT INTO _llm_migrations VALUES (?, 'then')", (step.__name__,))
    conn.commit()


def described(conn: sqlite3.Connection, table: str) -> str:
    """Return a table in the notation of TABLES."""
    keys = {row[3]: f" >{row[2]}.{row[4]}" for row in conn.execute(f'PRAGMA foreign_key_list("{table}")')}
    found = conn.execute(f'PRAGMA table_info("{table}")').fetchall()
    columns = ", ".join(f"{row[1]} {row[2]}{keys.get(row[1], '')}" for row in found)
    primary = " ".join(row[1] for row in sorted(found, key=lambda row: row[5]) if row[5])
    return f"{columns}; PK {primary}"


def shape(conn: sqlite3.Connection) -> dict[str, Any]:
    """Return everything of the schema that is fixed: tables, keys, indexes, triggers, views; not our own additions."""
    tables = column(conn, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '*_fts*'")
    tables = [table for table in tables if not table.startswith("llm_")]
    indexes = conn.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    return {
        "tables": {table: described(conn, table) for table in tables},
        "indexes": {
            name: (table, *is_unique(conn, table, name)) for name, table in indexes.fetchall() if name[:4] != "llm_"
        },
        "triggers": sorted(column(conn, "SELECT name FROM sqlite_master WHERE type = 'trigger'")),
        "views": column(conn, "SELECT name FROM sqlite_master WHERE type = 'view'"),
        "search": sorted(column(conn, "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")),
    }


def is_unique(conn: sqlite3.Connection, table: str, index: str) -> tuple[bool, list[str]]:
    unique = {row[1]: bool(row[2]) for row in conn.execute(f'PRAGMA index_list("{table}")')}
    return unique[index], [row[2] for row in conn.execute(f'PRAGMA index_info("{index}")')]
