"""`llm embed-multi`: which model and database it uses, and what exactly it embeds."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from click.testing import CliRunner, Result

from llm.cli.commands.embed_multi import embed_multi
from tests.embedding_models import Lengths
from tests.registry.stand_ins import embedding_plugin, only_these_plugins

ROWS = "id,a\n1,x\n"


@pytest.fixture(autouse=True)
def model() -> Iterator[Lengths]:
    one = Lengths()
    with only_these_plugins() as register:
        register(embedding_plugin("p", (one, ["len"]), (Lengths("other"),)))
        yield one


def run(*arguments: str, piped: str | None = ROWS, **environment: str) -> Result:
    return CliRunner().invoke(embed_multi, arguments, input=piped, env=environment)


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    db = sqlite_utils.Database(path)
    found: list[tuple[Any, ...]] = db.execute(sql).fetchall()
    db.close()
    return found


def test_model(user_path: Path) -> None:
    """The model is that of `-m`, else of the environment, else the default one; an alias is stored as the real id."""
    (user_path / "default_embedding_model.txt").write_text("other")
    assert run("a", "-").exit_code == 0
    assert run("b", "-", LLM_EMBEDDING_MODEL="len").exit_code == 0
    assert run("c", "-", "-m", "other", LLM_EMBEDDING_MODEL="len").exit_code == 0
    assert query(user_path / "embeddings.db", "SELECT name, model FROM collections") == [
        ("a", "other"), ("b", "lengths"), ("c", "other"),
    ]  # fmt: skip


def test_no_model(user_path: Path) -> None:
    """Without a model and a default one, or with an unknown one, it fails as `llm embed`; no collection is made."""
    result = run("c", "-")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: You need to specify an embedding model (no default model is set)\n"
    result = run("c", "-", "-m", "zork")
    assert (result.exit_code, result.stderr) == (1, "Error: 'Unknown model: zork'\n")
    assert query(user_path / "embeddings.db", "SELECT 1 FROM sqlite_master WHERE name = 'collections'") == []


def test_an_existing_collection_keeps_its_model(user_path: Path, model: Lengths) -> None:
    """An existing collection needs no model, and ignores `-m`, even one that does not exist."""
    run("c", "-", "-m", "len")
    assert run("c", "-", piped="id,a\n2,y\n").exit_code == 0
    assert run("c", "-", "-m", "zork", piped="id,a\n3,z\n").exit_code == 0
    assert model.seen == ["x", "y", "z"]
    assert query(user_path / "embeddings.db", "SELECT model FROM collections") == [("lengths",)]


def test_database_of_the_environment(user_path: Path, tmp_path: Path) -> None:
    """The environment names the database where `-d` does not; it is made with its folder."""
    path = tmp_path / "folder" / "e.db"
    assert run("c", "-", "-m", "len", LLM_EMBEDDINGS_DB=str(path)).exit_code == 0
    assert query(path, "SELECT id FROM embeddings") == [("1",)]
    assert not (user_path / "embeddings.db").exists()


def test_what_is_prepended_is_content(user_path: Path, model: Lengths) -> None:
    """What `--prepend` gives is embedded, hashed and stored with the text; without it the text is another one."""
    run("c", "-", "-m", "len", "--prepend", "doc: ", "--store")
    assert model.seen == ["doc: x"]
    database = user_path / "embeddings.db"
    assert query(database, "SELECT content, content_hash FROM embeddings") == [("doc: x", md5(b"doc: x").digest())]
    run("c", "-")
    assert model.seen == ["doc: x", "x"]


def test_one_column(user_path: Path) -> None:
    """A table of one column has ids and no content, whatever its format was guessed to be."""
    assert run("c", "-", "-m", "len", "--store", piped="id\n1\n2\n").exit_code == 0
    assert query(user_path / "embeddings.db", "SELECT id, content FROM embeddings") == [("1", ""), ("2", "")]


def test_a_file_is_one_value(user_path: Path, tmp_path: Path) -> None:
    """The text of a file is stored as it is, lines, commas and all."""
    text = ' id,a\n1,"x"\n\n'
    (tmp_path / "f.csv").write_text(text)
    assert run("c", "--files", str(tmp_path), "f.csv", "-m", "len", "--store").exit_code == 0
    assert query(user_path / "embeddings.db", "SELECT id, content FROM embeddings") == [("f.csv", text)]


def test_a_file_is_no_directory(user_path: Path, tmp_path: Path) -> None:
    """The DIR of `--files` has to be a directory: exit code 2, naming it."""
    path = tmp_path / "f"
    path.touch()
    result = run("c", "--files", str(path), "*", "-m", "len")
    assert result.exit_code == 2
    assert f"Invalid directory: {path}" in result.stderr
