"""Columns of texts in which another program has stored bytes, or text that is not UTF-8."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from llm.core.attachments import Attachment
from llm.core.errors import UserError
from llm.core.fragments import Fragment
from llm.core.messages import Message, system, tool_message, user
from llm.core.parts import AttachmentPart, ReasoningPart, ToolCallPart, ToolResultPart
from llm.core.records import OfferedTool, ToolInstance
from llm.core.tools import Tool
from llm.core.usage import Usage
from llm.features.log_entry import render_entry
from llm.features.log_listing import LogListing, render
from llm.store.chain_reading import load_chain, load_history
from llm.store.database import Handle
from llm.store.legacy_responses import legacy_response as legacy_objects
from llm.store.logstore import LogStore
from llm.store.migrations.runner import migrate
from llm.store.reading import select
from llm.store.stored_fragments import list_fragments, set_fragment_alias
from llm.store.stored_schemas import used_schemas
from llm.store.threads import legacy_response_rows, newest_thread_id, stored_thread, tools_of_first_turn
from tests.store.legacy import insert, legacy_response
from tests.store.samples import chain, column, turn

LONG = "a long document " * 20
BOX = ToolInstance("Box", "p", '{"size": 1}')
PICTURE = Attachment(type="image/png", content=b"\xff\x00")
PAGE = Attachment(type="text/html", url="https://example.com")
#: Bytes that say what stood there, bytes that are no text, text that is not UTF-8.
DAMAGES = ['CAST("{0}" AS BLOB)', "CAST(x'00ff' || \"{0}\" AS BLOB)", "CAST(x'61ff' || \"{0}\" AS TEXT)"]
LISTINGS: list[dict[str, Any]] = [
    {"usage": True}, {"short": True, "usage": True}, {"data": True}, {"any_tools": True}, {"query": "hello"},
    {"fragments": ("doc",)}, {"response": True}, {"json_output": True, "expand": True},
]  # fmt: skip


def fill(conn: sqlite3.Connection) -> None:
    """Log two turns and an older response, with something in each column of a text that is read."""
    store = LogStore(Handle(conn))
    asked = (system("Be brief"), user(f"hello {LONG}", AttachmentPart(PICTURE), AttachmentPart(PAGE)))
    call = Message("assistant", [ReasoningPart("why"), ToolCallPart("f", {"a": 1}, "c1")], {"model": "m"})
    tool = OfferedTool(Tool("f", "What it does", {"type": "object"}, plugin="p"), BOX)
    store.log(
        turn(
            id="01first", thread_id="a", input=chain(*asked), output=(call,), tools=(tool,), schema={"type": "object"},
            options={"n": 1}, response_json={"content": LONG, "id": "x"}, fragments=(Fragment(LONG, "doc.txt"),),
            usage=Usage(1, 2, {"x": 3}), resolved_model="m-1",
        )
    )  # fmt: skip
    results = tool_message(ToolResultPart("f", "out", "c1", attachments=[PICTURE]))
    store.log(
        turn(
            "hello again", "```\ncode\n```", id="02second", thread_id="a", input=chain(*asked, call, results),
            instantiations={"c1": BOX}, state="failed", error="too bad",
        )
    )  # fmt: skip
    set_fragment_alias(conn, "doc", LONG)
    fill_old_tables(conn)


def fill_old_tables(conn: sqlite3.Connection) -> None:
    """Insert what the first generation of tables would have for a response."""
    insert(conn, "conversations", id="a", name="Name", model="old-model")
    legacy_response(
        conn, "00old", conversation_id="a", resolved_model="m", system="s", reasoning="why", schema_id="s",
        prompt_json="{}", response_json="{}", token_details="{}",
    )  # fmt: skip
    insert(conn, "schemas", id="s", content="{}")
    insert(conn, "tools", id=9, hash="h", name="g", description="d", input_schema="{}", plugin="p")
    insert(conn, "tool_responses", response_id="00old", tool_id=9)
    called = {"response_id": "00old", "tool_id": 9, "name": "g", "tool_call_id": "c"}
    insert(conn, "tool_calls", arguments="{}", **called)
    insert(conn, "tool_results", id=1, output="o", instance_id=1, exception="e", **called)
    [picture, *_] = column(conn, "SELECT id FROM attachments WHERE content IS NOT NULL")
    insert(conn, "prompt_attachments", response_id="00old", attachment_id=picture, order=1)
    insert(conn, "tool_results_attachments", tool_result_id=1, attachment_id=picture, order=1)
    for kind in ("prompt", "system"):
        insert(conn, f"{kind}_fragments", response_id="00old", fragment_id=1, order=1)


@pytest.fixture(scope="module")
def sound() -> Iterator[sqlite3.Connection]:
    """A log in memory, to be copied."""
    with closing(sqlite3.connect(":memory:")) as conn:
        migrate(Handle(conn))
        fill(conn)
        yield conn


@pytest.fixture
def log(sound: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A copy of it."""
    with copied(sound) as conn:
        yield conn


