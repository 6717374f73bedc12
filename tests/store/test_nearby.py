"""Messages that are read together because they lie near each other."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable

import pytest

from llm.core.messages import Message, assistant, system, tool_message, user
from llm.core.parts import ReasoningPart, ToolCallPart, ToolResultPart
from llm.store.listing import merged_log_rows
from llm.store.logstore import LogStore
from tests.store.samples import chain, turn

Order = Callable[[list[int]], list[int]]


@pytest.fixture
def talk(store: LogStore) -> LogStore:
    """A log of turns of several shapes, in conversations that go on in turn."""
    conversations: dict[int, list[Message]] = {number: [system(f"rules {number}")] for number in range(3)}
    for number in range(45):
        messages = conversations[number % 3]
        if number % 5 == 0:
            messages.append(user(f"first of {number}, "))
        if number % 7 == 0:
            messages.append(tool_message(ToolResultPart("t", "fed", f"f{number}")))
        messages.append(user(f"q{number}"))
        output = [assistant(ReasoningPart(f"because {number}"), f"a{number}", f" and b{number}")]
        if number % 4 == 0:
            call, result = ToolCallPart("t", {"n": number}, f"c{number}"), ToolResultPart("t", "out", f"c{number}")
            output = [assistant(call), tool_message(result), *output]
        store.log(turn(thread_id=f"t{number % 3}", input=chain(*messages), output=tuple(output)))
        messages += output
    return store


def _shuffled(seed: int) -> Order:
    return lambda places: random.Random(seed).sample(places, len(places))


def _apart(places: list[int]) -> list[int]:
    return [place * 1000 for place in places]


def _move(conn: sqlite3.Connection, order: Order) -> None:
    """Give the messages other places in their table."""
    places = [place for (place,) in conn.execute("SELECT rowid FROM messages ORDER BY rowid")]
    moves = list(zip(order(places), places, strict=True))
    conn.executemany("UPDATE messages SET rowid = -? WHERE rowid = ?", moves)
    conn.execute("UPDATE messages SET rowid = -rowid")


@pytest.mark.parametrize("order", [list, _shuffled(1), _shuffled(2), lambda places: places[::-1], _apart], ids=str)
def test_places_do_not_matter(talk: LogStore, order: Order) -> None:
    """A turn is the same among others as alone, wherever its messages lie in their table."""
    _move(talk.db.conn, order)
    together = merged_log_rows(talk)
    assert len(together) == 45
    assert together == [merged_log_rows(talk, ids=[row["id"]])[0] for row in together]
    assert together[1]["response"] == "a43 and b43"
    assert [row["prompt"] for row in together[4:11:5]] == ["first of 40, q40", "first of 35, q35"]


def test_missing_messages(talk: LogStore) -> None:
    """What is gone from the middle is missed in its turn only."""
    conn = talk.db.conn
    before = merged_log_rows(talk)
    [(tip,)] = conn.execute("SELECT tip_message_hash FROM turns WHERE id = ?", (before[5]["id"],)).fetchall()
    conn.execute("PRAGMA foreign_keys = OFF")
    conn.execute("DELETE FROM messages WHERE hash = ?", (tip,))
    after = merged_log_rows(talk)
    assert after[5]["response"] == f"[message {tip} is missing from the database]"
    changed = [index for index, row in enumerate(after) if row["prompt"] != before[index]["prompt"]]
    assert changed == []


#: What may have happened to the answer of one turn, or to the turn.
DAMAGES = {
    "missing": "DELETE FROM messages WHERE hash = :tip",
    "circle": "UPDATE messages SET parent_hash = :next WHERE hash = :tip",
    "own parent": "UPDATE messages SET parent_hash = hash WHERE hash = :tip",
    "hash as bytes": "UPDATE messages SET hash = CAST(hash AS BLOB) WHERE hash = :tip",
    "no hash": "UPDATE messages SET hash = NULL WHERE hash = :tip",
    "twice": "INSERT INTO messages SELECT CAST(hash AS BLOB), hash, 'user', NULL FROM messages WHERE hash = :tip",
    "parents as bytes": "UPDATE messages SET parent_hash = CAST(parent_hash AS BLOB)",
    "roles as bytes": "UPDATE messages SET role = CAST(role AS BLOB)",
    "no role": "UPDATE messages SET role = NULL WHERE hash = :tip",
    "no parent": "UPDATE turns SET parent_message_hash = NULL WHERE tip_message_hash = :tip",
    "no tip": "UPDATE turns SET tip_message_hash = NULL WHERE tip_message_hash = :tip",
    "tips as bytes": "UPDATE turns SET tip_message_hash = CAST(tip_message_hash AS BLOB)",
    "parent of another": "UPDATE turns SET parent_message_hash = :other WHERE tip_message_hash = :tip",
}


@pytest.mark.parametrize("place", [0, 21, 44])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_chains(talk: LogStore, damage: str, place: int) -> None:
    """Whatever is damaged, in the first, last or another turn, a turn is the same among others as alone, its system
    prompt included."""
    conn = talk.db.conn
    tips = [tip for (tip,) in conn.execute("SELECT tip_message_hash FROM turns ORDER BY id")]
    conn.execute("PRAGMA foreign_keys = OFF")
    named = {"tip": tips[place], "next": tips[(place + 3) % 45], "other": tips[(place + 1) % 45]}
    assert conn.execute(damage, named).rowcount
    together = merged_log_rows(talk)
    assert len(together) == 45
    assert together == [merged_log_rows(talk, ids=[row["id"]])[0] for row in together]


def test_bytes_for_texts(talk: LogStore) -> None:
    """Parents and roles stored as bytes count as the texts that they are, also where a turn has many messages."""
    conn = talk.db.conn
    long = [user(f"long {number}") for number in range(9)]
    talk.log(turn(input=chain(system("rules"), *long), output=(*(assistant(f"a{number}") for number in range(9)),)))
    before = merged_log_rows(talk)
    conn.execute("UPDATE messages SET parent_hash = CAST(parent_hash AS BLOB), role = CAST(role AS BLOB)")
    assert merged_log_rows(talk) == before
    assert merged_log_rows(talk, count=1) == before[:1]


def test_an_answer_that_begins_with_a_system_message(store: LogStore) -> None:
    """Of a turn without input there is no system prompt; of one that continues it, it is what the chain begins with."""
    odd = (system("odd"), assistant("alone"))
    store.log(turn(thread_id="t", input=None, output=odd))
    store.log(turn(thread_id="t", input=chain(*odd, user("and?"))))
    assert [row["system"] for row in merged_log_rows(store)] == ["odd", None]


def test_turns_that_follow_one_another_are_read_together(talk: LogStore) -> None:
    """What they hold is read in one stretch, where it lies side by side; only what is far away is looked up."""
    statements: list[str] = []
    talk.db.conn.set_trace_callback(statements.append)
    merged_log_rows(talk, count=20)
    [looked_up] = [sql for sql in statements if "FROM parts WHERE" in sql]
    assert looked_up.count("b2:") == 3  # the system messages at the beginning of the conversations


def test_nothing_is_read_between_messages_that_lie_far_apart(talk: LogStore) -> None:
    """Where much else may lie between the messages of turns, they are looked up instead."""
    _move(talk.db.conn, _apart)
    statements: list[str] = []
    talk.db.conn.set_trace_callback(statements.append)
    assert len(merged_log_rows(talk, count=20)) == 20
    assert not [sql for sql in statements if "BETWEEN" in sql]
