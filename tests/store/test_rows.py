"""Rows of turns."""

from __future__ import annotations

import json
import sqlite3
import tracemalloc
from types import SimpleNamespace

import pytest

from llm.core.errors import UnknownModelError
from llm.core.fragments import Fragment
from llm.core.messages import Message, assistant, system, tool_message, user
from llm.core.parts import ReasoningPart, ToolResultPart
from llm.core.usage import Usage
from llm.store.database import Handle
from llm.store.filters import LogFilters
from llm.store.listing import iter_rows, last_row, log_rows, merged_log_rows
from llm.store.logstore import LogStore
from tests.store.legacy import legacy_response
from tests.store.samples import chain, turn

KEYS = [
    "id", "model", "resolved_model", "options_json", "conversation_id", "duration_ms", "datetime_utc", "input_tokens",
    "output_tokens", "token_details", "conversation_name", "conversation_model", "schema_json", "prompt", "system",
    "response", "reasoning", "prompt_json", "response_json",
]  # fmt: skip


def public(row: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in row.items() if not key.startswith("_")}


def test_keys_and_values(store: LogStore) -> None:
    """A row has the keys of the row API in their order, and the values of the turn."""
    logged = turn(
        thread_id="t1",
        resolved_model="test-model-1",
        options={"temperature": 0.5},
        schema={"type": "object"},
        usage=Usage(10, 5, {"cached": 1}),
        duration_ms=1234,
        datetime_utc="2026-01-02T03:04:05.123456+00:00",
        response_json={"id": "x"},
    )
    store.log(logged)
    [row] = merged_log_rows(store)
    assert [key for key in row if not key.startswith("_")] == KEYS
    assert public(row) == {
        "id": logged.record.id,
        "model": "test-model",
        "resolved_model": "test-model-1",
        "options_json": '{"temperature": 0.5}',
        "conversation_id": "t1",
        "duration_ms": 1234,
        "datetime_utc": "2026-01-02T03:04:05.123456+00:00",
        "input_tokens": 10,
        "output_tokens": 5,
        "token_details": '{"cached": 1}',
        "conversation_name": "hello",
        "conversation_model": "test-model",
        "schema_json": '{"type":"object"}',
        "prompt": "hello",
        "system": None,
        "response": "hi",
        "reasoning": None,
        "prompt_json": None,
        "response_json": '{"id": "x"}',
    }


def test_place_of_the_score(store: LogStore) -> None:
    """A row that was searched for has its score after the text of the schema and before the prompt."""
    store.log(turn())
    [row] = merged_log_rows(store, query="hello")
    place = KEYS.index("schema_json") + 1
    assert list(row)[: len(KEYS) + 1] == [*KEYS[:place], "_search_rank", *KEYS[place:]]


def test_options_when_there_are_none(store: LogStore) -> None:
    """Without options `options_json` is an empty object, not None."""
    store.log(turn())
    assert merged_log_rows(store)[0]["options_json"] == "{}"


def test_own_input_and_output(store: LogStore) -> None:
    """A turn owns the user and tool messages at the end of its input, and everything it added itself."""
    history = chain(
        system("be brief"),
        user("first question"),
        assistant("first answer"),
        tool_message(ToolResultPart("t", "fed", "c1")),
        user("second "),
        user("question"),
    )
    output = (assistant(ReasoningPart("because"), "an "), assistant(ReasoningPart(" so"), "answer"))
    store.log(turn(input=history, output=output))
    [row] = merged_log_rows(store)
    assert row["prompt"] == "second question"
    assert row["system"] == "be brief"
    assert row["response"] == "an answer"
    assert row["reasoning"] == "because so"


def test_input_that_is_tool_results_alone(store: LogStore) -> None:
    """After a tool round there is no user message to own: the prompt is empty."""
    store.log(turn(input=chain(user("q"), assistant("call"), tool_message(ToolResultPart("t", "out", "c1")))))
    assert merged_log_rows(store)[0]["prompt"] == ""


def test_without_input(store: LogStore) -> None:
    """A turn without input messages owns its whole chain as output."""
    store.log(turn(input=None, output=(assistant("out of nothing"),)))
    [row] = merged_log_rows(store)
    assert (row["prompt"], row["system"], row["response"]) == ("", None, "out of nothing")


def test_without_output(store: LogStore) -> None:
    """A turn that produced nothing has an empty response and no reasoning."""
    store.log(turn(output=()))
    [row] = merged_log_rows(store)
    assert (row["prompt"], row["response"], row["reasoning"]) == ("hello", "", None)


@pytest.mark.parametrize("first", [user("only a user"), assistant("an assistant"), system("")])
def test_system_prompt_is_the_first_message_only(store: LogStore, first: Message) -> None:
    """Only a system message that says something, and only at the start of the chain, is the system prompt."""
    store.log(turn(input=chain(first, assistant("x"), system("later"), user("q"))))
    assert merged_log_rows(store)[0]["system"] is None


