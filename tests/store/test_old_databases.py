"""What is in databases of any age is still there after they were brought up to date."""

from __future__ import annotations

import sqlite3

import pytest

from llm.store.database import Handle
from llm.store.migrations import migrate
from tests.store.samples import column, rows
from tests.store.schema import described, shape, stop_at


def test_rows_of_the_first_table_are_kept(empty: sqlite3.Connection) -> None:
    """Logs from before conversations end up in `logs`: numbered by rowid, in the order of columns of that time, with
    unknown columns behind."""
    empty.executescript(
        """
        CREATE TABLE log (provider TEXT, system TEXT, prompt TEXT, response TEXT, model TEXT, timestamp TEXT, mine INT);
        INSERT INTO log (rowid, provider, system, prompt, response, model, timestamp, mine)
        VALUES (3, 'OpenAI', 's', 'p', 'r', 'm', '2023', 7);
        """
    )
    stop_at(empty, "m001_initial")
    empty.execute("INSERT INTO log (rowid, prompt, chat_id) VALUES (8, 'p2', '3')")
    empty.commit()
    migrate(Handle(empty))
    names = [
        "id", "model", "prompt", "system", "prompt_json", "options_json", "response", "response_json", "reply_to_id",
        "chat_id", "duration_ms", "datetime_utc", "mine",
    ]  # fmt: skip
    first, second = rows(empty, "logs")
    assert list(first) == names
    assert {key: value for key, value in first.items() if value is not None} == {
        "id": 3, "model": "m", "prompt": "p", "system": "s", "response": "r", "datetime_utc": "2023", "mine": 7,
    }  # fmt: skip
    assert (second["id"], second["prompt"], second["chat_id"]) == (8, "p2", 3)
    assert described(empty, "logs").startswith("id INTEGER, model TEXT")
    assert "reply_to_id INTEGER >logs.id, chat_id INTEGER," in described(empty, "logs")
    assert "log" not in shape(empty)["tables"]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("m002_id_primary_key", "id provider system prompt chat_id response model timestamp"),
        ("m004_column_order", "id model timestamp prompt system response chat_id provider"),
        ("m004_drop_provider", "id model timestamp prompt system response chat_id"),
        ("m005_debug", "id model timestamp prompt system response chat_id debug duration_ms"),
        (
            "m006_new_logs_table",
            """
            id model prompt system prompt_json options_json response response_json reply_to_id chat_id duration_ms
            timestamp_utc debug
            """,
        ),
    ],
)
def test_steps_of_the_first_table(empty: sqlite3.Connection, name: str, columns: str) -> None:
    """Each step leaves the columns of its time, so that a file stopped there is what later steps expect."""
    stop_at(empty, name)
    assert [row[1] for row in empty.execute("PRAGMA table_info(log)")] == columns.split()


def test_a_column_options_is_renamed(empty: sqlite3.Connection) -> None:
    """Where there was a column `options`, its values become those of `options_json`."""
    stop_at(empty, "m005_debug")
    empty.execute("ALTER TABLE log ADD COLUMN options TEXT")
    empty.execute("INSERT INTO log (options) VALUES ('{}')")
    empty.commit()
    migrate(Handle(empty))
    assert column(empty, "SELECT options_json FROM logs") == ["{}"]


def test_search_of_legacy_responses_survives(empty: sqlite3.Connection) -> None:
    """Rowids of `responses` stay, and the search index is complete afterwards, also where triggers had been lost."""
    stop_at(empty, "m013_usage")
    for rowid, text in ((2, "walrus"), (5, "pelican")):
        empty.execute("INSERT INTO responses (rowid, id, prompt) VALUES (?, ?, ?)", (rowid, text, text))
    empty.execute("DROP TRIGGER responses_ai")
    empty.execute("INSERT INTO responses (rowid, id, prompt) VALUES (9, 'otter', 'otter')")
    empty.commit()
    migrate(Handle(empty))
    assert column(empty, "SELECT rowid FROM responses ORDER BY id") == [9, 5, 2]
    assert column(empty, "SELECT rowid FROM responses_fts WHERE responses_fts MATCH 'otter OR walrus'") == [2, 9]


@pytest.mark.parametrize("table", ["responses", "turn_search"])
def test_the_search_index_is_kept_in_step(conn: sqlite3.Connection, table: str) -> None:
    """Inserting, changing and deleting a row is seen by the search, which ignores case and accents."""

    def found(text: str) -> list[int]:
        return column(conn, f"SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH ?", (text,))

    conn.execute(f"INSERT INTO {table} (rowid, prompt, response) VALUES (4, 'Café', 'answer')")
    assert (found("cafe"), found("response: cafe"), found("response: answer")) == ([4], [], [4])
    conn.execute(f"UPDATE {table} SET prompt = 'Tea'")
    assert (found("cafe"), found("tea")) == ([], [4])
    conn.execute(f"DELETE FROM {table}")
    assert found("tea") == []
    conn.execute(f"INSERT INTO {table}_fts({table}_fts) VALUES ('integrity-check')")


