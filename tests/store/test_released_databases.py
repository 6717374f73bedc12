"""Databases as old releases made them (`tests.interop.old_releases` says how) are listed after they were migrated."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from llm.features.log_views import annotate_log_rows
from llm.store.database import Handle
from llm.store.listing import merged_log_rows
from llm.store.migrations import migrate
from tests.store.schema import shape

DATABASES = sorted(Path(__file__).with_name("databases").glob("*.sql"))


@pytest.fixture(params=DATABASES, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, empty: sqlite3.Connection) -> sqlite3.Connection:
    """A migrated database of each release."""
    empty.executescript(request.param.read_text(encoding="utf-8"))
    before = empty.execute("SELECT id, prompt, response, conversation_id FROM responses ORDER BY rowid").fetchall()
    migrate(Handle(empty))
    after = empty.execute("SELECT id, prompt, response, conversation_id FROM responses ORDER BY rowid").fetchall()
    assert after == before
    return empty


def test_schema(old: sqlite3.Connection) -> None:
    """A database of any release has the same tables, keys, indexes, triggers and view as a new one afterwards."""
    new = sqlite3.connect(":memory:")
    migrate(Handle(new))
    assert shape(old) == shape(new)
    new.close()


def test_rows(old: sqlite3.Connection) -> None:
    """All of its responses are listed, the newest first, with what belongs to them."""
    rows = merged_log_rows(Handle(old))
    attachments = annotate_log_rows(Handle(old), rows)
    assert [row["prompt"] for row in rows[:2]] == ["with a second turn", "the last one of all"]
    assert rows[0]["conversation_id"] == rows[1]["conversation_id"]
    first = rows[-1]
    assert (first["prompt"], first["system"], first["options_json"]) == (
        "Ten names for a pelican", "be brief", {"temperature": 0.5},
    )  # fmt: skip
    assert first["response_json"] == {"raw": "Ten names for a pelican"}
    by_prompt = {row["prompt"]: row for row in rows}
    if "a picture" in by_prompt:
        [picture] = attachments[by_prompt["a picture"]["id"]]
        assert (picture["type"], picture["path"]) == ("image/png", "/data/picture.png")
    if "Anna" in by_prompt:
        assert list(by_prompt["Anna"]["schema_json"]["properties"]) == ["name", "age"]
    if "loud please" in by_prompt:
        assert [call["name"] for call in by_prompt["loud please"]["tool_calls"]] == ["shout", "fail"]
        instances = [found["instance"] for row in rows for found in row["tool_results"] if found["name"] == "Box_look"]
        assert instances == [{"name": "Box", "plugin": "stub", "arguments": '{"root": "/root/"}'}]


def test_search(old: sqlite3.Connection) -> None:
    """Its responses are found by their words."""
    [row] = merged_log_rows(Handle(old), query="pelican")
    assert row["prompt"] == "Ten names for a pelican"
