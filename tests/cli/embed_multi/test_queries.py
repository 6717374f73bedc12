"""`llm embed-multi --sql`."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlite_utils

from tests.cli.embed_multi.runs import embedded, query, run


def other_database(path: Path) -> Path:
    db = sqlite_utils.Database(path)
    db.execute("CREATE TABLE posts (title, n)")
    db.execute("INSERT INTO posts VALUES ('x', 5), ('y', NULL)")
    db.conn.commit()
    db.close()
    return path


@pytest.mark.parametrize("table", ["posts", "blog.posts", '"blog"."posts"'])
def test_query(user_path: Path, tmp_path: Path, table: str) -> None:
    """Rows of a query over attached databases, by name or without where the main one has no such table."""
    blog = other_database(tmp_path / "blog.db")
    found = embedded(user_path, "--sql", f"SELECT title, n, 'z' FROM {table}", "--attach", "blog", str(blog))
    assert found == [("x", "5 z"), ("y", " z")]


@pytest.mark.parametrize("alias", ["my blog", 'a"b', "x; DROP TABLE embeddings", "select"])
def test_names_of_attached_databases(user_path: Path, tmp_path: Path, alias: str) -> None:
    """The name of an attached database may be any: it is quoted."""
    blog, quoted = other_database(tmp_path / "blog.db"), alias.replace('"', '""')
    assert len(embedded(user_path, "--sql", f'SELECT * FROM "{quoted}".posts', "--attach", alias, str(blog))) == 2


def test_query_beats_file(user_path: Path, tmp_path: Path) -> None:
    """If both are given, the query wins."""
    (tmp_path / "f.csv").write_text("id,a\n1,file\n")
    assert embedded(user_path, str(tmp_path / "f.csv"), "--sql", "SELECT 1, 'query'") == [("1", "query")]


def test_query_on_what_is_being_written(user_path: Path) -> None:
    """A query may read the table that the command writes to: it sees the rows that were there at its beginning."""
    rows = "id,a\n" + "".join(f"{n},text {n}\n" for n in range(30))
    embedded(user_path, "-", piped=rows)
    found = embedded(user_path, "--sql", "SELECT 'copy-' || id, content FROM embeddings")
    assert len(found) == 60


@pytest.mark.parametrize(
    ("sql", "error"), [("SELECT * FROM zork", "zork"), ("nonsense", "syntax"), ("CREATE TABLE t (a)", "readonly")]
)
def test_bad_query(user_path: Path, sql: str, error: str) -> None:
    """A query that fails is exit code 1 with SQLite's message, and can write nothing."""
    result = run("c", "--sql", sql)
    assert result.exit_code == 1
    assert error in result.stderr
    assert query(user_path, "SELECT name FROM sqlite_master WHERE name = 't'") == []


def test_attaching_what_is_not_there(user_path: Path, tmp_path: Path) -> None:
    """A database that does not exist is not made; one that is none is named."""
    missing, text = tmp_path / "missing.db", tmp_path / "text.db"
    assert run("c", "--sql", "SELECT 1", "--attach", "x", str(missing)).exit_code == 2
    assert not missing.exists()
    text.write_text("not a database, but some text that is long enough to be told from one " * 20)
    result = run("c", "--sql", "SELECT 1", "--attach", "x", str(text))
    assert result.exit_code == 1
    assert "text.db" in result.stderr
