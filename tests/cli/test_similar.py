"""`llm similar`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlite_utils
from click.testing import CliRunner, Result

import llm
from llm.cli.commands.similar import similar
from llm.embeddings_migrations import embeddings_migrations
from tests.embedding_models import Keyed, Lengths
from tests.registry.stand_ins import embedding_plugin, only_these_plugins


@pytest.fixture(autouse=True)
def database(user_path: Path) -> Iterator[Path]:
    """A database with a collection of three items, of which one is stored without content and metadata."""
    path = user_path / "embeddings.db"
    db = sqlite_utils.Database(path)
    collection = llm.Collection("c", db, model=Lengths())
    collection.embed("1", "hello world", store=True)
    collection.embed("2", "goodbye world\nof words", {"k": "é"}, store=True)
    collection.embed("3", "x")
    llm.Collection("keyed", db, model=Keyed("keyed")).embed("1", "x", key="k")
    db.close()
    with only_these_plugins() as register:
        register(embedding_plugin("p", (Lengths(),), (Keyed("keyed"),)))
        yield path


def run(*arguments: str, piped: str | bytes | None = None, **environment: str) -> Result:
    return CliRunner().invoke(similar, arguments, input=piped, env=environment)


def found(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [json.loads(line)["id"] for line in result.output.splitlines()]


def test_lines() -> None:
    """One JSON object a line, best first, these keys in order, null where nothing is; the item itself is left out."""
    first, second = [json.loads(line) for line in run("c", "1").output.splitlines()]
    assert list(first) == ["id", "score", "content", "metadata"]
    assert (first["id"], first["content"], first["metadata"]) == ("2", "goodbye world\nof words", {"k": "é"})
    assert second == {"id": "3", "score": second["score"], "content": None, "metadata": None}
    assert first["score"] > second["score"]


def test_nobody_reads_on(database: Path) -> None:
    """When whoever read the output has gone, as `head` does, the command ends without an error."""
    words = [sys.executable, "-m", "llm", "similar", "c", "1", "-d", str(database)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, errors = process.communicate()
    assert (process.returncode, errors) == (0, b"")


def test_plain() -> None:
    """`--plain` shows id and score, content and metadata indented, and blank lines around."""
    output = run("c", "1", "--plain").output
    lines = [line if "(" not in line else line[: line.index("(")] for line in output.split("\n")]
    assert lines == ["2 ", "", "  goodbye world", "  of words", '  {"k": "\\u00e9"}', "", "3 ", "", "", ""]


def test_plain_with_content_only() -> None:
    """With content alone there is nothing else."""
    output = run("c", "2", "-p", "--prefix", "1").output
    score = json.loads(run("c", "2", "--prefix", "1").output)["score"]
    assert output == f"1 ({score})\n\n  hello world\n\n"


def test_number_and_prefix() -> None:
    """`-n` limits the results, `--prefix` filters the ids; no result is no output."""
    assert found(run("c", "-c", "hello world", "-n", "2")) == ["1", "2"]
    assert found(run("c", "-c", "hello world", "--prefix", "3")) == ["3"]
    assert run("c", "1", "--prefix", "zork").output == ""
    assert run("c", "1", "-n", "0").output == ""


def test_default_number(database: Path) -> None:
    """Ten results are shown unless `-n` says otherwise; a negative number shows all."""
    db = sqlite_utils.Database(database)
    llm.Collection("many", db, model=Lengths()).embed_multi((str(n), f"text {n}") for n in range(15))
    db.close()
    assert len(found(run("many", "3"))) == 10
    assert len(found(run("many", "3", "-n", "-1"))) == 14


def test_what_is_compared(tmp_path: Path) -> None:
    """An id wins over content; content is an option, a file, or standard input; bytes with `--binary`."""
    file = tmp_path / "f"
    file.write_text("hello world")
    assert found(run("c", "1", "-c", "x")) == ["2", "3"]
    assert found(run("c", "-i", str(file), "-n", "1")) == ["1"]
    assert found(run("c", "-i", "-", "-n", "1", piped="hello world")) == ["1"]
    assert found(run("c", "-i", "-", "-n", "1", "--binary", piped=b"hello \xff\xff\xff\xff\xff")) == ["1"]


def test_key() -> None:
    """`--key` gives the key of the collection's model."""
    assert found(run("keyed", "-c", "x", "--key", "k")) == ["1"]
    assert "llm keys set demo" in run("keyed", "-c", "x", DEMO_KEY="").stderr


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("zork",), "Must provide content or an ID"),
        (("zork", "1"), "Collection does not exist"),
        (("c", "zork"), "ID not found in collection"),
        (("c", "-i", os.devnull), "No content"),
        (("zork", "-i", os.devnull), "Collection does not exist"),
    ],
)
def test_failures(arguments: tuple[str, ...], error: str) -> None:
    """What is missing is told, in this order of checks."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"Error: {error}" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("text", "-i", os.devnull, "--binary"), "No content"),
        (("text", "-i", __file__, "--binary"), "binary"),
        (("c", "-i", "."), "Cannot read"),
        (("lost", "-c", "x"), "Unknown model: uninstalled"),
    ],
)
def test_what_cannot_be_compared(database: Path, arguments: tuple[str, ...], error: str) -> None:
    """What cannot be embedded to be compared, or has no model for that, is told with `Error:` and exit code 1."""
    db = sqlite_utils.Database(database)
    llm.Collection("text", db, model=Lengths("text-only", supports_binary=False)).embed("1", "x")
    llm.Collection("lost", db, model=Lengths("uninstalled")).embed("1", "x")
    db.close()
    with only_these_plugins() as register:
        register(embedding_plugin("q", (Lengths("text-only", supports_binary=False),), (Lengths(),)))
        result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert error in result.stderr


def test_collection_is_required() -> None:
    """Without a collection the exit code is 2."""
    assert run().exit_code == 2


@pytest.mark.parametrize("exists", [False, True])
def test_no_embeddings(tmp_path: Path, exists: bool) -> None:
    """A database without embeddings is named, and a missing one is not made."""
    path = tmp_path / "other.db"
    if exists:
        db = sqlite_utils.Database(path)
        db.execute("CREATE TABLE a (b)")
        db.close()
    result = run("c", "1", "-d", str(path))
    assert result.exit_code == 1
    assert str(path) in result.stderr
    assert path.exists() == exists


def test_nothing_is_written(tmp_path: Path) -> None:
    """An older database is searched as it is."""
    path = tmp_path / "old.db"
    db = sqlite_utils.Database(path)
    embeddings_migrations.apply(db, stop_before="m003_add_updated")
    db.execute("INSERT INTO collections VALUES (1, 'c', 'lengths')")
    for item in ("a", "b"):
        db.execute("INSERT INTO embeddings (collection_id, id, embedding) VALUES (1, ?, ?)", (item, llm.encode([1, 0])))
    db.conn.commit()
    db.close()
    before = path.read_bytes()
    assert found(run("c", "a", LLM_EMBEDDINGS_DB=str(path))) == ["b"]
    assert path.read_bytes() == before
