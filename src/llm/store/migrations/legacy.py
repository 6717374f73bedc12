"""The first generation of tables, step by step as they came about.

Files of any age turn up, so each step starts from exactly what the step before left. The first eleven deal with a table
that new files no longer have; they create it empty and drop it again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llm.store.connection import HasConnection, execute
from llm.store.migrations.search import create_search
from llm.store.migrations.tables import Column, add_columns, columns_of, in_order, rebuild, run

if TYPE_CHECKING:
    from collections.abc import Callable

_FINAL_LOG_ORDER = (
    "id", "model", "prompt", "system", "prompt_json", "options_json", "response", "response_json", "reply_to_id",
    "chat_id", "duration_ms",
)  # fmt: skip


def m001_initial(db: HasConnection) -> None:
    columns = [column.name for column in columns_of(db.conn, "log")]
    if not columns:
        run(
            db.conn,
            """
            CREATE TABLE log (
                provider TEXT, system TEXT, prompt TEXT, chat_id TEXT, response TEXT, model TEXT, timestamp TEXT)
            """,
        )
    elif "chat_id" not in columns:
        add_columns(db.conn, "log", "chat_id TEXT")


def m002_id_primary_key(db: HasConnection) -> None:
    columns = [column._replace(key=0) for column in columns_of(db.conn, "log") if column.name != "id"]
    rebuild(db.conn, "log", [Column("id", "INTEGER", key=1), *columns], sources={"id": "rowid"})


def m003_chat_id_foreign_key(db: HasConnection) -> None:
    columns = [
        column._replace(type="INTEGER", references='"log"("id")') if column.name == "chat_id" else column
        for column in columns_of(db.conn, "log")
    ]
    rebuild(db.conn, "log", columns)


def m004_column_order(db: HasConnection) -> None:
    order = ("id", "model", "timestamp", "prompt", "system", "response", "chat_id")
    rebuild(db.conn, "log", in_order(columns_of(db.conn, "log"), order))


def m004_drop_provider(db: HasConnection) -> None:
    rebuild(db.conn, "log", [column for column in columns_of(db.conn, "log") if column.name != "provider"])


def m005_debug(db: HasConnection) -> None:
    add_columns(db.conn, "log", "debug TEXT", "duration_ms INTEGER")


def m006_new_logs_table(db: HasConnection) -> None:
    renamed = {"timestamp": "timestamp_utc", "options": "options_json"}
    before = columns_of(db.conn, "log")
    columns = [column._replace(name=renamed.get(column.name, column.name)) for column in before]
    sources = {renamed.get(column.name, column.name): f'"{column.name}"' for column in before}
    for name, kind in {
        "options_json": "TEXT", "prompt_json": "TEXT", "response_json": "TEXT", "reply_to_id": "INTEGER",
    }.items():  # fmt: skip
        if name not in sources:
            columns.append(Column(name, kind))
            sources[name] = "NULL"
    rebuild(db.conn, "log", in_order(columns, (*_FINAL_LOG_ORDER, "timestamp_utc")), sources=sources)


def m007_finish_logs_table(db: HasConnection) -> None:
    columns = []
    for column in columns_of(db.conn, "log"):
        if column.name == "timestamp_utc":
            columns.append(column._replace(name="datetime_utc"))
        elif column.name == "chat_id":
            columns.append(column._replace(references=""))
        elif column.name != "debug":
            columns.append(column)
    rebuild(db.conn, "log", columns, sources={"datetime_utc": '"timestamp_utc"'}, name="logs")


def m008_reply_to_id_foreign_key(db: HasConnection) -> None:
    columns = [
        column._replace(references='"logs"("id")') if column.name == "reply_to_id" else column
        for column in columns_of(db.conn, "logs")
    ]
    rebuild(db.conn, "logs", columns)


def m008_fix_column_order_in_logs(db: HasConnection) -> None:
    rebuild(db.conn, "logs", in_order(columns_of(db.conn, "logs"), (*_FINAL_LOG_ORDER, "datetime_utc")))


def m009_delete_logs_table_if_empty(db: HasConnection) -> None:
    if not execute(db.conn, 'SELECT 1 FROM "logs" LIMIT 1').fetchall():
        execute(db.conn, 'DROP TABLE "logs"')


def m010_create_new_log_tables(db: HasConnection) -> None:
    run(
        db.conn,
        """
        CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
        CREATE TABLE responses (
            id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT, options_json TEXT,
            response TEXT, response_json TEXT, conversation_id TEXT REFERENCES conversations(id), duration_ms INTEGER,
            datetime_utc TEXT);
        """,
    )


def m011_fts_for_responses(db: HasConnection) -> None:
    create_search(db.conn, "responses")


def m012_attachments_tables(db: HasConnection) -> None:
    run(
        db.conn,
        """
        CREATE TABLE attachments (id TEXT PRIMARY KEY, type TEXT, path TEXT, url TEXT, content BLOB);
        CREATE TABLE prompt_attachments (
            response_id TEXT REFERENCES responses(id), attachment_id TEXT REFERENCES attachments(id), "order" INTEGER,
            PRIMARY KEY (response_id, attachment_id));
        """,
    )


def m013_usage(db: HasConnection) -> None:
    add_columns(db.conn, "responses", "input_tokens INTEGER", "output_tokens INTEGER", "token_details TEXT")


def m014_schemas(db: HasConnection) -> None:
    run(db.conn, "CREATE TABLE schemas (id TEXT PRIMARY KEY, content TEXT)")
    add_columns(db.conn, "responses", "schema_id TEXT REFERENCES schemas(id)")
    # Some files that come here lost their triggers, and with them entries of the index, in an earlier rebuild.
    create_search(db.conn, "responses")


def m015_fragments_tables(db: HasConnection) -> None:
    run(
        db.conn,
        """
        CREATE TABLE fragments (id INTEGER PRIMARY KEY, hash TEXT, content TEXT, datetime_utc TEXT, source TEXT);
        CREATE UNIQUE INDEX idx_fragments_hash ON fragments (hash);
        CREATE TABLE fragment_aliases (alias TEXT PRIMARY KEY, fragment_id INTEGER REFERENCES fragments(id));
        CREATE TABLE prompt_fragments (
            response_id TEXT REFERENCES responses(id), fragment_id INTEGER REFERENCES fragments(id), "order" INTEGER,
            PRIMARY KEY (response_id, fragment_id));
        CREATE TABLE system_fragments (
            response_id TEXT REFERENCES responses(id), fragment_id INTEGER REFERENCES fragments(id), "order" INTEGER,
            PRIMARY KEY (response_id, fragment_id));
        """,
    )


def m016_fragments_table_pks(db: HasConnection) -> None:
    keys = {"response_id": 1, "fragment_id": 2, "order": 3}
    for table in ("prompt_fragments", "system_fragments"):
        columns = [column._replace(key=keys.get(column.name, 0)) for column in columns_of(db.conn, table)]
        rebuild(db.conn, table, columns)


def m017_tools_tables(db: HasConnection) -> None:
    run(
        db.conn,
        """
        CREATE TABLE tools (id INTEGER PRIMARY KEY, hash TEXT, name TEXT, description TEXT, input_schema TEXT);
        CREATE UNIQUE INDEX idx_tools_hash ON tools (hash);
        CREATE TABLE tool_responses (
            tool_id INTEGER REFERENCES tools(id), response_id TEXT REFERENCES responses(id),
            PRIMARY KEY (tool_id, response_id));
        CREATE TABLE tool_calls (
            id INTEGER PRIMARY KEY, response_id TEXT REFERENCES responses(id), tool_id INTEGER REFERENCES tools(id),
            name TEXT, arguments TEXT, tool_call_id TEXT);
        CREATE TABLE tool_results (
            id INTEGER PRIMARY KEY, response_id TEXT REFERENCES responses(id), tool_id INTEGER REFERENCES tools(id),
            name TEXT, output TEXT, tool_call_id TEXT);
        """,
    )


def m017_tools_plugin(db: HasConnection) -> None:
    add_columns(db.conn, "tools", "plugin TEXT")


def m018_tool_instances(db: HasConnection) -> None:
    run(db.conn, "CREATE TABLE tool_instances (id INTEGER PRIMARY KEY, plugin TEXT, name TEXT, arguments TEXT)")
    add_columns(db.conn, "tool_results", "instance_id INTEGER REFERENCES tool_instances(id)")


def m019_resolved_model(db: HasConnection) -> None:
    add_columns(db.conn, "responses", "resolved_model TEXT")


def m020_tool_results_attachments(db: HasConnection) -> None:
    run(
        db.conn,
        """
        CREATE TABLE tool_results_attachments (
            tool_result_id INTEGER REFERENCES tool_results(id), attachment_id TEXT REFERENCES attachments(id),
            "order" INTEGER, PRIMARY KEY (tool_result_id, attachment_id))
        """,
    )


def m021_tool_results_exception(db: HasConnection) -> None:
    add_columns(db.conn, "tool_results", "exception TEXT")


def m022_response_reasoning(db: HasConnection) -> None:
    add_columns(db.conn, "responses", "reasoning TEXT")


MIGRATIONS: tuple[Callable[[HasConnection], None], ...] = (
    m001_initial,
    m002_id_primary_key,
    m003_chat_id_foreign_key,
    m004_column_order,
    m004_drop_provider,
    m005_debug,
    m006_new_logs_table,
    m007_finish_logs_table,
    m008_reply_to_id_foreign_key,
    m008_fix_column_order_in_logs,
    m009_delete_logs_table_if_empty,
    m010_create_new_log_tables,
    m011_fts_for_responses,
    m012_attachments_tables,
    m013_usage,
    m014_schemas,
    m015_fragments_tables,
    m016_fragments_table_pks,
    m017_tools_tables,
    m017_tools_plugin,
    m018_tool_instances,
    m019_resolved_model,
    m020_tool_results_attachments,
    m021_tool_results_exception,
    m022_response_reasoning,
)
