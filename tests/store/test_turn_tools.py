"""What is written about the tools of a turn."""

from __future__ import annotations

import sqlite3

from llm.core.records import OfferedTool, ToolInstance
from llm.core.server_tools import ServerSideTool
from llm.core.tools import Tool
from llm.store.database import Handle
from llm.store.logstore import LogStore
from llm.store.tool_rows import ensure_tool, ensure_tool_instance
from tests.store.samples import rows, turn

UPPER = Tool("up", "Upper", {"type": "object", "properties": {"s": {"type": "string"}}})
BOX = ToolInstance("Box", "plug", '{"path": "/z"}')


def test_tools_and_their_instances(store: LogStore, conn: sqlite3.Connection) -> None:
    """A row for each tool, by hash, with the instance it is bound to; equal instances share a row."""
    server = ServerSideTool({"type": "web"})
    offered = [
        OfferedTool(UPPER),
        OfferedTool(Tool("Box_look", None, {}, plugin="plug"), BOX),
        OfferedTool(Tool("Box_put", None, {}, plugin="plug"), BOX),
        OfferedTool(server, ToolInstance("ServerSideTool", None, '{"spec": {"type": "web"}}')),
    ]
    store.log(turn(tools=offered))
    assert [(row["tool_id"], row["instance_id"]) for row in rows(conn, "turn_tools")] == [
        (1, None), (2, 1), (3, 1), (4, 2),
    ]  # fmt: skip
    assert [tuple(row.values()) for row in rows(conn, "tool_instances")] == [
        (1, "plug", "Box", '{"path": "/z"}'),
        (2, None, "ServerSideTool", '{"spec": {"type": "web"}}'),
    ]
    first, *_, last = rows(conn, "tools")
    assert first == {
        "id": 1,
        "hash": "1d59a67f779c7c405282d76f0c8b24456786250887fdeca9a89707733a070011",
        "name": "up",
        "description": "Upper",
        "input_schema": '{"type": "object", "properties": {"s": {"type": "string"}}}',
        "plugin": None,
    }
    assert (last["name"], last["hash"]) == ("server_side_tool", server.hash())


def test_two_instances_of_one_class(store: LogStore, conn: sqlite3.Connection) -> None:
    """They share the rows of their tools, so the last one counts for the turn; results know which one they are of."""
    other = ToolInstance("Box", "plug", '{"path": "/y"}')
    look = Tool("Box_look", None, {}, plugin="plug")
    store.log(turn(tools=[OfferedTool(look, BOX), OfferedTool(look, other)], instantiations={"c1": BOX, "c2": other}))
    paths = dict(conn.execute("SELECT id, arguments FROM tool_instances"))
    assert [paths[row["instance_id"]] for row in rows(conn, "turn_tools")] == ['{"path": "/y"}']
    assert [paths[row["instance_id"]] for row in rows(conn, "tool_instantiations")] == [
        '{"path": "/z"}', '{"path": "/y"}',
    ]  # fmt: skip


def test_tool_instantiations(store: LogStore, conn: sqlite3.Connection) -> None:
    """Which instance gave which result is noted for each turn; the same call id may occur in several turns."""
    for _ in range(2):
        store.log(turn(instantiations={"c1": BOX, "c2": BOX}))
    assert [(row["tool_call_id"], row["instance_id"]) for row in rows(conn, "tool_instantiations")] == [
        ("c1", 1), ("c2", 1), ("c1", 1), ("c2", 1),
    ]  # fmt: skip


def test_ensure_tool_and_instance(conn: sqlite3.Connection) -> None:
    """The public functions insert once and return the row id; of instances, NULLs count as equal. What the caller has
    begun stays uncommitted."""
    db = Handle(conn)
    assert [ensure_tool(db, tool) for tool in (UPPER, Tool("up", "Upper"), UPPER)] == [1, 2, 1]
    instances = [("A", None, None), ("A", "p", None), ("A", None, None), (None, None, "{}")]
    assert [ensure_tool_instance(db, *instance) for instance in instances] == [1, 2, 1, 3]
    assert not conn.in_transaction
    conn.execute("BEGIN")
    ensure_tool(db, Tool("another"))
    ensure_tool_instance(db, "B", None, None)
    conn.rollback()
    assert (len(rows(conn, "tools")), len(rows(conn, "tool_instances"))) == (2, 3)