def fill_fragments(conn: sqlite3.Connection) -> None:
    conn.execute("INSERT INTO responses (id) VALUES ('r1')")
    conn.execute("INSERT INTO fragments (id, hash) VALUES (1, 'h')")
    conn.execute("INSERT INTO prompt_fragments VALUES ('r1', 1, 0)")
    conn.commit()


def test_fragments_keep_their_rows(empty: sqlite3.Connection) -> None:
    """The wider key keeps rows, rowids, and what others added: columns, indexes, triggers and views."""
    stop_at(empty, "m015_fragments_tables")
    fill_fragments(empty)
    empty.executescript(
        """
        ALTER TABLE prompt_fragments ADD COLUMN mine TEXT DEFAULT 'x';
        UPDATE prompt_fragments SET rowid = 7;
        CREATE INDEX my_index ON prompt_fragments (mine);
        CREATE TRIGGER my_trigger AFTER DELETE ON prompt_fragments BEGIN DELETE FROM fragments; END;
        CREATE VIEW my_view AS SELECT fragment_id FROM prompt_fragments;
        CREATE TABLE state (a);
        """
    )
    migrate(Handle(empty))
    assert rows(empty, "prompt_fragments") == [{"response_id": "r1", "fragment_id": 1, "order": 0, "mine": "x"}]
    assert column(empty, "SELECT rowid FROM prompt_fragments") == [7]
    assert column(empty, "SELECT fragment_id FROM my_view") == [1]
    assert column(empty, "SELECT name FROM sqlite_master WHERE name LIKE 'my_%' ORDER BY 1") == [
        "my_index", "my_trigger", "my_view",
    ]  # fmt: skip
    empty.execute("INSERT INTO prompt_fragments (response_id, fragment_id, 'order') VALUES ('r1', 1, 1)")
    assert column(empty, "SELECT mine FROM prompt_fragments") == ["x", "x"]


def test_extra_columns_of_responses_survive(empty: sqlite3.Connection) -> None:
    """A column that a plugin added keeps its values on the way."""
    stop_at(empty, "m010_create_new_log_tables")
    empty.execute("ALTER TABLE responses ADD COLUMN head TEXT")
    empty.execute("INSERT INTO responses (id, head) VALUES ('r1', 'h')")
    empty.commit()
    migrate(Handle(empty))
    assert column(empty, "SELECT head FROM responses") == ["h"]


def test_tool_instances_become_rows_of_their_own(empty: sqlite3.Connection) -> None:
    """Equal (name, plugin, arguments), NULLs included, share a row, also one that was there; tools of turns of the same
    thread get the instance whose name is theirs or their prefix before `_`."""
    stop_at(empty, "m023_message_store")
    empty.executescript(
        """
        INSERT INTO tool_instances (id, plugin, name, arguments) VALUES (5, NULL, 'Box', '{}');
        INSERT INTO tools (id, name) VALUES (1, 'Box_look'), (2, 'Boxer'), (3, 'plain'), (4, 'Web');
        INSERT INTO turns (id, thread_id) VALUES ('t1', 'A'), ('t2', 'A'), ('t3', 'B');
        INSERT INTO turn_tools VALUES ('t1', 1), ('t1', 2), ('t2', 3), ('t2', 4), ('t3', 1);
        INSERT INTO tool_instantiations VALUES
            ('t2', 'c1', 'Box', NULL, '{}'), ('t2', 'c2', 'Box', NULL, '{}'), ('t2', 'c3', 'Web', 'p', '{"a": 1}');
        """
    )
    migrate(Handle(empty))
    assert rows(empty, "tool_instances") == [
        {"id": 5, "plugin": None, "name": "Box", "arguments": "{}"},
        {"id": 6, "plugin": "p", "name": "Web", "arguments": '{"a": 1}'},
    ]
    assert column(empty, "SELECT instance_id FROM tool_instantiations ORDER BY tool_call_id") == [5, 5, 6]
    found = [(row["turn_id"], row["tool_id"], row["instance_id"]) for row in rows(empty, "turn_tools")]
    assert found == [("t1", 1, 5), ("t1", 2, None), ("t2", 3, None), ("t2", 4, 6), ("t3", 1, None)]
