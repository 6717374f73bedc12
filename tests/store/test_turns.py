"""What is written about a turn."""

from __future__ import annotations

import json
import sqlite3
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from llm.core.fragments import Fragment
from llm.core.ids import new_id
from llm.core.messages import assistant, system, tool_message, user
from llm.core.parts import ReasoningPart, ToolCallPart, ToolResultPart
from llm.core.records import OfferedTool, ToolInstance
from llm.core.tools import Tool
from llm.core.usage import Usage
from llm.store.listing import merged_log_rows
from llm.store.logstore import LogStore
from tests.store.samples import Logged, chain, column, counts, rows, turn

UPPER = Tool("up", "Upper", {"type": "object", "properties": {"s": {"type": "string"}}})
BOX = ToolInstance("Box", "plug", '{"path": "/z"}')


def test_the_row_of_a_turn(store: LogStore, conn: sqlite3.Connection) -> None:
    """Every column has its value, as JSON in the form of `json.dumps` where it is JSON."""
    logged = turn(
        thread_id="thread",
        resolved_model="test-model-1",
        options={"temperature": 0.5, "é": True},
        schema={"type": "object", "b": 1, "a": 2},
        usage=Usage(10, 5, {"cached": {"n": 0}}),
        duration_ms=1234,
        datetime_utc="2026-01-02T03:04:05.123456+00:00",
        response_json={"id": "x"},
    )
    assert store.log(logged) == logged.record.id
    tip, parent = (
        column(conn, f"SELECT hash FROM messages WHERE role = '{role}'")[0] for role in ("assistant", "user")
    )
    [schema] = rows(conn, "schemas")
    assert schema["content"] == '{"type":"object","b":1,"a":2}'
    assert rows(conn, "turns") == [
        {
            "id": logged.record.id,
            "thread_id": "thread",
            "parent_message_hash": parent,
            "tip_message_hash": tip,
            "model": "test-model",
            "resolved_model": "test-model-1",
            "options_json": '{"temperature": 0.5, "\\u00e9": true}',
            "schema_id": schema["id"],
            "input_tokens": 10,
            "output_tokens": 5,
            "token_details": '{"cached": {"n": 0}}',
            "duration_ms": 1234,
            "datetime_utc": "2026-01-02T03:04:05.123456+00:00",
            "response_json": '{"id": "x"}',
        }
    ]


def test_what_is_not_there_is_null(store: LogStore, conn: sqlite3.Connection) -> None:
    """Options, schema, usage and payload are NULL when there are none; the other values have no NULL."""
    store.log(turn(usage=Usage(details={})))
    [row] = rows(conn, "turns")
    empty = {name for name, value in row.items() if value is None}
    assert empty == {
        "resolved_model", "options_json", "schema_id", "input_tokens", "output_tokens", "token_details",
        "response_json",
    }  # fmt: skip
    assert (row["duration_ms"], row["datetime_utc"]) == (0, "")


def test_a_turn_without_input_or_output(store: LogStore, conn: sqlite3.Connection) -> None:
    """Without input the parent is NULL; without output the tip is the parent."""
    store.log(turn(input=None))
    store.log(turn(output=()))
    first, second = rows(conn, "turns")
    assert first["parent_message_hash"] is None
    assert second["tip_message_hash"] == second["parent_message_hash"] is not None


# Threads


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("short", "short"),
        ("two\n\n lines\tand", "two lines and"),
        ("x" * 32, "x" * 32),
        ("x" * 33, "x" * 31 + "…"),
        ("", ""),
    ],
)
def test_a_new_thread(store: LogStore, conn: sqlite3.Connection, source: str, name: str) -> None:
    """It has the conversation's id, a name of at most 32 characters, the turn's tip, and its time with a space."""
    store.log(turn(thread_id="conversation", name_source=source))
    [thread] = rows(conn, "threads")
    when = thread.pop("datetime_utc")
    assert thread == {
        "id": "conversation",
        "name": name,
        "tip_message_hash": rows(conn, "turns")[0]["tip_message_hash"],
        "forked_from": None,
    }
    assert (when[10], when[-6:]) == (" ", "+00:00")


def test_a_conversation_goes_on(store: LogStore, conn: sqlite3.Connection) -> None:
    """Further turns keep the thread and its name, add only what is new, and move its tip."""
    store.log(turn("a", "b", thread_id="c"))
    before = counts(conn)
    store.log(turn("d", "e", thread_id="c", input=chain(user("a"), assistant("b"), user("d"))))
    assert counts(conn) == {**before, "turns": 2, "messages": 4, "parts": 4, "turn_search": 2}
    assert column(conn, "SELECT name FROM threads") == ["a"]
    assert store.thread_messages("c") == [user("a"), assistant("b"), user("d"), assistant("e")]


