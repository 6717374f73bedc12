"""What belongs to the row of a turn."""

from __future__ import annotations

import sqlite3
from typing import Any

from llm.core.attachments import Attachment
from llm.core.fragments import Fragment
from llm.core.messages import Message, assistant, tool_message, user
from llm.core.parts import AttachmentPart, ToolCallPart, ToolResultPart
from llm.core.records import OfferedTool, ToolInstance
from llm.core.tools import Tool
from llm.store.listing import merged_log_rows
from llm.store.logstore import LogStore
from llm.store.row_extras import log_row_extras
from tests.store.legacy import insert
from tests.store.samples import chain, turn

URL = Attachment(type="image/png", url="https://example.com/a.png")
BYTES = Attachment(type="text/plain", content=b"abc")
SCHEMA = {"type": "object", "properties": {"s": {"type": "string"}}}


def extras(store: LogStore, **values: Any) -> dict[str, list[dict[str, Any]]]:
    """Log a turn and return the extras of its row."""
    turn_id = store.log(turn(**values))
    [row] = merged_log_rows(store, ids=[turn_id])
    return log_row_extras(store, row)


def test_bare_turn(store: LogStore) -> None:
    """All lists are there, empty."""
    assert extras(store) == {
        "attachments": [],
        "tools": [],
        "tool_calls": [],
        "tool_results": [],
        "prompt_fragments": [],
        "system_fragments": [],
    }


def test_attachments(store: LogStore) -> None:
    """The attachments of the own input, in order and with repetitions, without those of earlier turns."""
    history = chain(user(BYTES, "earlier"), assistant("x"), user("q", URL, BYTES, AttachmentPart()), user(URL))
    url = {
        "id": URL.id(),
        "type": "image/png",
        "path": None,
        "url": "https://example.com/a.png",
        "content": None,
        "content_length": None,
    }
    stored = {"id": BYTES.id(), "type": "text/plain", "path": None, "url": None, "content": True, "content_length": 3}
    assert extras(store, input=history)["attachments"] == [url, stored, url]


def test_missing_attachment_row(store: LogStore, conn: sqlite3.Connection) -> None:
    """An attachment whose row is gone is an entry that has nothing but its id."""
    turn_id = store.log(turn(input=chain(user("q", URL))))
    conn.execute("DELETE FROM attachments")
    [row] = merged_log_rows(store, ids=[turn_id])
    [found] = log_row_extras(store, row)["attachments"]
    assert {key: value for key, value in found.items() if value is not None} == {"id": URL.id()}


def test_attachment_that_differs_from_the_shared_row(store: LogStore) -> None:
    """What a message says of its attachment goes before the row that it shares with others."""
    extras(store, input=chain(user("q", BYTES)))
    [found] = extras(store, input=chain(user("q", Attachment(type="text/markdown", content=b"abc"))))["attachments"]
    assert (found["type"], found["content_length"]) == ("text/markdown", 3)


def test_tools(store: LogStore) -> None:
    """The tools of the turn by id, their schemas decoded, with name and arguments of their instance."""
    box = ToolInstance("Box", "plug", '{"path": "/z"}')
    offered = [OfferedTool(Tool("plain", None, {})), OfferedTool(Tool("Box_read", "Read", SCHEMA, plugin="plug"), box)]
    tools = extras(store, tools=offered)["tools"]
    assert tools == [
        {
            "id": 1,
            "hash": offered[0].tool.hash(),
            "name": "plain",
            "description": None,
            "input_schema": {},
            "instance": None,
        },
        {
            "id": 2,
            "hash": offered[1].tool.hash(),
            "name": "Box_read",
            "description": "Read",
            "input_schema": SCHEMA,
            "instance": {"name": "Box", "arguments": '{"path": "/z"}'},
        },
    ]


