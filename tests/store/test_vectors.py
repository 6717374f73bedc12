"""The nearest neighbours of a vector, against the definition."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.vectors import cosine_similarity, decode, encode
from llm.store import vectors
from llm.store.connection import Handle
from llm.store.embeddings import Item, migrate, write_items
from llm.store.vectors import nearest

_NUMBERS = st.floats(-100, 100, width=32).map(lambda number: 0.0 if abs(number) < 1e-3 else number)
_VECTORS = st.lists(st.lists(_NUMBERS, min_size=3, max_size=3), min_size=1, max_size=30)


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    with closing(new_database()) as conn:
        yield conn


def new_database() -> sqlite3.Connection:
    conn = sqlite3.connect(":memory:")
    migrate(Handle(conn))
    return conn


def add(conn: sqlite3.Connection, items: dict[str, list[float]], collection: int = 1) -> None:
    rows = [(Item(name, f"text of {name}", b"", '{"a": 1}', True), encode(vector)) for name, vector in items.items()]
    write_items(conn, collection, rows)


def ids(conn: sqlite3.Connection, vector: list[float], **arguments: object) -> list[str]:
    return [found.id for found in nearest(conn, 1, vector, **{"number": -1, **arguments})]  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(_VECTORS, st.lists(_NUMBERS, min_size=3, max_size=3), st.integers(1, 40), st.integers(12, 80))
def test_scores_are_those_of_the_definition(
    stored: list[list[float]], query: list[float], number: int, block: int
) -> None:
    """Scores are the cosine similarities within rounding, best first, whatever the size of a block."""
    with closing(new_database()) as conn, pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "_BLOCK_BYTES", block)
        add(conn, {str(n): vector for n, vector in enumerate(stored)})
        found = nearest(conn, 1, query, number=number)
    expected = sorted((cosine_similarity(decode(encode(vector)), query) for vector in stored), reverse=True)[:number]
    assert [one.score for one in found] == pytest.approx(expected, abs=1e-9)
    for one in found:
        assert one.score == pytest.approx(cosine_similarity(decode(encode(stored[int(one.id)])), query), abs=1e-9)
    assert len({one.id for one in found}) == len(found)


def test_what_single_precision_cannot_tell_apart(conn: sqlite3.Connection) -> None:
    """The order is that of double precision, also where single precision sees no difference."""
    near: list[list[float]] = (np.random.default_rng(3).standard_normal((500, 64)) * 1e-7 + 1).tolist()
    add(conn, {str(n): row for n, row in enumerate(near)})
    query = [1.0] * 64
    expected = sorted(range(500), key=lambda n: (-cosine_similarity(decode(encode(near[n])), query), n))
    found = nearest(conn, 1, query, number=20)
    assert [one.score for one in found] == pytest.approx(
        [cosine_similarity(decode(encode(near[n])), query) for n in expected[:20]], abs=1e-15
    )


@pytest.mark.parametrize("scale", [1e-45, 1e-38, 1e-20, 1e20, 1e38])
@pytest.mark.parametrize("query_scale", [1e-200, 1e-38, 1.0, 1e38, 1e200])
def test_extreme_lengths(conn: sqlite3.Connection, scale: float, query_scale: float) -> None:
    """Vectors so short or long that their squares are none in single precision are scored like all others."""
    directions = {"a": [1, 0], "b": [1, 1], "c": [0, 1], "d": [-1, 0]}
    add(conn, {name: [scale * x for x in direction] for name, direction in directions.items()})
    add(conn, {name * 2: [float(x) for x in direction] for name, direction in directions.items()})
    found = nearest(conn, 1, [query_scale * 2, query_scale], number=6)
    assert [one.id[0] for one in found] == ["b", "b", "a", "a", "c", "c"]
    assert [one.score for one in found] == pytest.approx([3 / 10**0.5] * 2 + [2 / 5**0.5] * 2 + [1 / 5**0.5] * 2)


def test_content_comes_along(conn: sqlite3.Connection) -> None:
    """An item is found with its content and metadata."""
    add(conn, {"a": [1, 0]})
    [found] = nearest(conn, 1, [1, 0], number=1)
    assert (found.id, found.content, found.metadata) == ("a", "text of a", '{"a": 1}')
    assert found.score == pytest.approx(1)


@pytest.mark.parametrize(("number", "expected"), [(0, 0), (2, 2), (5, 5), (99, 5), (-1, 5), (-7, 5)])
def test_number(conn: sqlite3.Connection, number: int, expected: int) -> None:
    """At most `number` items; none for 0, all for a negative number."""
    add(conn, {str(n): [1.0, n] for n in range(5)})
    assert len(nearest(conn, 1, [1, 1], number=number)) == expected


def test_only_one_collection(conn: sqlite3.Connection) -> None:
    """Items of other collections are not looked at, not even at the length of their vectors."""
    add(conn, {"a": [1, 0], "b": [0, 1]})
    add(conn, {"c": [1, 0, 0], "d": [1, 0, 0], "e": [1, 0, 0], "f": [1, 0, 0]}, collection=2)
    assert ids(conn, [1, 0]) == ["a", "b"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("a", ["a%b", "a_b", "ab"]), ("a%", ["a%b"]), ("a_", ["a_b"]), ("A", ["Ab"]), ("é", ["éb"]), ("zz", []),
     ("", ["Ab", "a%b", "a_b", "ab", "éb"]), (None, ["Ab", "a%b", "a_b", "ab", "éb"])],
)  # fmt: skip
def test_prefix(conn: sqlite3.Connection, prefix: str | None, expected: list[str]) -> None:
    """Only ids that start with `prefix`, compared literally and with case; an empty one is no filter."""
    add(conn, {name: [1, 0] for name in ("éb", "ab", "Ab", "a%b", "a_b")})
    assert sorted(ids(conn, [1, 0], prefix=prefix)) == expected


def test_skipped_item(conn: sqlite3.Connection) -> None:
    """`skip_id` is left out; an empty one skips nothing."""
    add(conn, {"": [1, 0], "a": [1, 0], "b": [1, 0]})
    assert sorted(ids(conn, [1, 0], skip_id="a")) == ["", "b"]
    assert sorted(ids(conn, [1, 0], skip_id="")) == ["", "a", "b"]


def test_another_length(conn: sqlite3.Connection) -> None:
    """A stored vector of another length raises ValueError, naming both lengths."""
    add(conn, {"a": [1, 0], "b": [1, 0, 0]})
    with pytest.raises(ValueError, match=r"3 numbers.* has 2"):
        nearest(conn, 1, [1, 0], number=1)


@pytest.mark.parametrize("query", [[1.0, 0.0], [0.0, 0.0]])
def test_vectors_without_direction(conn: sqlite3.Connection, query: list[float]) -> None:
    """A vector of zeros has a score of 0, stored or given."""
    add(conn, {"zero": [0, 0]})
    assert [one.score for one in nearest(conn, 1, query, number=5)] == [0.0]


def test_what_is_no_number(conn: sqlite3.Connection) -> None:
    """A vector with a part that is no number comes last, without a score."""
    add(conn, {"odd": [math.nan, 1], "opposite": [-1, -1], "same": [1, 1]})
    found = nearest(conn, 1, [1, 1], number=-1)
    assert [one.id for one in found] == ["same", "opposite", "odd"]
    assert found[-1].score is None


def test_empty_collection(conn: sqlite3.Connection) -> None:
    """Nothing is found in nothing."""
    assert nearest(conn, 1, [1, 0], number=3) == []


def test_many_winners(conn: sqlite3.Connection) -> None:
    """The content of more winners than fit into one statement is found, in order."""
    add(conn, {str(n): [1.0, n] for n in range(1300)})
    assert ids(conn, [1, 0]) == [str(n) for n in range(1300)]


def test_row_factory(conn: sqlite3.Connection) -> None:
    """The caller's connection may give rows in any form."""
    add(conn, {"a": [1, 0]})
    conn.row_factory = sqlite3.Row
    assert ids(conn, [1, 0]) == ["a"]
