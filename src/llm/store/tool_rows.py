"""Rows of the tables `tools` and `tool_instances`."""

from __future__ import annotations

import sqlite3
from typing import cast

from llm.core.server_tools import ServerSideTool
from llm.core.tools import Tool
from llm.store.connection import HasConnection, execute, writing
from llm.store.plain import json_text


def ensure_tool(db: HasConnection, tool: Tool | ServerSideTool) -> int:
    """Store a tool unless one with this hash is there already, and return the id of its row.

    A transaction that is open stays open.
    """
    with writing(db.conn):
        return tool_id(db.conn, tool)


def ensure_tool_instance(db: HasConnection, name: str | None, plugin: str | None, arguments: str | None) -> int:
    """Store a configured toolbox or server-side tool unless it is there already, and return the id of its row.

    `arguments` is JSON text. A transaction that is open stays open.
    """
    with writing(db.conn):
        return tool_instance_id(db.conn, name, plugin, arguments)


for _public in (ensure_tool, ensure_tool_instance):
    _public.__module__ = "llm.utils"


def tool_id(conn: sqlite3.Connection, tool: Tool | ServerSideTool) -> int:
    """Do the same as `ensure_tool`, inside a transaction."""
    digest = tool.hash()
    rows = execute(conn, "SELECT id FROM tools WHERE hash = ?", (digest,)).fetchall()
    if rows:
        return cast("int", rows[0][0])
    sql = "INSERT INTO tools (hash, name, description, input_schema, plugin) VALUES (?, ?, ?, ?, ?)"
    values = (digest, tool.name, tool.description, json_text(tool.input_schema), tool.plugin)
    return cast("int", execute(conn, sql, values).lastrowid)


def tool_instance_id(conn: sqlite3.Connection, name: str | None, plugin: str | None, arguments: str | None) -> int:
    """Do the same as `ensure_tool_instance`, inside a transaction."""
    values = (name, plugin, arguments)
    rows = execute(
        conn, "SELECT min(id) FROM tool_instances WHERE name IS ? AND plugin IS ? AND arguments IS ?", values
    ).fetchall()
    if rows[0][0] is not None:
        return cast("int", rows[0][0])
    sql = "INSERT INTO tool_instances (name, plugin, arguments) VALUES (?, ?, ?)"
    return cast("int", execute(conn, sql, values).lastrowid)