def test_system_prompt_of_every_turn_of_a_conversation(store: LogStore) -> None:
    """Each turn of a long conversation, in whatever order it is listed, has the system prompt at its start."""
    messages = [system("the system")]
    for number in range(120):
        messages += [user(f"q{number}")]
        store.log(turn(thread_id="t", input=chain(*messages), output=(assistant(f"a{number}"),)))
        messages += [assistant(f"a{number}")]
    for reverse in (False, True):
        rows = list(iter_rows(store.db.conn, LogFilters(), reverse=reverse))
        assert [row["system"] for row in rows] == ["the system"] * 120
        assert sorted(int(row["prompt"][1:]) for row in rows) == list(range(120))


def test_listing_the_end_of_a_conversation_reads_no_older_parts(store: LogStore) -> None:
    """What is read of a conversation for its last turn does not grow with its length."""
    messages = [system("s")]
    for number in range(300):
        messages += [user(f"q{number}"), assistant(f"a{number}")]
    store.ensure_chain(messages)
    store.log(turn(input=chain(*messages, user("last"))))
    statements: list[str] = []
    store.db.conn.set_trace_callback(statements.append)
    [row] = merged_log_rows(store, count=1)
    assert (row["prompt"], row["system"]) == ("last", "s")
    [read] = [sql for sql in statements if "FROM parts" in sql and "b2:" in sql]
    assert read.count("b2:") == 3  # system, last prompt, answer


def test_fragments_are_filled_in(store: LogStore) -> None:
    """Texts stored as references to fragments come back as they were."""
    store.log(
        turn(
            input=chain(system("rules here"), user("a document\nwho?")),
            fragments=[Fragment("a document", "doc")],
            system_fragments=["rules"],
        )
    )
    [row] = merged_log_rows(store)
    assert (row["prompt"], row["system"]) == ("a document\nwho?", "rules here")


def test_missing_fragment(store: LogStore) -> None:
    """A fragment that is gone stands for nothing; the rest of the text is shown."""
    store.log(turn(input=chain(user("a document\nwho?")), fragments=["a document"]))
    store.db.conn.execute("DELETE FROM fragments")
    assert merged_log_rows(store)[0]["prompt"] == "\nwho?"


def test_payload_with_references_into_the_turn(store: LogStore) -> None:
    """A condensed payload comes back complete, as JSON text."""
    answer = "long enough to be referred to, " * 4
    payload = {"choices": [{"text": answer}], "é": 1}
    store.log(turn(output=(assistant(answer),), response_json=payload))
    [(stored,)] = store.db.conn.execute("SELECT response_json FROM turns")
    assert "0.0.text" in stored
    assert merged_log_rows(store)[0]["response_json"] == json.dumps(payload)