def test_tool_calls(store: LogStore) -> None:
    """The calls in the own output, with the tool's id if the turn offered a tool of that name."""
    calls = (ToolCallPart("up", {"s": "x"}, "c1"), ToolCallPart("web", {}, "c2", server_executed=True))
    found = extras(store, tools=[OfferedTool(Tool("up"))], output=(assistant("let me", *calls),))["tool_calls"]
    assert found == [
        {
            "id": found[0]["id"],
            "tool_id": 1,
            "name": "up",
            "arguments": {"s": "x"},
            "tool_call_id": "c1",
            "server_executed": False,
        },
        {
            "id": found[1]["id"],
            "tool_id": None,
            "name": "web",
            "arguments": {},
            "tool_call_id": "c2",
            "server_executed": True,
        },
    ]
    assert found[0]["id"] < found[1]["id"]


def test_tool_results(store: LogStore) -> None:
    """Results that were fed come first, then those of the provider; instances are those of this turn."""
    fed = ToolResultPart("up", "X", "c1", attachments=[URL, BYTES], exception="ValueError: x")
    made = ToolResultPart("web", "found", "c2", server_executed=True)
    found = extras(
        store,
        input=chain(user("q"), assistant(ToolCallPart("up", {}, "c1")), tool_message(fed), user("go on")),
        output=(assistant("a", made, "b"),),
        instantiations={"c1": ToolInstance("Box", "plug", "{}")},
    )["tool_results"]
    assert [entry.pop("id") for entry in found] == [3, 6]
    assert [attachment["id"] for attachment in found[0].pop("attachments")] == [URL.id(), BYTES.id()]
    assert found == [
        {
            "tool_id": None,
            "name": "up",
            "output": "X",
            "tool_call_id": "c1",
            "exception": "ValueError: x",
            "server_executed": False,
            "instance": {"name": "Box", "plugin": "plug", "arguments": "{}"},
        },
        {
            "tool_id": None,
            "name": "web",
            "output": "found",
            "tool_call_id": "c2",
            "exception": None,
            "server_executed": True,
            "instance": None,
            "attachments": [],
        },
    ]


def test_instance_of_another_turn(store: LogStore) -> None:
    """The same call id in another turn is another call."""
    message = tool_message(ToolResultPart("up", "X", "c1"))
    extras(store, input=chain(message), instantiations={"c1": ToolInstance("Box", None, "{}")})
    assert extras(store, input=chain(message))["tool_results"][0]["instance"] is None


def test_fragments(store: LogStore, conn: sqlite3.Connection) -> None:
    """Fragments of each kind in their order, repetitions included, with their aliases as JSON text."""
    turn_id = store.log(turn(fragments=["b", Fragment("a", "src"), "b"], system_fragments=["c"]))
    [(number,)] = conn.execute("SELECT id FROM fragments WHERE content = 'a'")
    for alias in ("zulu", "alpha"):
        insert(conn, "fragment_aliases", alias=alias, fragment_id=number)
    [row] = merged_log_rows(store, ids=[turn_id])
    found = log_row_extras(store, row)
    assert [fragment["content"] for fragment in found["prompt_fragments"]] == ["b", "a", "b"]
    assert found["prompt_fragments"][1] == {
        "kind": "prompt",
        "hash": Fragment("a").id(),
        "content": "a",
        "aliases": '["zulu","alpha"]',
    }
    assert [fragment["kind"] for fragment in found["system_fragments"]] == ["system"]


def test_damaged_parts(store: LogStore, conn: sqlite3.Connection) -> None:
    """Payloads that are no JSON, or not of the expected form, leave gaps."""
    turn_id = store.log(
        turn(
            input=chain(user("q", URL), tool_message(ToolResultPart("up", "X", "c1", attachments=[URL]))),
            output=(assistant(ToolCallPart("up", {"s": 1}, "c1")),),
        )
    )
    for payload in ("{broken", "[]", '{"attachments": 1, "attachment": [], "tool_call_id": {}}', None):
        conn.execute("UPDATE parts SET payload = ? WHERE type != 'text'", (payload,))
        [row] = merged_log_rows(store, ids=[turn_id])
        found = log_row_extras(store, row)
        assert [call["name"] for call in found["tool_calls"]] == ["up"]
        assert [result["output"] for result in found["tool_results"]] == [""]
        assert found["attachments"] == []


def test_message_of_no_parts(store: LogStore) -> None:
    """An empty message in the own input adds nothing."""
    assert extras(store, input=chain(Message("user", [])))["attachments"] == []
