"""`llm embed-multi` with rows of files and standard input: what is embedded under which id."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.embed_multi.runs import embedded, run


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        ((), '[{"id": 1, "a": "x", "b": "y"}, {"id": "2", "a": null, "b": "z"}]'),
        ((), ' \n\n[{"id": 1, "a": "x", "b": "y"},\r\n {"id": "2", "a": "", "b": "z"}]\n'),
        (("--format", "json"), '[{"id": 1, "a": "x", "b": "y"}, {"id": "2", "a": null, "b": "z"}]'),
        (("--format", "nl"), '{"id": 1, "a": "x", "b": "y"}\n\n{"id": "2", "a": null, "b": "z"}\n'),
        ((), "id,a,b\n1,x,y\n2,,z\n"),
        ((), "\ufeffid,a,b\r\n1,x,y\r\n2,,z\r\n"),
        ((), "id\ta\tb\n1\tx\ty\n2\t\tz\n"),
        (("--format", "csv"), 'id,a,b\n1,x,y\n"2","",z'),
        (("--format", "tsv"), "\ufeffid\ta\tb\n1\tx\ty\n2\t\tz\n"),
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_formats(user_path: Path, tmp_path: Path, arguments: tuple[str, ...], content: str, piped: bool) -> None:
    """JSON, CSV and TSV (also with a BOM) are recognised, `nl` is named; the id comes first, the rest is the text."""
    file = tmp_path / "input"
    file.write_bytes(content.encode())
    path = "-" if piped else str(file)
    found = embedded(user_path, path, *arguments, piped=content.encode() if piped else None)
    assert found == [("1", "x y"), ("2", " z")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.jsonl", '{"id": 1, "a": "x"}\n{"id": 2, "a": "y"}\n'),
        ("rows.NDJSON", '{"id": 1, "a": "x"}\n{"id": 2, "a": "y"}\n'),
        ("rows.txt", '{"id": 1, "a": "x"}\n{"id": 2, "a": "y"}\n'),
        ("rows.csv", 'id,"a\tb\tc"\n1,x\n2,y\n'),
        ("rows.tsv", "id\ta,b,c\n1\tx\n2\ty\n"),
    ],
)
def test_formats_by_name(user_path: Path, tmp_path: Path, name: str, content: str) -> None:
    """The name of a file tells its format too; objects one after the other are recognised whatever its name."""
    (tmp_path / name).write_text(content)
    assert embedded(user_path, str(tmp_path / name)) == [("1", "x"), ("2", "y")]


def test_values(user_path: Path) -> None:
    """Numbers and nested values become text, null an empty one, as id `None`; a row of one column has no content."""
    rows = '[{"id": 7, "n": 1.5, "l": [1, "a"], "o": {"k": null}, "t": true, "z": 0}, {"id": null}]'
    assert embedded(user_path, "-", piped=rows) == [("7", "1.5 [1, 'a'] {'k': None} True 0"), ("None", "")]


def test_one_object(user_path: Path) -> None:
    """A JSON file may be one object."""
    assert embedded(user_path, "-", piped='{"id": "a", "text": "b"}') == [("a", "b")]


@pytest.mark.parametrize("content", ["", "\n \n", "[]", "id,text\n"])
def test_no_rows(user_path: Path, content: str) -> None:
    """Input without rows embeds nothing, and is no error."""
    assert embedded(user_path, "-", piped=content) == []


def test_long_fields(user_path: Path) -> None:
    """A field of a CSV file may be a whole document."""
    text = "word " * 50_000
    assert embedded(user_path, "-", piped=f"id,text\n1,{text}\n") == [("1", text)]


@pytest.mark.parametrize(
    ("arguments", "content", "error"),
    [
        ((), '[{"id": 1}', "JSON"),
        ((), '[{"id": 1} {"id": 2}]', "JSON"),
        ((), '[{"id": 1}] x', "JSON"),
        ((), '{"id": zork}', "JSON"),
        ((), "[1, 2]", "JSON object"),
        ((), "[{}]", "JSON object"),
        (("--format", "nl"), '{"id": 1}\n\n{"id"', "line 3"),
        (("--format", "nl"), "[1]", "JSON object"),
        ((), "id,text\n1,a\n2,b,c,d\n", "Line 3"),
        ((), b"id,text\n1,\xff\n", "UTF-8"),
    ],
)
def test_bad_input(user_path: Path, arguments: tuple[str, ...], content: str | bytes, error: str) -> None:
    """Input that is not what it should be: exit code 1, and what is wrong with it."""
    result = run("c", "-", *arguments, piped=content)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert error in result.stderr