def test_payload_with_references_to_schema_and_model(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """References to the schema resolve from the log, those to the model through `llm.get_model`."""

    model = SimpleNamespace(json_replacements={"instructions": "i" * 80})
    monkeypatch.setattr("llm.get_model", lambda name: model)
    schema = {"type": "object", "properties": {"a long name for a property": {"type": "string"}}}
    payload = {"format": schema, "instructions": "i" * 80}
    store.log(turn(schema=schema, response_json=payload, json_replacements=model.json_replacements))
    [(stored,)] = store.db.conn.execute("SELECT response_json FROM turns")
    assert json.loads(stored) == {"format": {"$": "schema"}, "instructions": {"$": "m.instructions"}}
    assert merged_log_rows(store)[0]["response_json"] == json.dumps(payload)


def test_payload_that_no_longer_resolves(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference to something that is gone makes the payload None; the row is listed."""

    def unknown(name: str) -> object:
        raise UnknownModelError(name)

    monkeypatch.setattr("llm.get_model", unknown)
    store.log(turn(response_json={"i": "i" * 80}, json_replacements={"x": "i" * 80}))
    [row] = merged_log_rows(store)
    assert (row["response"], row["response_json"]) == ("hi", None)


def test_rows_without_payloads(store: LogStore) -> None:
    """A listing that shows no payloads does not look them up."""
    store.log(turn(response_json={"a": 1}))
    [row] = iter_rows(store.db.conn, LogFilters(), payloads=False)
    assert row["response_json"] is None


def test_missing_messages_become_placeholders(store: LogStore) -> None:
    """A turn whose messages are gone is listed with a placeholder that names them, and the others as ever."""
    store.log(turn("kept"))
    store.log(turn("lost"))
    [(parent, tip)] = store.db.conn.execute(
        "SELECT parent_message_hash, tip_message_hash FROM turns ORDER BY id DESC LIMIT 1"
    )
    store.db.conn.execute("DELETE FROM messages WHERE hash IN (?, ?)", (parent, tip))
    lost, kept = merged_log_rows(store)
    assert kept["prompt"] == "kept"
    assert lost["prompt"] == f"[message {parent} is missing from the database]"
    assert lost["response"] == f"[message {tip} is missing from the database]"


def test_chain_that_runs_in_a_circle(store: LogStore) -> None:
    """A damaged chain without a beginning is listed too."""
    store.log(turn())
    store.db.conn.execute("UPDATE messages SET parent_hash = (SELECT tip_message_hash FROM turns) WHERE role = 'user'")
    assert merged_log_rows(store)[0]["prompt"] == "hello"


def test_part_of_unknown_type(store: LogStore) -> None:
    """Of a part that a later version wrote, the type is shown."""
    store.log(turn(output=(assistant("a", "b"),)))
    store.db.conn.execute("UPDATE parts SET type = 'hologram' WHERE text = 'a'")
    assert merged_log_rows(store)[0]["response"] == "[hologram]b"


def test_null_columns_and_missing_rows(store: LogStore) -> None:
    """Columns without a value, and a thread or schema that is gone, give None."""
    store.log(turn(schema={"type": "object"}))
    conn = store.db.conn
    conn.execute("UPDATE turns SET datetime_utc = NULL, duration_ms = NULL, model = NULL, options_json = NULL")
    conn.execute("DELETE FROM threads")
    conn.execute("DELETE FROM schemas")
    [row] = merged_log_rows(store)
    missing = ("datetime_utc", "duration_ms", "model", "conversation_name", "schema_json")
    assert [row[key] for key in missing] == [None] * len(missing)
    assert row["conversation_id"]


def test_any_connection_will_do(store: LogStore) -> None:
    """Rows are read whatever the row factory of the connection, which keeps it; no transaction is left open."""
    store.log(turn())
    conn = store.db.conn
    for factory in (sqlite3.Row, lambda cursor, row: {"only": "a dict"}):
        conn.row_factory = factory
        assert merged_log_rows(Handle(conn))[0]["prompt"] == "hello"
        assert conn.row_factory is factory
        assert not conn.in_transaction
    conn.row_factory = None


def test_last_row(store: LogStore) -> None:
    """The last row of a listing is found without reading the others; None if there are none."""
    conn = store.db.conn
    assert last_row(conn, LogFilters()) is None
    for prompt in ("first", "second", "third"):
        store.log(turn(prompt))
    newest, oldest = last_row(conn, LogFilters(), reverse=True), last_row(conn, LogFilters())
    assert newest is not None
    assert oldest is not None
    assert (newest["prompt"], oldest["prompt"]) == ("third", "first")


def test_turns_alone(store: LogStore, conn: sqlite3.Connection) -> None:
    """`log_rows` leaves out legacy responses."""
    store.log(turn())
    legacy_response(conn, "old")
    assert [row["prompt"] for row in log_rows(store)] == ["hello"]


def test_memory_does_not_grow_with_the_log(store: LogStore, conn: sqlite3.Connection) -> None:
    """A listing of everything needs memory for a few rows, however many there are."""
    for number in range(300):
        legacy_response(conn, f"old{number:04}", response="x" * 20_000)
    tracemalloc.start()
    try:
        assert sum(len(row["response"]) for row in iter_rows(conn, LogFilters())) == 6_000_000
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_more_ids_than_a_statement_has_variables(store: LogStore) -> None:
    """Any number of ids may be asked for."""
    turn_id = store.log(turn())
    rows = merged_log_rows(store, ids=[turn_id, *(f"id{number}" for number in range(40_000))])
    assert [row["id"] for row in rows] == [turn_id]


def test_row_that_vanishes_meanwhile(store: LogStore) -> None:
    """A turn that is deleted while a listing is running is left out."""
    for number in range(150):
        store.log(turn(f"p{number}"))
    rows = iter_rows(store.db.conn, LogFilters(), reverse=True)
    assert next(rows)["prompt"] == "p0"
    with store.db.conn:
        store.db.conn.execute("DELETE FROM turns WHERE id = (SELECT max(id) FROM turns)")
    assert [row["prompt"] for row in rows] == [f"p{number}" for number in range(1, 149)]


def test_damaged_payload_column(store: LogStore, conn: sqlite3.Connection) -> None:
    """A payload of bytes is read as text, and one that is no JSON hides no row."""
    store.log(turn(response_json={"a": 1}))
    store.log(turn(response_json={"a": 1}))
    conn.execute("UPDATE turns SET response_json = X'ff00' WHERE id = (SELECT min(id) FROM turns)")
    conn.execute("UPDATE turns SET response_json = '{\"$' WHERE id = (SELECT max(id) FROM turns)")
    rows = merged_log_rows(store)
    assert [(row["prompt"], row["response_json"]) for row in rows] == [("hello", None), ("hello", "\ufffd\x00")]
