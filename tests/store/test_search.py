"""Which entries are listed, in which order."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from llm.core.errors import UserError
from llm.core.messages import assistant, system, tool_message, user
from llm.core.parts import ToolResultPart
from llm.store.listing import legacy_log_rows, log_rows, merged_log_rows
from llm.store.logstore import LogStore
from llm.store.search import newest_conversation
from tests.store.legacy import insert, legacy_response
from tests.store.samples import Logged, chain, turn

FRAGMENT = "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8"  # of "alpha"


def listed(store: LogStore, **filters: Any) -> list[str]:
    return [row["id"] for row in merged_log_rows(store, **filters)]


def log(store: LogStore, turn_id: str, *prompt: str, **values: Any) -> str:
    return store.log(turn(*prompt, id=turn_id, **values))


@pytest.fixture
def both(store: LogStore, conn: sqlite3.Connection) -> LogStore:
    """Turns `b` and `d` between the legacy responses `a`, `c` and `e`."""
    for response_id in "ace":
        legacy_response(conn, response_id)
    for turn_id in "bd":
        log(store, turn_id)
    return store


def test_newest_first_over_both_generations(both: LogStore) -> None:
    """Turns and legacy responses are listed together, by descending id."""
    assert listed(both) == ["e", "d", "c", "b", "a"]
    assert [row["id"] for row in log_rows(both)] == ["d", "b"]
    assert [row["id"] for row in legacy_log_rows(both)] == ["e", "c", "a"]


@pytest.mark.parametrize(
    ("count", "expected"), [(None, 5), (0, 5), (-1, 5), (1, 1), (3, 3), (9, 5)], ids=lambda value: str(value)
)
def test_count(both: LogStore, count: int | None, expected: int) -> None:
    """`count` limits both generations together; None, 0 and less mean all."""
    assert listed(both, count=count) == ["e", "d", "c", "b", "a"][:expected]


def test_legacy_response_that_is_a_turn(both: LogStore, conn: sqlite3.Connection) -> None:
    """A legacy response with the id of a turn is not listed again."""
    legacy_response(conn, "b", model="not this")
    assert listed(both) == ["e", "d", "c", "b", "a"]
    assert [row["id"] for row in legacy_log_rows(both)] == ["e", "c", "a"]


def test_ids(both: LogStore) -> None:
    """Ids are compared as strings; a list of ids selects, an empty one does not."""
    assert listed(both, id_gt="c") == ["e", "d"]
    assert listed(both, id_gte="c") == ["e", "d", "c"]
    assert listed(both, ids=["a", "d", "unknown"]) == ["d", "a"]
    assert listed(both, ids=()) == ["e", "d", "c", "b", "a"]


def test_model(store: LogStore, conn: sqlite3.Connection) -> None:
    """A model is found by its id or by the id it resolved to."""
    log(store, "1", model="m")
    log(store, "2", model="x", resolved_model="m")
    log(store, "3", model="x")
    legacy_response(conn, "4", model="m")
    legacy_response(conn, "5", resolved_model="m")
    assert listed(store, model_id="m") == ["5", "4", "2", "1"]


def test_conversation(store: LogStore, conn: sqlite3.Connection) -> None:
    """A conversation's entries are found in both generations."""
    log(store, "1", thread_id="t")
    log(store, "2", thread_id="u")
    legacy_response(conn, "0", conversation_id="t")
    assert listed(store, thread_id="t") == ["1", "0"]
    assert listed(store, thread_id="unknown") == []


def test_schema(store: LogStore, conn: sqlite3.Connection) -> None:
    """A schema is found by its id."""
    log(store, "1", schema={"schema": "one"})
    log(store, "2", schema={"schema": "two"})
    legacy_response(conn, "3", schema_id="9a8ed2c9b17203f6d8905147234475b5")
    assert listed(store, schema_id="9a8ed2c9b17203f6d8905147234475b5") == ["3", "1"]


def test_fragments(store: LogStore, conn: sqlite3.Connection) -> None:
    """All given fragments must have been used, in the prompt or in the system prompt."""
    log(store, "1", fragments=["alpha", "beta"])
    log(store, "2", system_fragments=["alpha"])
    log(store, "3", fragments=["beta"])
    [(alpha,)] = conn.execute("SELECT id FROM fragments WHERE hash = ?", (FRAGMENT,))
    for kind in ("prompt", "system"):
        insert(conn, f"{kind}_fragments", response_id=legacy_response(conn, f"4{kind}"), fragment_id=alpha, order=0)
    [(beta,)] = conn.execute("SELECT hash FROM fragments WHERE content = 'beta'")
    assert listed(store, fragment_hashes=[FRAGMENT]) == ["4system", "4prompt", "2", "1"]
    assert listed(store, fragment_hashes=[FRAGMENT, beta]) == ["1"]
    assert listed(store, fragment_hashes=["unknown"]) == []


def result(name: str, **values: Any) -> ToolResultPart:
    return ToolResultPart(name, "output", "c1", **values)