@contextlib.contextmanager
def copied(log: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as conn:
        log.backup(conn)
        yield conn


def text_columns(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return the columns of texts that have a value somewhere, each with its table."""
    tables = column(conn, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '*_fts*'")
    names = {
        table: column(conn, "SELECT name FROM pragma_table_info(?) WHERE type = 'TEXT'", [table]) for table in tables
    }
    every = [(table, name) for table in sorted(tables) for name in names[table]]
    return [(table, name) for table, name in every if column(conn, f'SELECT count("{name}") FROM {table}') != [0]]


def shown(conn: sqlite3.Connection, **listing: Any) -> str:
    return "".join(render(conn, LogListing(count=0, **listing)))


def look(conn: sqlite3.Connection) -> None:
    """Read all there is, in the ways of the commands."""
    for listing in LISTINGS:
        with contextlib.suppress(UserError):  # there may be no conversation, and no fragment of that name
            shown(conn, **listing)
    with contextlib.suppress(UserError):
        "".join(render_entry(conn, "a"))
    list(list_fragments(conn))
    used_schemas(conn)
    newest_thread_id(conn)
    thread = stored_thread(conn, "a")
    legacy_objects(conn, "00old", "s")
    legacy_response_rows(conn, "a")
    tools_of_first_turn(conn, "a")
    with contextlib.suppress(KeyError):
        load_history(conn, thread.tip if thread else None)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("one", [True, False], ids=["one", "all"])
def test_any_column(sound: sqlite3.Connection, damage: str, one: bool) -> None:
    """Whatever stands for a text, in one row or in all rows of any table: all is read, and no entry is missing."""
    columns = text_columns(sound)
    assert len(columns) > 60
    for table, name in columns:
        where = f'WHERE rowid = (SELECT min(rowid) FROM {table} WHERE "{name}" IS NOT NULL)' if one else ""
        with copied(sound) as conn:
            conn.execute(f'UPDATE {table} SET "{name}" = {damage.format(name)} {where}')
            assert len(json.loads(shown(conn, json_output=True))) == 3, f"{table}.{name}"
            look(conn)


def test_bytes_that_are_text(log: sqlite3.Connection) -> None:
    """Bytes in UTF-8 are shown as the text that they are, with nothing else changed."""
    before = shown(log, json_output=True)
    for table, name in (("parts", "text"), ("parts", "payload"), ("turns", "options_json"), ("responses", "prompt")):
        log.execute(f"UPDATE {table} SET {name} = CAST({name} AS BLOB)")
    assert shown(log, json_output=True) == before


@pytest.mark.parametrize("stored", ["x'6f6bff'", "CAST(x'6f6bff' AS TEXT)"], ids=["bytes", "text"])
def test_what_is_no_text(log: sqlite3.Connection, stored: str) -> None:
    """What is not UTF-8 gets a replacement character in its place, in listings as in a conversation that goes on."""
    log.execute(f"UPDATE parts SET text = {stored} WHERE text = 'Be brief'")
    first, *_ = json.loads(shown(log, json_output=True, query="hello", latest=True))
    assert first["system"] == "ok\ufffd"
    [tip] = column(log, "SELECT tip_message_hash FROM turns WHERE id = '02second'")
    assert load_chain(log, tip)[0] == system("ok\ufffd")


def test_parents_as_bytes(log: sqlite3.Connection) -> None:
    """A chain goes on where the hash of a parent was stored as bytes."""
    [tip] = column(log, "SELECT tip_message_hash FROM turns WHERE id = '02second'")
    before = load_chain(log, tip)
    assert len(before) == 5
    log.execute("UPDATE messages SET parent_hash = CAST(parent_hash AS BLOB), role = CAST(role AS BLOB)")
    assert load_chain(log, tip) == before


def test_bytes_of_attachments_stay_bytes(log: sqlite3.Connection) -> None:
    """The content of an attachment is no text, also where the text beside it was stored as bytes."""
    log.execute("UPDATE attachments SET type = CAST(type AS BLOB)")
    for found in (legacy_objects(log, "00old", None).attachments[0], _attachment_of_chain(log)):
        assert (found.type, found.content) == ("image/png", b"\xff\x00")


def _attachment_of_chain(conn: sqlite3.Connection) -> Attachment:
    [tip] = column(conn, "SELECT parent_message_hash FROM turns WHERE id = '01first'")
    part = load_chain(conn, tip)[1].parts[1]
    assert isinstance(part, AttachmentPart)
    assert part.attachment is not None
    return part.attachment


def test_settings_of_the_connection_stay(log: sqlite3.Connection) -> None:
    """The connection decodes texts afterwards as its owner wants them, and other errors of SQLite are not hidden."""
    log.text_factory = bytes
    assert select(log, "SELECT 'a', x'62', NULL, 1") == [("a", "b", None, 1)]
    log.text_factory = str
    assert select(log, "SELECT CAST(x'61ff' AS TEXT)") == [("a\ufffd",)]
    assert log.text_factory is str
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        select(log, "SELECT * FROM missing")
