from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.tables import output_rows_as_json
from tests.core.strategies import objects

ROWS: list[dict[str, Any]] = [{"a": 1, "j": '{"x": [1, "é"]}'}, {"a": 2, "j": None}]


def test_indented() -> None:
    """The indented form is one string a row, with brackets in the first and the last."""
    assert list(output_rows_as_json([{"a": 1}, {"a": 2}])) == [
        '[\n  {\n    "a": 1\n  },',
        '  {\n    "a": 2\n  }\n]',
    ]
    assert list(output_rows_as_json([{}])) == ["[\n  {}\n]"]


def test_compact() -> None:
    """The compact form is one row a line, the later ones aligned."""
    assert list(output_rows_as_json([{"a": 1}, {"a": 2}], compact=True)) == ['[{"a": 1},', ' {"a": 2}]']
    assert list(output_rows_as_json([{"a": 1}], compact=True)) == ['[{"a": 1}]']


def test_newline_delimited() -> None:
    """With `nl` each row is an object of its own."""
    assert list(output_rows_as_json([{"a": 1}, {"a": 2}], nl=True, compact=True)) == ['{"a": 1}', '{"a": 2}']


@pytest.mark.parametrize(("flags", "expected"), [({}, ["[]"]), ({"compact": True}, ["[]"]), ({"nl": True}, [])])
def test_no_rows(flags: dict[str, Any], expected: list[str]) -> None:
    """No rows are an empty array, or nothing with `nl`."""
    assert list(output_rows_as_json([], **flags)) == expected


def test_json_columns_become_part_of_the_row() -> None:
    """Columns with JSON text are parsed, null stays null, and the rows themselves are not touched."""
    first, second = output_rows_as_json(ROWS, nl=True, json_cols=("j", "absent"))
    assert first == '{"a": 1, "j": {"x": [1, "\\u00e9"]}}'
    assert second == '{"a": 2, "j": null}'
    assert ROWS[0]["j"] == '{"x": [1, "é"]}'


def test_malformed_json_stays_text() -> None:
    """A damaged column does not hide the rest of the listing."""
    assert list(output_rows_as_json([{"j": "{bad"}], nl=True, json_cols=["j"])) == ['{"j": "{bad"}']


def test_rows_are_not_collected() -> None:
    """A row is out before the next but one is asked for: a listing may be longer than memory."""
    asked: list[int] = []

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(10):
            asked.append(number)
            yield {"n": number}

    lines = output_rows_as_json(rows())
    next(lines)
    assert asked == [0, 1]


@given(st.lists(objects, max_size=3), st.booleans())
@settings(derandomize=True, max_examples=50)
def test_the_lines_are_one_json_document(rows: list[dict[str, Any]], compact: bool) -> None:
    """Joined by newlines the strings are the JSON of the rows, at most one string a row."""
    lines = list(output_rows_as_json(rows, compact=compact))
    assert json.loads("\n".join(lines)) == rows
    assert len(lines) == max(1, len(rows))