def test_an_explicit_thread(store: LogStore) -> None:
    """The thread that is named gets the turn; if there is none with that id, nothing is stored."""
    from sqlite_utils.db import NotFoundError

    logged = turn(thread_id="conversation")
    with pytest.raises(NotFoundError):
        store.log(logged, "nowhere")
    assert counts(store.db.conn) == {}
    store.create_thread(id="mine", name="Mine")
    store.log(logged, thread_id="mine")
    assert column(store.db.conn, "SELECT thread_id FROM turns") == ["mine"]
    assert column(store.db.conn, "SELECT name FROM threads") == ["Mine"]


def test_a_turn_without_a_conversation(store: LogStore, conn: sqlite3.Connection) -> None:
    """It gets a thread of its own, and keeps it when it is logged again."""
    logged = turn()
    store.log(logged)
    store.log(logged)
    [thread] = rows(conn, "threads")
    assert (len(thread["id"]), thread["id"].lower()) == (26, thread["id"])
    assert column(conn, "SELECT thread_id FROM turns") == [thread["id"]]


def test_logging_again_updates_in_place(store: LogStore, conn: sqlite3.Connection) -> None:
    """The row of the turn and what belongs to it are replaced, not added; no message is ever deleted."""
    identity = new_id()
    values: dict[str, Any] = {
        "id": identity,
        "tools": [OfferedTool(UPPER)],
        "fragments": ["f"],
        "instantiations": {"c1": BOX},
    }
    store.log(turn(answer="first", **values))
    before = counts(conn)
    rowid = column(conn, "SELECT rowid FROM turns")
    store.log(turn(answer="second", **values))
    assert counts(conn) == {**before, "messages": 3, "parts": 3}
    assert column(conn, "SELECT rowid FROM turns") == rowid
    assert column(conn, "SELECT response FROM turn_search") == ["second"]
    assert column(conn, "SELECT rowid FROM turn_search_fts WHERE turn_search_fts MATCH 'first'") == []


# Fragments


def test_fragments_of_a_turn(store: LogStore, conn: sqlite3.Connection) -> None:
    """Every fragment is noted, by kind and in order, repetitions and empty ones included; the texts refer to them."""
    store.log(
        turn(
            input=chain(system("rules"), user("one\ntwo\none\nask")),
            fragments=[Fragment("one", "/1"), "two", "one", ""],
            system_fragments=["rules", "one"],
        )
    )
    found = [(row["kind"], row["order"], row["fragment_id"]) for row in rows(conn, "turn_fragments")]
    assert found == [
        ("prompt", 0, 1), ("prompt", 1, 2), ("prompt", 2, 1), ("prompt", 3, 4), ("system", 0, 3), ("system", 1, 1),
    ]  # fmt: skip
    assert column(conn, "SELECT content FROM fragments ORDER BY id") == ["one", "two", "rules", ""]
    assert column(conn, "SELECT count(*) FROM parts WHERE payload LIKE '%text_ref%'") == [2]


def test_stripped_system_fragments(store: LogStore, conn: sqlite3.Connection) -> None:
    """Where a system fragment was stripped for the prompt, what is left of it is stored so that it comes back stripped.

    A reference stands for the whole content. So the last one stays literal if its file ends in a newline; it is noted
    as a fragment of the turn all the same, and found by it.
    """
    store.log(turn(input=chain(system("first\n\nlast"), user("q")), system_fragments=["first\n", "last\n"]))
    payload = column(conn, "SELECT payload FROM parts WHERE payload IS NOT NULL")
    assert payload == ['{"text_ref": [{"fragment": 1}, {"literal": "\\nlast"}]}']
    assert [row["fragment_id"] for row in rows(conn, "turn_fragments")] == [1, 2]
    assert merged_log_rows(store)[0]["system"] == "first\n\nlast"
    assert store.verify() == []


def test_what_is_no_part_of_a_message(store: LogStore, conn: sqlite3.Connection) -> None:
    """Ids, times, model, options, schema, fragments and tools of a turn make no other messages of equal ones."""
    store.log(turn())
    before = column(conn, "SELECT hash FROM messages")
    store.log(
        turn(
            model="other",
            options={"a": 1},
            schema={"type": "object"},
            tools=[OfferedTool(UPPER)],
            fragments=["hello"],
            usage=Usage(1, 2),
            datetime_utc="2026-01-02T03:04:05.123456+00:00",
            response_json={"a": 1},
        )
    )
    assert column(conn, "SELECT hash FROM messages") == before


def test_fragments_are_registered_in_order(store: LogStore, conn: sqlite3.Connection) -> None:
    """Those of the prompt get their rows first, then those of the system prompt, each in the order given."""
    store.log(turn(fragments=["c", "a"], system_fragments=["d", "b", "a"]))
    assert column(conn, "SELECT content FROM fragments ORDER BY id") == ["c", "a", "d", "b"]


def test_fragments_are_not_looked_for_in_the_answer(store: LogStore, conn: sqlite3.Connection) -> None:
    """The model's own words stay literal."""
    store.log(turn("x", "one", fragments=["one"]))
    assert column(conn, "SELECT text FROM parts WHERE text = 'one'") == ["one"]


