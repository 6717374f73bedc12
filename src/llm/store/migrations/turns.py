"""The second generation of tables: messages by content, and the turns that point at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm.store.connection import HasConnection, execute, writing
from llm.store.migrations.search import create_search
from llm.store.migrations.tables import add_columns, columns_of, rebuild, run

if TYPE_CHECKING:
    from collections.abc import Callable

_TABLES = """
    CREATE TABLE messages (
        hash TEXT PRIMARY KEY, parent_hash TEXT REFERENCES messages(hash), role TEXT, provider_metadata TEXT);
    CREATE INDEX idx_messages_parent_hash ON messages (parent_hash);
    CREATE TABLE parts (
        id INTEGER PRIMARY KEY, message_hash TEXT REFERENCES messages(hash), position INTEGER, type TEXT,
        tool_name TEXT, text TEXT, payload TEXT);
    CREATE UNIQUE INDEX idx_parts_message_hash_position ON parts (message_hash, position);
    CREATE TABLE part_attachments (
        part_id INTEGER REFERENCES parts(id), attachment_id TEXT REFERENCES attachments(id), "order" INTEGER,
        PRIMARY KEY (part_id, attachment_id, "order"));
    CREATE TABLE part_fragments (
        part_id INTEGER REFERENCES parts(id), fragment_id INTEGER REFERENCES fragments(id), "order" INTEGER,
        PRIMARY KEY (part_id, fragment_id, "order"));
    CREATE INDEX idx_part_fragments_fragment_id ON part_fragments (fragment_id);
    CREATE TABLE threads (
        id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT REFERENCES messages(hash),
        forked_from TEXT REFERENCES threads(id), datetime_utc TEXT);
    CREATE TABLE turns (
        id TEXT PRIMARY KEY, thread_id TEXT REFERENCES threads(id),
        parent_message_hash TEXT REFERENCES messages(hash), tip_message_hash TEXT REFERENCES messages(hash),
        model TEXT, resolved_model TEXT, options_json TEXT, schema_id TEXT REFERENCES schemas(id),
        input_tokens INTEGER, output_tokens INTEGER, token_details TEXT, duration_ms INTEGER, datetime_utc TEXT);
    CREATE INDEX idx_turns_thread_id ON turns (thread_id);
    CREATE TABLE turn_tools (
        turn_id TEXT REFERENCES turns(id), tool_id INTEGER REFERENCES tools(id), PRIMARY KEY (turn_id, tool_id));
    CREATE TABLE turn_fragments (
        turn_id TEXT REFERENCES turns(id), fragment_id INTEGER REFERENCES fragments(id), "order" INTEGER, kind TEXT,
        PRIMARY KEY (turn_id, fragment_id, kind, "order"));
    CREATE INDEX idx_turn_fragments_fragment_id ON turn_fragments (fragment_id);
    CREATE TABLE turn_search (
        id INTEGER PRIMARY KEY, turn_id TEXT REFERENCES turns(id), prompt TEXT, response TEXT);
    CREATE UNIQUE INDEX idx_turn_search_turn_id ON turn_search (turn_id);
    CREATE TABLE tool_instantiations (
        turn_id TEXT REFERENCES turns(id), tool_call_id TEXT, name TEXT, plugin TEXT, arguments TEXT,
        PRIMARY KEY (turn_id, tool_call_id));
    """

_INSTANCE = "instance_id INTEGER REFERENCES tool_instances(id)"

_BACKFILL_INSTANCES = """
    UPDATE turn_tools SET instance_id = (
        SELECT instances.id FROM tools, turns, turns AS others, tool_instantiations, tool_instances AS instances
        WHERE tools.id = turn_tools.tool_id AND turns.id = turn_tools.turn_id
        AND others.thread_id = turns.thread_id AND tool_instantiations.turn_id = others.id
        AND instances.id = tool_instantiations.instance_id
        AND (tools.name = instances.name
             OR substr(tools.name, 1, length(instances.name) + 1) = instances.name || '_')
        ORDER BY instances.name = tools.name DESC, length(instances.name) DESC, instances.id LIMIT 1)
    WHERE instance_id IS NULL
    """

# `used` pairs each message with the times of the turns whose chain holds it; the rest is one row a message.
_MESSAGE_TREE = """
    CREATE VIEW message_tree AS
    WITH RECURSIVE
    outline(hash, root_hash, depth, path) AS (
        SELECT hash, hash, 0, printf('%012d', rowid) FROM messages WHERE parent_hash IS NULL
        UNION ALL
        SELECT messages.hash, outline.root_hash, outline.depth + 1, outline.path || printf('/%012d', messages.rowid)
        FROM outline JOIN messages ON messages.parent_hash = outline.hash),
    used(hash, at) AS (
        SELECT tip_message_hash, datetime_utc FROM turns WHERE tip_message_hash IS NOT NULL
        UNION
        SELECT messages.parent_hash, used.at FROM used JOIN messages ON messages.hash = used.hash
        WHERE messages.parent_hash IS NOT NULL),
    first_used(hash, at) AS (SELECT hash, min(at) FROM used GROUP BY hash),
    shown(hash, text) AS (
        SELECT outline.hash, CASE
            WHEN opening.text != '' THEN opening.text
            WHEN opening.id IS NULL THEN '[empty]'
            ELSE coalesce(
                (SELECT fragments.content FROM part_fragments
                 JOIN fragments ON fragments.id = part_fragments.fragment_id
                 WHERE part_fragments.part_id = opening.id ORDER BY part_fragments."order" LIMIT 1),
                '[' || opening.type || ']')
            END
        FROM outline
        LEFT JOIN parts AS opening ON opening.message_hash = outline.hash AND opening.position = 0)
    SELECT
        outline.root_hash AS root_hash,
        strftime('%Y-%m-%d %H:%M:%S', first_used.at) AS datetime,
        printf('%*s', outline.depth * 4, '') || substr(replace(shown.text, char(10), ' '), 1, 60) AS message,
        coalesce((
            SELECT group_concat(tool_name, ', ') FROM (
                SELECT parts.tool_name FROM parts
                WHERE parts.message_hash = outline.hash AND parts.type = 'tool_result' ORDER BY parts.position)
            ), '') AS tools,
        outline.hash AS message_hash,
        outline.path AS path
    FROM outline
    JOIN shown ON shown.hash = outline.hash
    LEFT JOIN first_used ON first_used.hash = outline.hash
    ORDER BY outline.path
    """


def m023_message_store(db: HasConnection) -> None:
    run(db.conn, _TABLES)
    create_search(db.conn, "turn_search")


def m024_tool_instance_references(db: HasConnection) -> None:
    from llm.store.tool_rows import tool_instance_id  # it knows tools, which listing a log does not need

    with writing(db.conn):
        add_columns(db.conn, "turn_tools", _INSTANCE)
        add_columns(db.conn, "tool_instantiations", _INSTANCE)
        for rowid, *instance in execute(
            db.conn, "SELECT rowid, name, plugin, arguments FROM tool_instantiations"
        ).fetchall():
            found = tool_instance_id(db.conn, *instance)
            execute(db.conn, "UPDATE tool_instantiations SET instance_id = ? WHERE rowid = ?", (found, rowid))
        copied = {"name", "plugin", "arguments"}
        columns = [column for column in columns_of(db.conn, "tool_instantiations") if column.name not in copied]
        rebuild(db.conn, "tool_instantiations", columns)


def m025_turn_tools_instance_backfill(db: HasConnection) -> None:
    with writing(db.conn):
        execute(db.conn, _BACKFILL_INSTANCES)


def m026_message_tree_view(db: HasConnection) -> None:
    execute(db.conn, _MESSAGE_TREE)


def m027_turns_response_json(db: HasConnection) -> None:
    add_columns(db.conn, "turns", "response_json TEXT")


MIGRATIONS: tuple[Callable[[HasConnection], None], ...] = (
    m023_message_store,
    m024_tool_instance_references,
    m025_turn_tools_instance_backfill,
    m026_message_tree_view,
    m027_turns_response_json,
)