def test_tool_results_fed_to_the_model(store: LogStore) -> None:
    """A result counts for the turn that was fed it: last in the input, or just before the last user message."""
    before = (user("q"), assistant("a"))
    log(store, "1", input=chain(*before, tool_message(result("one"))))
    log(store, "2", input=chain(*before, tool_message(result("one"), result("two")), user("and?")))
    log(store, "3", input=chain(*before, tool_message(result("one")), assistant("x"), user("later")))
    log(store, "4")
    assert listed(store, any_tools=True) == ["2", "1"]
    assert listed(store, tool_names=["one"]) == ["2", "1"]
    assert listed(store, tool_names=["one", "two"]) == ["2"]
    assert listed(store, tool_names=["three"]) == []


def test_newest_tool_results_of_a_large_log(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limited listing gives the newest turns with results, among the newest of all or further back."""
    monkeypatch.setattr("llm.store.search._NEWEST", 3)
    fed = chain(user("q"), assistant("a"), tool_message(result("one")), user("and?"))
    for number in range(10):
        log(store, str(number), **({"input": fed} if number in (1, 2, 7, 8) else {}))
    assert listed(store, any_tools=True, count=1) == ["8"]
    assert listed(store, any_tools=True, count=2) == ["8", "7"]
    assert listed(store, tool_names=["one"], count=3) == ["8", "7", "2"]
    assert listed(store, tool_names=["one"], count=9) == ["8", "7", "2", "1"]
    assert listed(store, tool_names=["one"], count=1, id_gt="8") == []
    assert listed(store, tool_names=["two"], count=1) == []
    searched = assistant(result("one", server_executed=True), "found")
    log(store, "a", input=chain(user("hello"), searched, user("more?")))
    assert listed(store, tool_names=["one"], count=1) == ["8"]


def test_results_of_the_provider_do_not_count(store: LogStore) -> None:
    """What the provider executed itself was not fed to the model, neither in this turn nor in the next."""
    searched = assistant(result("web_search", server_executed=True), "found")
    log(store, "1", output=(searched,))
    log(store, "2", input=chain(user("hello"), searched, user("more?")))
    assert listed(store, any_tools=True) == []
    assert listed(store, tool_names=["web_search"]) == []


def test_tool_results_of_legacy_responses(store: LogStore, conn: sqlite3.Connection) -> None:
    """A legacy response is found by its results; by name, through the table of tools."""
    insert(conn, "tools", id=1, hash="h", name="one")
    insert(conn, "tool_results", id=1, response_id=legacy_response(conn, "1"), tool_id=1, name="renamed")
    insert(conn, "tool_results", id=2, response_id=legacy_response(conn, "2"), tool_id=None, name="one")
    assert listed(store, any_tools=True) == ["2", "1"]
    assert listed(store, tool_names=["one"]) == ["1"]


def test_filters_combine(store: LogStore) -> None:
    """All filters must hold."""
    log(store, "1", "needle", model="m", fragments=["alpha"])
    log(store, "2", "needle", model="m")
    log(store, "3", "needle", fragments=["alpha"])
    assert listed(store, model_id="m", fragment_hashes=[FRAGMENT], query="needle", id_gt="0") == ["1"]


def test_unknown_filter(store: LogStore) -> None:
    """A filter that does not exist is an error of the caller."""
    with pytest.raises(TypeError, match="colour"):
        merged_log_rows(store, colour="red")


# Search


def test_search_ranks_the_prompt_higher(store: LogStore, conn: sqlite3.Connection) -> None:
    """The best match comes first, with its score; a word in the prompt counts more than one in the response."""
    log(store, "1", "something", "a needle")
    log(store, "2", "a needle", "something")
    log(store, "3", "nothing", "nothing")
    legacy_response(conn, "4", prompt="needle needle needle", response="needle")
    rows = merged_log_rows(store, query="needle")
    assert sorted(row["id"] for row in rows) == ["1", "2", "4"]
    assert [row["id"] for row in rows if "_legacy" not in row] == ["2", "1"]
    scores = [row["_search_rank"] for row in rows]
    assert scores == sorted(scores)
    assert listed(store, query="needle", count=1) == [rows[0]["id"]]


def test_the_score(store: LogStore, conn: sqlite3.Connection) -> None:
    """The score is FTS5's bm25 with weight 10 for the prompt and 1 for the response; scores of both generations are
    compared as they are."""
    log(store, "1", "needle and thread", "hay")
    log(store, "2", "hay", "needle needle")
    log(store, "3", "hay", "hay")
    for number in range(5):
        legacy_response(conn, f"old{number}", prompt="hay", response="hay")
    legacy_response(conn, "old", prompt="hay", response="needle")
    scores: dict[str, float] = {}
    for index, table, key in (("turn_search_fts", "turn_search", "turn_id"), ("responses_fts", "responses", "id")):
        joined = f"{index} JOIN {table} ON {table}.rowid = {index}.rowid WHERE {index} MATCH 'needle'"
        scores.update(conn.execute(f"SELECT {table}.{key}, bm25({index}, 10.0, 1.0) FROM {joined}"))
    found = {row["id"]: row["_search_rank"] for row in merged_log_rows(store, query="needle")}
    assert list(found.items()) == sorted(scores.items(), key=lambda item: item[1])
    assert len(found) == 3


def test_newest_matches_first(store: LogStore) -> None:
    """With `latest` matches are listed by id; without a query it changes nothing."""
    log(store, "1", "needle needle needle")
    log(store, "2", "x", "a needle in a haystack with much hay in it")
    assert listed(store, query="needle") == ["1", "2"]
    assert listed(store, query="needle", latest=True) == ["2", "1"]
    assert listed(store, latest=True) == ["2", "1"]


def test_equal_matches_in_the_order_of_logging(store: LogStore) -> None:
    """Of equally good matches the one logged first comes first."""
    for turn_id in "cab":
        log(store, turn_id, "needle")
    assert listed(store, query="needle") == ["c", "a", "b"]


def test_what_is_searched(store: LogStore) -> None:
    """Prompts and responses are searched for whole words; system prompts and fragments are not."""
    log(store, "1", input=chain(system("rules"), user("a document\nquestion")), fragments=["a document"])
    assert listed(store, query="question") == ["1"]
    assert listed(store, query="quest") == []
    assert listed(store, query="rules OR document") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("alpha beta", ["1"]),
        ("alpha OR gamma", ["1", "2"]),
        ("beta NOT alpha", ["2"]),
        ('"beta gamma"', ["2"]),
        ("gam*", ["2"]),
        ("response:gamma", []),
        ("prompt:gamma", ["2"]),
        ("NEAR(alpha beta)", ["1"]),
        ("^beta", ["2"]),
        ("ÁLPHA", ["1"]),
        ("", ["1", "2"]),
    ],
)
def test_query_syntax(store: LogStore, query: str, expected: list[str]) -> None:
    """Queries are FTS5's: boolean operators, phrases, prefixes, columns; case and accents do not matter."""
    log(store, "1", "alpha beta", "-")
    log(store, "2", "beta gamma", "-")
    assert sorted(listed(store, query=query)) == expected


@pytest.mark.parametrize("query", ["httpx-retries", "it's", "c++", "3.11", "a.b", "what? (really)", "NOT", "AND OR"])
def test_words_with_punctuation(store: LogStore, query: str) -> None:
    """Words that FTS5 takes for syntax it does not understand are searched for as words."""
    log(store, "1", f"about {query}")
    log(store, "2", "about something else")
    assert listed(store, query=query) == ["1"]


@pytest.mark.parametrize("query", ['unbalanced"quote', 'c++ "x', '"a" ++', " "])
def test_invalid_query(store: LogStore, query: str) -> None:
    """A query with quotation marks is not guessed at: the error says why, and where the syntax is explained."""
    with pytest.raises(
        UserError, match=r"^Invalid search query: .*(unterminated|syntax error).*https://.*fts5"
    ) as info:
        merged_log_rows(store, query=query)
    assert "\n" not in str(info.value)


def test_search_without_the_legacy_index(both: LogStore, conn: sqlite3.Connection) -> None:
    """If the index of the legacy responses is missing, only turns are found."""
    conn.execute("DROP TABLE responses_fts")
    assert sorted(listed(both, query="hello OR prompt")) == ["b", "d"]


# The current conversation


def test_no_conversation(conn: sqlite3.Connection) -> None:
    """An empty log has no current conversation."""
    assert newest_conversation(conn) is None


def test_current_conversation_is_the_one_used_last(store: LogStore, conn: sqlite3.Connection) -> None:
    """It is that of the newest turn or legacy response, even if another conversation was created later."""
    log(store, "2", thread_id="older")
    log(store, "3", thread_id="younger")
    assert newest_conversation(conn) == "younger"
    log(store, "4", thread_id="older")
    assert newest_conversation(conn) == "older"
    legacy_response(conn, "5", conversation_id="legacy")
    assert newest_conversation(conn) == "legacy"
    legacy_response(conn, "6", conversation_id=None)
    assert newest_conversation(conn) == "legacy"


def test_logged(store: LogStore) -> None:
    """A response logged again in place is listed and found once, as it is now."""
    first = turn("before", id="1")
    store.log(first)
    store.log(Logged(turn("after", id="1", thread_id=None).record))
    assert [row["prompt"] for row in merged_log_rows(store)] == ["after"]
    assert listed(store, query="before") == []
    assert listed(store, query="after") == ["1"]


def test_few_of_the_best(both: LogStore, conn: sqlite3.Connection) -> None:
    """The best matches that a count lets through are the first of all, also where turns were deleted by hand."""
    for number in range(12):
        log(both, f"f{number:02}", "hello " * (number % 4 + 1))
    legacy_response(conn, "g", prompt="hello hello")
    for _ in range(2):
        everything = listed(both, query="hello")
        for count in (1, 3, 5, 14, 30):
            assert listed(both, query="hello", count=count) == everything[:count]
        best = [found for found in everything if found.startswith("f")][:2]
        conn.execute("DELETE FROM turns WHERE id IN (?, ?)", best)
    assert not set(best) & {*listed(both)}
