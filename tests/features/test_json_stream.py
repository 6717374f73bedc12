"""JSON values from text in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.features.json_stream import JsonStreamError, values_of

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def pieces(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(_VALUES, max_size=6), st.integers(1, 50), st.booleans(), st.sampled_from([None, 1]))
def test_lists(values: list[object], size: int, ascii_only: bool, indent: int | None) -> None:
    """The items of a list come out, wherever the text is cut."""
    text = json.dumps(values, ensure_ascii=ascii_only, indent=indent)
    assert list(values_of(pieces(text, size))) == values


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(st.dictionaries(st.text('}{,[]\\"'), _VALUES, max_size=3), max_size=8),
    st.integers(1, 300),
    st.sampled_from([None, 1]),
)
def test_lists_of_objects(values: list[object], size: int, indent: int | None) -> None:
    """Objects come out in their order, whatever brackets their texts hold and however deeply they are nested."""
    assert list(values_of(pieces(json.dumps(values, indent=indent), size))) == values


def test_objects_that_are_read_together() -> None:
    """Objects before a mistake come out, although all that is in memory is read at once."""
    values = values_of(['[{"a": "}"}, {"b": {"c": "},{"}}, {"d": 1}} ]'])
    assert [next(values) for _ in range(3)] == [{"a": "}"}, {"b": {"c": "},{"}}, {"d": 1}]
    with pytest.raises(JsonStreamError):
        next(values)


@pytest.mark.parametrize("size", range(1, 12))
def test_numbers_in_pieces(size: int) -> None:
    """A number is one, wherever it is cut: before its point, its exponent, or the sign of that."""
    assert list(values_of(pieces("[-0.5,2e+3,1E-2,7]", size))) == [-0.5, 2000.0, 0.01, 7]


@pytest.mark.parametrize("size", range(1, 14))
def test_white_space_in_pieces(size: int) -> None:
    """White space may stand before and after everything, wherever it is cut; `1.` before a comma is no number."""
    assert list(values_of(pieces(' [ 1 ,\n\t"a"  \r\n, {"b" : 2 }\n ,3 ] \n', size))) == [1, "a", {"b": 2}, 3]
    for nonsense in ("[1. , 2]", "[1e+, 2]", "[1 ,, 2]", "[1 , ]"):
        with pytest.raises(JsonStreamError):
            list(values_of(pieces(nonsense, size)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.dictionaries(st.text(), _VALUES, max_size=3), max_size=6), st.integers(1, 50))
def test_values_that_follow_each_other(values: list[object], size: int) -> None:
    """Values that are no list may follow each other."""
    assert list(values_of(pieces("\n".join(json.dumps(value) for value in values), size))) == values


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(_VALUES, min_size=1, max_size=4), st.data())
def test_truncated_lists(values: list[object], data: st.DataObject) -> None:
    """A list that is cut off raises JsonStreamError."""
    text = json.dumps(values)
    with pytest.raises(JsonStreamError):
        list(values_of(pieces(text[: data.draw(st.integers(1, len(text) - 1))], 7)))


@pytest.mark.parametrize("text", ["[1,]", "[1 2]", "[,]", "[1] 2", "{", "nul", '["a" : 1]', '{"a": 1} ]'])
def test_what_is_no_json(text: str) -> None:
    """Anything else raises JsonStreamError."""
    with pytest.raises(JsonStreamError):
        list(values_of([text]))


@pytest.mark.parametrize("text", ["[" * 100_000, '[{"a": 1}, ' + '{"a":' * 100_000, '{"a":' * 100_000])
def test_deep_nesting(text: str) -> None:
    """Values that are nested more deeply than Python can go are refused as what is no JSON."""
    with pytest.raises(JsonStreamError, match="nested too deeply"):
        list(values_of(pieces(text, 65536)))


def test_endless_input() -> None:
    """Values come out before the input ends, and nonsense is refused before it ends."""
    endless = values_of(f"{'[' if n == 0 else ','}{n}" for n in count())
    assert [next(endless) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(JsonStreamError):
        list(values_of("[nonsense, " if n == 0 else "and more, " for n in count()))
