"""Indexes of our own: without them, listing by model, schema or tool reads every turn there is."""

from __future__ import annotations

from llm.store.connection import HasConnection, execute

# Listings go by id within what they select. The index on parts is limited to the rows it is for: one on the type of all
# parts would be chosen where it is of no use, by LLM 0.36 too.
_INDEXES = {
    "llm_turns_thread_id": "turns (thread_id, id)",
    "llm_turns_model": "turns (model, id)",
    "llm_turns_resolved_model": "turns (resolved_model, id)",
    "llm_turns_schema_id": "turns (schema_id, id)",
    "llm_turns_parent": "turns (parent_message_hash)",
    "llm_parts_tool_results": "parts (tool_name, message_hash) WHERE type = 'tool_result'",
    "llm_responses_conversation_id": "responses (conversation_id, id)",
    "llm_responses_model": "responses (model, id)",
    "llm_responses_resolved_model": "responses (resolved_model, id)",
    "llm_responses_schema_id": "responses (schema_id, id)",
    "llm_tool_calls_response_id": "tool_calls (response_id)",
    "llm_tool_results_response_id": "tool_results (response_id)",
    "llm_tool_results_tool_id": "tool_results (tool_id)",
    "llm_tool_responses_response_id": "tool_responses (response_id)",
    "llm_prompt_fragments_fragment_id": "prompt_fragments (fragment_id)",
    "llm_system_fragments_fragment_id": "system_fragments (fragment_id)",
}


def llm_indexes_1(db: HasConnection) -> None:
    """Create the indexes; LLM 0.36 ignores both them and the name of this migration."""
    tables = {name for (name,) in execute(db.conn, "SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()}
    for name, indexed in _INDEXES.items():
        if indexed.partition(" ")[0] in tables:
            execute(db.conn, f"CREATE INDEX IF NOT EXISTS {name} ON {indexed}")
