from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llm.store.database import Handle, open_log_database
from llm.store.logstore import LogStore
from llm.store.names import collection_names, fragment_names, schema_names, thread_names
from llm.store.stored_fragments import set_fragment_alias
from tests.store.samples import turn

ALL = (thread_names, fragment_names, schema_names, collection_names)


def test_conversations(tmp_path: Path) -> None:
    """Conversations of both generations of tables come with their names, the newest first, each once, up to a limit."""
    path = tmp_path / "logs.db"
    with closing(open_log_database(path)) as conn:
        LogStore(Handle(conn)).log(turn("second", "r", id="id1", thread_id="b"))
        conn.execute("INSERT INTO conversations (id, name, model) VALUES ('a', 'first', 'm'), ('b', 'second', 'm')")
        conn.execute("INSERT INTO conversations (id, name, model) VALUES ('c', NULL, 'm')")
        conn.commit()
    assert thread_names(path, 9) == [("c", ""), ("b", "second"), ("a", "first")]
    assert thread_names(path, 2) == [("c", ""), ("b", "second")]


def test_fragments_and_schemas(tmp_path: Path) -> None:
    """Aliases of fragments come with their sources, schemas with their texts."""
    path = tmp_path / "logs.db"
    with closing(open_log_database(path)) as conn:
        set_fragment_alias(conn, "style", "text")
        conn.execute("INSERT INTO schemas (id, content) VALUES ('s1', '{}')")
        conn.commit()
    assert fragment_names(path, 9) == [("style", "")]
    assert schema_names(path, 9) == [("s1", "{}")]


def test_collections(tmp_path: Path) -> None:
    """Collections come with their models."""
    path = tmp_path / "embeddings.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE collections (id INTEGER PRIMARY KEY, name TEXT, model TEXT)")
        conn.execute("INSERT INTO collections (name, model) VALUES ('docs', 'm')")
        conn.commit()
    assert collection_names(path, 9) == [("docs", "m")]


@pytest.mark.parametrize("names", ALL)
def test_no_database(tmp_path: Path, names: Callable[..., Any]) -> None:
    """No file, an empty one, a folder and a file that is no database have no names, and nothing is made of them."""
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no database " * 99)
    for name in ("missing", "empty", "folder", "text"):
        assert names(tmp_path / name, 9) == []
    assert {entry.name for entry in tmp_path.iterdir()} == {"empty", "folder", "text"}


def test_locked_database(tmp_path: Path) -> None:
    """A database that another process is rewriting is not waited for."""
    path = tmp_path / "logs.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("CREATE TABLE schemas (id TEXT, content TEXT)")
        conn.execute("BEGIN EXCLUSIVE")
        assert schema_names(path, 9) == []