# Search


def searchable(store: LogStore, logged: Logged) -> tuple[str, str] | None:
    store.log(logged)
    found = rows(store.db.conn, "turn_search")
    return (found[-1]["prompt"], found[-1]["response"]) if found else None


def test_what_search_finds(store: LogStore) -> None:
    """The text of the user's last message and of the turn's own answers, in order; nothing of fragments, the system
    prompt, earlier messages, reasoning or tools."""
    logged = turn(
        input=chain(
            system("rules"),
            user("earlier"),
            assistant("before"),
            user("alpha\nwho", "?", ReasoningPart("r")),
        ),
        output=(
            assistant(
                ReasoningPart("hm"), "first", ToolCallPart("t", {"q": "arg"}, "s", server_executed=True), " second"
            ),
            assistant(ToolResultPart("t", "output"), " third"),
        ),
        fragments=["alpha"],
    )
    assert searchable(store, logged) == ("\nwho?", "first second third")


def test_input_that_ends_with_tool_results(store: LogStore) -> None:
    """Only a message of the user is indexed as the prompt."""
    logged = turn(input=chain(user("q"), assistant("calls"), tool_message(ToolResultPart("t", "out"))))
    assert searchable(store, logged) == ("", "hi")


def test_a_turn_without_an_answer(store: LogStore) -> None:
    """What was answered before is no answer of a turn that has none."""
    history = chain(user("q"), assistant("earlier answer"), user("and now?"))
    assert searchable(store, turn(input=history, output=())) == ("and now?", "")


def test_nothing_to_find(store: LogStore) -> None:
    """Without any text there is no row."""
    assert searchable(store, turn(input=None, output=())) is None
    assert searchable(store, turn(input=chain(user("alpha")), output=(), fragments=["alpha"])) is None


def test_the_whole_prompt_is_a_fragment_and_there_is_an_answer(store: LogStore) -> None:
    """The prompt is the empty text."""
    assert searchable(store, turn("alpha", fragments=["alpha"])) == ("", "hi")


# Values that JSON or SQLite cannot hold


class Color(Enum):
    RED = "red"


def test_strange_values(store: LogStore, conn: sqlite3.Connection) -> None:
    """Enum members are stored as their values, other strangers as their `str()`; keys become text."""
    store.log(
        turn(
            options={"color": Color.RED, "path": Path("/x"), "nested": [Color.RED]},
            usage=Usage(1, 2, {"color": Color.RED}),
            response_json={"bytes": b"x", ("a", 1): Color.RED},
            input=chain(user("u", provider_metadata={"c": Color.RED})),
            output=(assistant(ToolCallPart("t", {"p": Path("/x"), "s": {1}}, "c1")),),
        )
    )
    [row] = rows(conn, "turns")
    assert json.loads(row["options_json"]) == {"color": "red", "path": "/x", "nested": ["red"]}
    assert json.loads(row["token_details"]) == {"color": "red"}
    assert json.loads(row["response_json"]) == {"bytes": "b'x'", "('a', 1)": "red"}
    assert store.verify() == []


def test_half_a_surrogate_pair(store: LogStore, conn: sqlite3.Connection) -> None:
    """It becomes U+FFFD wherever it stands; whole pairs become the character."""
    broken = "a\ud83d \ud83d\ude00"
    store.log(
        turn(
            broken,
            broken,
            model=broken,
            resolved_model=broken,
            fragments=[Fragment(broken, broken)],
            response_json={"text": broken},
            instantiations={broken: BOX},
        )
    )
    assert rows(conn, "turns")[0]["model"] == "a\ufffd 😀"
    assert column(conn, "SELECT source FROM fragments") == ["a\ufffd 😀"]
    assert column(conn, "SELECT tool_call_id FROM tool_instantiations") == ["a\ufffd 😀"]
    assert column(conn, "SELECT text FROM parts WHERE text IS NOT NULL") == ["a\ufffd 😀"]
    assert store.verify() == []


def test_a_payload_that_contains_itself_is_dropped(store: LogStore, conn: sqlite3.Connection) -> None:
    """The turn is logged without it."""
    payload: dict[str, Any] = {}
    payload["self"] = payload
    store.log(turn(response_json=payload))
    assert column(conn, "SELECT response_json FROM turns") == [None]


def test_counts_that_have_no_form(store: LogStore, conn: sqlite3.Connection) -> None:
    """A plugin may report any count; one that a column cannot hold is left out, and the turn is logged."""
    broken: Any = [1]
    store.log(turn("hello", "hi", usage=Usage(2**63, broken, {"n": 2**70})))
    [row] = rows(conn, "turns")
    assert (row["input_tokens"], row["output_tokens"]) == (None, None)
    assert row["token_details"] == '{"n": 1180591620717411303424}'
