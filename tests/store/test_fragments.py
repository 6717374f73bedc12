"""Fragments, and texts that refer to them."""

from __future__ import annotations

import sqlite3
import time

import pytest
import sqlite_utils
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.fragments import Fragment
from llm.core.messages import assistant, system, user
from llm.core.parts import ReasoningPart, TextPart, ToolResultPart
from llm.store.database import Handle
from llm.store.fragments import ensure_fragment, references_in, text_of
from llm.store.logstore import LogStore
from tests.store.samples import column, rows


def test_a_fragment_is_stored_once(conn: sqlite3.Connection) -> None:
    """The same text gives the same row, which keeps its first source and time."""
    db = Handle(conn)
    first = ensure_fragment(db, Fragment("alpha", "/a.txt"))
    conn.execute("UPDATE fragments SET datetime_utc = 'then'")
    conn.commit()
    assert ensure_fragment(db, Fragment("alpha", "/b.txt")) == first
    assert rows(conn, "fragments") == [
        {
            "id": first,
            "hash": "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8",
            "content": "alpha",
            "datetime_utc": "then",
            "source": "/a.txt",
        }
    ]


def test_the_row_of_a_plain_text(conn: sqlite3.Connection) -> None:
    """A text that is no Fragment has no source; the time is SQLite's, in UTC."""
    ensure_fragment(Handle(conn), "alpha")
    assert column(conn, "SELECT source FROM fragments") == [None]
    assert column(conn, "SELECT datetime(datetime_utc) = datetime_utc FROM fragments") == [1]


def test_an_open_transaction_stays_open(conn: sqlite3.Connection) -> None:
    """It can still be rolled back."""
    db = sqlite_utils.Database(conn)
    conn.execute("BEGIN")
    ensure_fragment(db, "alpha")
    assert conn.in_transaction
    conn.rollback()
    ensure_fragment(db, "beta")
    assert (conn.in_transaction, column(conn, "SELECT content FROM fragments")) == (False, ["beta"])


@pytest.mark.parametrize(
    ("text", "fragments", "expected"),
    [
        ("nothing", {"some": 1}, []),
        ("alpha\nwho?", {"alpha": 1}, [1, "\nwho?"]),
        ("who? alpha", {"alpha": 1}, ["who? ", 1]),
        ("alphaalpha", {"alpha": 1}, [1, 1]),
        ("a beta", {"beta": 2, "a": 1}, [1, " ", 2]),
        ("abc", {"ab": 1, "abc": 2}, [2]),
        ("abcd", {"bcd": 1, "ab": 2}, [2, "cd"]),
        ("aaa", {"aa": 1}, [1, "a"]),
        ("xabyab", {"ab": 1, "yab": 2}, ["x", 1, 2]),
    ],
)
def test_which_occurrences_are_referred_to(text: str, fragments: dict[str, int], expected: list[object]) -> None:
    """From left to right the earliest wins, of two at one place the longer; they do not overlap, and there are no empty
    literals."""
    pieces = [piece.get("fragment", piece.get("literal")) for piece in references_in(text, fragments)]
    assert pieces == expected


@given(st.text("ab", max_size=30), st.sets(st.text("ab", min_size=1, max_size=4), max_size=4))
@settings(deadline=None, derandomize=True)
def test_references_stand_for_the_same_text(text: str, contents: set[str]) -> None:
    """Whatever the fragments are, the pieces make up the text again."""
    numbers = {content: number for number, content in enumerate(sorted(contents), 1)}
    pieces = references_in(text, numbers)
    assert (text_of(pieces, {number: content for content, number in numbers.items()}) or text) == text
    assert bool(pieces) == any(content in text for content in contents)


def test_a_tiny_fragment_does_not_shred_the_text(store: LogStore, conn: sqlite3.Connection) -> None:
    """The references of one part are limited; the rest of the text stays literal, and nothing is lost."""
    text = "ab" * 20_000
    started = time.process_time()
    tip = store.ensure_chain([user(text)], fragments=["a"])
    assert time.process_time() - started < 2
    assert column(conn, "SELECT count(*) FROM part_fragments") == [1000]
    assert store.load_chain(tip) == [user(text)]


def test_many_fragments(store: LogStore, conn: sqlite3.Connection) -> None:
    """A prompt of more fragments than the limit refers to each of them."""
    contents = [f"fragment number {number:06};" for number in range(1500)]
    tip = store.ensure_chain([user("\n".join(contents))], fragments=contents)
    assert column(conn, "SELECT count(*) FROM part_fragments") == [1500]
    assert store.load_chain(tip) == [user("\n".join(contents))]


def test_a_text_with_references(store: LogStore, conn: sqlite3.Connection) -> None:
    """The text column stays NULL, `text_ref` is the last key of the payload, and there is a row for each reference; the
    hash is that of the text."""
    message = user(TextPart("one and two, two", provider_metadata={"p": 1}))
    tip = store.ensure_chain([message], fragments=["two", "one"])
    assert tip == store.ensure_chain([message])
    [part] = rows(conn, "parts")
    assert part["text"] is None
    assert part["payload"] == (
        '{"provider_metadata": {"p": 1}, "text_ref": [{"fragment": 2}, {"literal": " and "}, {"fragment": 1}, '
        '{"literal": ", "}, {"fragment": 1}]}'
    )
    assert [(row["fragment_id"], row["order"]) for row in rows(conn, "part_fragments")] == [(2, 0), (1, 1), (1, 2)]
    assert store.load_chain(tip) == [message]


def test_where_fragments_are_looked_for(store: LogStore, conn: sqlite3.Connection) -> None:
    """In texts and reasoning of any message, not in tool results; what occurs nowhere is registered all the same, but
    no empty text."""
    messages = [system("alpha"), user("alpha"), assistant(ReasoningPart("alpha"), ToolResultPart("t", "alpha"))]
    store.ensure_chain(messages, fragments=["unused", "", "alpha"])
    assert column(conn, "SELECT content FROM fragments ORDER BY id") == ["unused", "alpha"]
    assert column(conn, "SELECT count(*) FROM part_fragments") == [3]


def test_a_fragment_that_is_gone(store: LogStore, conn: sqlite3.Connection) -> None:
    """A missing fragment stands for nothing."""
    tip = store.ensure_chain([user("alpha and beta")], fragments=["alpha"])
    conn.execute("DELETE FROM fragments")
    assert store.load_chain(tip) == [user(" and beta")]
