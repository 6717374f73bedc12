"""The view `message_tree`: all conversations as indented outlines."""

from __future__ import annotations

import sqlite3
from typing import Any

from llm.core.attachments import Attachment
from llm.core.messages import Message, assistant, tool_message, user
from llm.core.parts import ToolResultPart
from llm.store.logstore import LogStore
from tests.store.samples import chain, column, rows, turn


def tree(conn: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return the rows of the view, in its order."""
    names = [row[1] for row in conn.execute("PRAGMA table_info(message_tree)")]
    return [dict(zip(names, row, strict=True)) for row in conn.execute("SELECT * FROM message_tree")]


def test_columns_and_rows(store: LogStore, conn: sqlite3.Connection) -> None:
    """A row for each message, under its root, with the time of the first turn whose chain holds it."""
    store.log(turn("a", "b", datetime_utc="2026-01-02T03:04:05.500000+00:00"))
    later = chain(user("a"), assistant("b"), user("c"))
    store.log(turn("c", "d", input=later, datetime_utc="2026-01-03T00:00:00.000000+00:00"))
    root, *others = column(conn, "SELECT hash FROM messages ORDER BY rowid")
    found = tree(conn)
    assert list(found[0]) == ["root_hash", "datetime", "message", "tools", "message_hash", "path"]
    assert [(row["datetime"], row["message"], row["tools"]) for row in found] == [
        ("2026-01-02 03:04:05", "a", ""),
        ("2026-01-02 03:04:05", "    b", ""),
        ("2026-01-03 00:00:00", "        c", ""),
        ("2026-01-03 00:00:00", "            d", ""),
    ]
    assert [row["root_hash"] for row in found] == [root] * 4
    assert [row["message_hash"] for row in found] == [root, *others]
    assert found[1]["path"] == "000000000001/000000000002"


def test_the_earliest_time(store: LogStore, conn: sqlite3.Connection) -> None:
    """The time of a message is the smallest of the turns whose chain holds it, in whatever order they were logged."""
    store.log(turn("a", "b", datetime_utc="2026-01-03T00:00:00.000000+00:00"))
    store.log(turn("a", "other", datetime_utc="2026-01-02T00:00:00.000000+00:00"))
    assert [(row["message"].strip(), row["datetime"]) for row in tree(conn)] == [
        ("a", "2026-01-02 00:00:00"), ("b", "2026-01-03 00:00:00"), ("other", "2026-01-02 00:00:00"),
    ]  # fmt: skip


def test_depth_first(store: LogStore, conn: sqlite3.Connection) -> None:
    """A fork follows its sibling's whole branch; a message that no turn holds has no time."""
    store.ensure_chain([user("a"), assistant("b"), user("c")])
    store.ensure_chain([user("a"), assistant("d")])
    store.ensure_chain([user("e")])
    assert [(row["message"].strip(), row["datetime"]) for row in tree(conn)] == [
        ("a", None), ("b", None), ("c", None), ("d", None), ("e", None),
    ]  # fmt: skip


def test_the_text(store: LogStore, conn: sqlite3.Connection) -> None:
    """What is shown is the first part: its text, its first fragment, or its type; on one line, 60 characters."""
    attachment = Attachment(type="image/png", content=b"x")
    shown = {
        "x" * 60: user("x" * 70, "second part"),
        "two lines": user("two\nlines"),
        "[attachment]": user(attachment, "text"),
        "[empty]": Message("assistant"),
        "[text]": user(""),
        "alpha": user("say alpha and beta"),
    }
    for message in shown.values():
        store.ensure_chain([message], fragments=["beta", "alpha"])
    assert [row["message"] for row in tree(conn)] == list(shown)


def test_tools(store: LogStore, conn: sqlite3.Connection) -> None:
    """The names of the tools whose results a message holds."""
    store.ensure_chain([tool_message(ToolResultPart("one"), ToolResultPart("two"), ToolResultPart("one"))])
    assert [row["tools"] for row in tree(conn)] == ["one, two, one"]


def test_only_what_can_be_reached(store: LogStore, conn: sqlite3.Connection) -> None:
    """A message whose chain has no beginning is left out."""
    store.ensure_chain([user("a"), assistant("b")])
    conn.execute("DELETE FROM messages WHERE parent_hash IS NULL")
    assert (tree(conn), len(rows(conn, "messages"))) == ([], 1)
