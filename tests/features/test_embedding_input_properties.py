from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm.features.embedding_input import InputError, text_source
from tests.damage import json_values, nasty_texts

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
tables = st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=5))
FORMS = [None, "json", "nl", "csv", "tsv"]


def entries(content: bytes, form: str | None, name: str = "file") -> list[tuple[str, str | bytes]]:
    return list(text_source(io.BytesIO(content), name, form).entries)


def expected(rows: list[list[str]]) -> list[tuple[str, str]]:
    return [(first, " ".join(rest)) for first, *rest in rows]


@settings(max_examples=80)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(json_values.map(json.dumps), max_size=4).map("\n".join).map(str.encode),
        st.text(alphabet='ab",\t\r\n\x00{}[]:1\\\ufeff', max_size=30).map(str.encode),
        nasty_texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    ),
    st.sampled_from(FORMS),
    st.sampled_from(["file", "a.csv", "a.tsv", "a.jsonl", "a.ndjson", "-"]),
)
@example(b"[" * 50_000, None, "file")
@example(b'{"a": ' * 50_000, "nl", "file")
@example(b'{"a": ' + b"9" * 5000 + b"}", "nl", "file")
def test_any_bytes_are_rows_or_an_error(content: bytes, form: str | None, name: str) -> None:
    """Any bytes in any format are entries with a text for id and text, or an error that says what they are not."""
    try:
        found = entries(content, form, name)
    except InputError as error:
        assert str(error)  # noqa: PT017
        return
    assert all(isinstance(value, str) for entry in found for value in entry)


@settings(max_examples=40)
@given(tables, st.sampled_from([("csv", ","), ("tsv", "\t")]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_tables_come_back(rows: list[list[str]], dialect: tuple[str, str], end: str, mark: bool) -> None:
    """What a spreadsheet writes is read as it was, with quotes, line ends in cells and a byte order mark."""
    form, delimiter = dialect
    width = len(rows[0]) if rows else 1
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([[f"h{number}" for number in range(width)], *rows])
    content = file.getvalue().encode("utf-8-sig" if mark else "utf-8")
    assert entries(content, form) == expected(rows)


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.text(max_size=4), cells, min_size=1, max_size=3), max_size=5), st.booleans())
def test_objects_come_back(found: list[dict[str, Any]], ascii_only: bool) -> None:
    """Objects are the same entries in a list, one after the other, and one a line, the format named or not."""
    texts = [json.dumps(one, ensure_ascii=ascii_only) for one in found]
    rows = expected([list(one.values()) for one in found])
    for content, form in (
        (f"[{', '.join(texts)}]", "json"),
        ("\n".join(texts), "nl"),
        ("\n".join(texts), "json"),
        ("\n".join(texts), None),
    ):
        assert entries(content.encode(), form) == rows


@pytest.mark.parametrize("form", FORMS)
def test_nothing(form: str | None) -> None:
    """Blank input has no entries in any format."""
    assert entries(b"", form) == entries(b" \n\n", form) == []
