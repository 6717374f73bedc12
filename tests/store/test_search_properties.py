from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from llm.core.errors import UserError
from llm.store.filters import LogFilters
from llm.store.listing import iter_rows, merged_log_rows
from llm.store.logstore import LogStore
from tests.damage import nasty_texts
from tests.store.samples import turn

PIECES = [
    "alpha",
    "beta",
    '"',
    "AND",
    "OR",
    "NOT",
    "NEAR",
    "(",
    ")",
    "*",
    "^",
    ":",
    "-",
    "+",
    ",",
    "5",
    "c++",
    "it's",
    "\x00",
    "é",
    "{a b}",
]
queries = st.text(max_size=12) | nasty_texts | st.lists(st.sampled_from(PIECES), max_size=6).map(" ".join)
words = st.from_regex(r"[a-z]{3,8}", fullmatch=True).filter(lambda word: word not in {"and", "not", "near"})
lenient = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def filled(store: LogStore) -> LogStore:
    """Three turns."""
    for text in ("alpha beta", "beta gamma", "c++ it's 3.11"):
        store.log(turn(text, f"answer {text}"))
    return store


@settings(lenient, max_examples=60)
@given(query=queries, latest=st.booleans())
@example(query="\ud800", latest=False)
def test_any_query(filled: LogStore, query: str, latest: bool) -> None:
    """A query finds rows or is refused with an error for users; it never finds what is not there."""
    try:
        rows = merged_log_rows(filled, query=query, latest=latest)
    except UserError:
        return
    assert len(rows) <= 3


@settings(lenient, max_examples=15)
@given(pairs=st.lists(st.tuples(words, words), min_size=1, max_size=5))
def test_words_are_found(filled: LogStore, pairs: list[tuple[str, str]]) -> None:
    """What was logged is found by each of its words, and by both."""
    for first, second in pairs:
        filled.log(turn(f"x{first}, {second}!", "yes", id=f"q{first}{second}"))
    for first, second in pairs:
        for query in (f"x{first}", f"x{first} {second}"):
            assert f"q{first}{second}" in {row["id"] for row in merged_log_rows(filled, query=query)}


texts = st.text(max_size=8) | nasty_texts


@settings(lenient, max_examples=40)
@given(
    filters=st.fixed_dictionaries({}, optional={
        "count": st.integers(-(10**20), 10**20),
        "model_id": texts,
        "thread_id": texts,
        "schema_id": texts,
        "id_gt": texts,
        "id_gte": texts,
        "ids": st.lists(texts, max_size=2).map(tuple),
        "fragment_hashes": st.lists(texts, max_size=2).map(tuple),
        "tool_names": st.lists(texts, max_size=2).map(tuple),
        "any_tools": st.booleans(),
    })
)  # fmt: skip
def test_any_filters(filled: LogStore, filters: dict[str, object]) -> None:
    """Filters with any values select rows that satisfy them, or are refused with an error for users."""
    try:
        rows = list(iter_rows(filled.db.conn, LogFilters(**filters)))  # type: ignore[arg-type]
    except UserError:
        return
    every = list(iter_rows(filled.db.conn, LogFilters()))
    assert all(row in every for row in rows)
    assert all(row["id"] > str(filters.get("id_gt", "")) for row in rows)
    assert all(row["id"] >= str(filters.get("id_gte", "")) for row in rows)
