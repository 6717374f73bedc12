"""Rows of a database as JSON text, made while the rows come in: a listing may be longer than memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from textwrap import indent
from typing import Any


def output_rows_as_json(
    rows: Iterable[Mapping[str, Any]], nl: bool = False, compact: bool = False, json_cols: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the lines of a JSON array of `rows`, one string a row, indented or `compact`.

    With `nl` each row is an object of its own on one line. The columns `json_cols` hold JSON text, which becomes part
    of the row; text that is no JSON stays text. No rows: `[]`, or nothing with `nl`.
    """
    parsed = (_with_parsed(row, json_cols) for row in rows)
    if nl:
        return (json.dumps(row) for row in parsed)
    if compact:
        return _array(parsed, render=json.dumps, start="[", shift=" ", end="]")
    return _array(parsed, render=_indented, start="[\n", shift="", end="\n]")


def _array(
    rows: Iterator[dict[str, Any]], *, render: Callable[[Any], str], start: str, shift: str, end: str
) -> Iterator[str]:
    """Yield one string a row; a row is held back until it is known whether it is the last."""
    held: str | None = None
    for row in rows:
        if held is not None:
            yield f"{held},"
        held = (start if held is None else shift) + render(row)
    yield "[]" if held is None else held + end


def _indented(row: dict[str, Any]) -> str:
    return indent(json.dumps(row, indent=2), "  ")


def _with_parsed(row: Mapping[str, Any], json_cols: Sequence[str]) -> dict[str, Any]:
    return {name: _parsed(value) if name in json_cols else value for name, value in row.items()}


def _parsed(value: Any) -> Any:
    if not isinstance(value, (str, bytes)):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


output_rows_as_json.__module__ = "llm.utils"
