"""`llm collections`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlite_utils
from click.testing import CliRunner, Result

import llm
from llm.cli.commands.collections import collections
from llm.embeddings_migrations import embeddings_migrations
from tests.embedding_models import Lengths


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(collections, arguments, env=environment)


@pytest.fixture
def database(user_path: Path) -> Iterator[sqlite_utils.Database]:
    """A database with the collections `b`, `a` and `empty`."""
    db = sqlite_utils.Database(user_path / "embeddings.db")
    for name, count in (("b", 2), ("a", 1), ("empty", 0)):
        llm.Collection(name, db, model=Lengths()).embed_multi((str(n), f"text {n}") for n in range(count))
    yield db
    db.close()


def test_path(user_path: Path) -> None:
    """`path` is that of the database in the user directory, or of the one that the environment names."""
    assert run("path").output == f"{user_path / 'embeddings.db'}\n"
    assert run("path", LLM_EMBEDDINGS_DB="/x/y.db").output == "/x/y.db\n"


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_list(database: sqlite_utils.Database, arguments: tuple[str, ...]) -> None:
    """Collections are listed by name with model and size, empty ones too."""
    assert run(*arguments).output == (
        "a: lengths\n  1 embedding\nb: lengths\n  2 embeddings\nempty: lengths\n  0 embeddings\n"
    )


def test_json(database: sqlite_utils.Database) -> None:
    """`--json` gives an array with an indent of four spaces."""
    output = run("--json").output
    assert output.startswith(
        '[\n    {\n        "name": "a",\n        "model": "lengths",\n        "num_embeddings": 1\n'
    )
    assert [entry["num_embeddings"] for entry in json.loads(output)] == [1, 2, 0]


@pytest.mark.parametrize("exists", [False, True])
def test_no_table(tmp_path: Path, exists: bool) -> None:
    """A file without collections is named, and a missing one is not made."""
    path = tmp_path / "other.db"
    if exists:
        path.touch()
    result = run("list", "-d", str(path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert str(path) in result.stderr
    assert path.exists() == exists
    assert str(path) in run("list", LLM_EMBEDDINGS_DB=str(path)).stderr


def test_delete(database: sqlite_utils.Database) -> None:
    """A collection is deleted with its items, without a word."""
    result = run("delete", "b")
    assert (result.output, result.exit_code) == ("", 0)
    assert run().output == "a: lengths\n  1 embedding\nempty: lengths\n  0 embeddings\n"
    assert database.execute("SELECT count(*) FROM embeddings").fetchone() == (1,)


def test_delete_elsewhere(user_path: Path, tmp_path: Path) -> None:
    """`-d` names the database to delete from."""
    other = sqlite_utils.Database(tmp_path / "other.db")
    llm.Collection("a", other, model=Lengths()).embed("1", "x")
    assert run("delete", "a", "-d", str(tmp_path / "other.db")).exit_code == 0
    assert other.execute("SELECT count(*) FROM embeddings").fetchone() == (0,)
    other.close()
    assert not (user_path / "embeddings.db").exists()


def test_list_writes_nothing(tmp_path: Path) -> None:
    """The collections of an older database are listed without bringing it up to date."""
    path = tmp_path / "old.db"
    db = sqlite_utils.Database(path)
    embeddings_migrations.apply(db, stop_before="m003_add_updated")
    db.execute("INSERT INTO collections VALUES (1, 'c', 'lengths')")
    db.conn.commit()
    db.close()
    before = path.read_bytes()
    assert run("list", "-d", str(path)).output == "c: lengths\n  0 embeddings\n"
    assert path.read_bytes() == before


def test_database_of_the_environment(database: sqlite_utils.Database, user_path: Path, tmp_path: Path) -> None:
    """The environment names the database to list and to delete from, where `-d` does not."""
    other = tmp_path / "other.db"
    database.execute("VACUUM INTO ?", [str(other)])
    assert run("delete", "b", LLM_EMBEDDINGS_DB=str(other)).exit_code == 0
    assert "b: lengths" not in run("list", LLM_EMBEDDINGS_DB=str(other)).output
    assert "b: lengths" in run("list", "-d", str(user_path / "embeddings.db"), LLM_EMBEDDINGS_DB=str(other)).output


def test_delete_unknown(database: sqlite_utils.Database, tmp_path: Path) -> None:
    """An unknown collection cannot be deleted; a missing database is not made."""
    for arguments in ((), ("-d", str(tmp_path / "missing.db"))):
        result = run("delete", "zork", *arguments)
        assert (result.exit_code, result.stderr) == (1, "Error: Collection does not exist\n")
    assert not (tmp_path / "missing.db").exists()
