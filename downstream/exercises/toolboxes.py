"""Plugins with toolboxes: configured ones, and ones that reach for files, databases and services."""

from __future__ import annotations

import json
from typing import Any

from downstream import replies
from downstream.exercise import Exercise, Step, llm
from downstream.exercises.tools import calling


def chain(tool: str, *calls: tuple[str, dict[str, Any]], prints: tuple[str, ...]) -> Step:
    """Have several tools called in one round, each with the results of those before it."""
    wanted = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return llm("-m", "echo", "-T", tool, "--td", json.dumps({"tool_calls": wanted}), prints=prints)


DATASETTE_URL = 'Datasette("https://example.com/birds")'
DATASETTE = Exercise(
    plugin="llm-tools-datasette",
    what="a toolbox made for an address: list, query, schema; without one an error; continued with it; logs",
    steps=(
        llm("tools", "list", prints=("Datasette:", "query(sqlite_sql: str)", "schema()")),
        calling(DATASETTE_URL, "Datasette_query", {"sqlite_sql": "select 1"}, "Cleo"),
        calling(DATASETTE_URL, "Datasette_schema", {}, "Cleo"),
        llm("-c", "and", prints=('"prompt": "and"',)),
        llm("logs", "-T", "Datasette_query", "--short", prints=("echo",)),
        llm("-m", "echo", "-T", "Datasette", "hi", prints=("Error: ",), code=1),
    ),
    replies={"example.com/birds.json": replies.fixed([{"name": "Cleo"}])},
)
RAG = Exercise(
    plugin="llm-tools-rag",
    what="a toolbox that reads our collections and asks them for similar texts; error without any",
    steps=(
        calling("RAG", "RAG_get_collections", {}, "No collections database found"),
        llm("embed-multi", "birds", "birds.json", "--store", "-m", "3-small", asks=("api.openai.com/v1/embeddings",)),
        calling("RAG", "RAG_get_collections", {}, '"birds"'),
        calling(
            "RAG", "RAG_get_relevant_documents", {"query": "sea", "collection_name": "birds", "number": 1}, "a gull"
        ),
        llm("logs", "-n", "1", prints=("RAG_get_relevant_documents", "a gull")),
    ),
    replies={"api.openai.com/v1/embeddings": replies.openai_embeddings},
    user_files={"keys.json": '{"openai": "k"}'},
    files={"birds.json": '[{"id": "a", "text": "a gull"}]'},
)
PATCH = Exercise(
    plugin="llm-tools-patch",
    what="a toolbox that reads, writes and edits files, several calls in a round; a file outside is refused",
    steps=(
        llm("tools", "list", prints=("Patch:", "read(file_path: str) -> str", "multi_edit(")),
        chain(
            "Patch",
            ("Patch_write", {"file_path": "new.txt", "content": "a gull"}),
            ("Patch_edit", {"file_path": "new.txt", "old_string": "gull", "new_string": "pelican"}),
            ("Patch_read", {"file_path": "new.txt"}),
            prints=("Successfully wrote 6 characters", "Successfully replaced 1", "a pelican"),
        ),
        calling("Patch", "Patch_read", {"file_path": "/etc/hostname"}, "Access denied"),
        calling("Patch", "Patch_read", {}, "file_path"),
        llm("logs", "-n", "6", prints=("Patch_write", "a pelican", "Access denied")),
    ),
)
TODO = Exercise(
    plugin="llm-tools-todo",
    what="a toolbox that keeps a list between calls and processes; a public method that is called list",
    steps=(
        llm("tools", "list", prints=("Todo:", "begin() -> str", "list(session_id: str) -> str", "priority: str")),
        chain(
            "Todo",
            ("Todo_add", {"session_id": "downstream", "content": "feed the gull", "priority": "high"}),
            ("Todo_list", {"session_id": "downstream"}),
            prints=("Total: 1 todos", "| Pending | High | feed the gull |"),
        ),
        calling("Todo", "Todo_list", {"session_id": "downstream"}, "feed the gull"),
        calling("Todo", "Todo_end", {"session_id": "downstream"}, "Ended todo session"),
        calling("Todo", "Todo_list", {"session_id": "downstream"}, "No todos found"),
    ),
    environment={"TMPDIR": "{work}"},
)
EXA_RESULT = {
    "id": "1", "title": "On pelicans", "url": "https://example.com/p", "publishedDate": "2026-01-01", "author": "x",
    "text": "They fly",
}  # fmt: skip
EXA = Exercise(
    plugin="llm-tools-exa",
    what="bound methods under names of their own, and their toolbox: search and answer by a stubbed API; logs",
    steps=(
        llm("tools", "list", prints=("web_search(query: str", "get_answer(query: str", "Exa:")),
        calling("web_search", "web_search", {"query": "pelican"}, "Title: On pelicans", "They fly"),
        calling("Exa", "ExaTools_get_answer", {"query": "Do they fly"}, "They do", "Citation: On pelicans"),
        llm("logs", "-T", "web_search", "--short", prints=("echo",)),
    ),
    replies={
        "api.exa.ai/search": replies.fixed({"results": [EXA_RESULT], "requestId": "r"}),
        "api.exa.ai/answer": replies.fixed({"answer": "They do", "citations": [EXA_RESULT], "requestId": "r"}),
    },
    user_files={"keys.json": '{"exa": "a-key"}'},
)

TOOLBOXES = (DATASETTE, RAG, PATCH, TODO, EXA)
