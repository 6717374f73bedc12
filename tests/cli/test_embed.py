"""`llm embed`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlite_utils
from click.testing import CliRunner, Result

import llm
from llm.cli.commands.embed import embed
from tests.embedding_models import Broken, Keyed, Lengths
from tests.registry.stand_ins import embedding_plugin, only_these_plugins

VECTOR = [5, 5] + [0] * 14


@pytest.fixture(autouse=True)
def model() -> Iterator[Lengths]:
    one = Lengths()
    with only_these_plugins() as register:
        text_only = Lengths("text-only", supports_binary=False)
        register(embedding_plugin("p", (one, ["len"]), (Keyed("keyed"),), (Broken("broken"),), (text_only,)))
        yield one


def run(*arguments: str, piped: str | bytes | None = None, **environment: str) -> Result:
    return CliRunner().invoke(embed, arguments, input=piped, env=environment)


def items(user_path: Path) -> list[tuple[object, ...]]:
    db = sqlite_utils.Database(user_path / "embeddings.db")
    found: list[tuple[object, ...]] = db.execute(
        "SELECT name, model, embeddings.id, content, content_blob, metadata FROM embeddings "
        "JOIN collections ON collections.id = collection_id ORDER BY embeddings.id"
    ).fetchall()
    db.close()
    return found


def has_database(user_path: Path) -> bool:
    return (user_path / "embeddings.db").exists()


class OwnEmbed(Lengths):
    """A model with an `embed` of its own, which knows of no key."""

    def embed(self, item: str | bytes) -> list[float]:  # type: ignore[override]
        return [0.5, float(len(item))]


def test_embed_without_a_key_as_parameter(user_path: Path) -> None:
    """A plugin's own `embed` that takes a text and nothing else makes vectors to show, to store and to look for."""
    with only_these_plugins() as register:
        register(embedding_plugin("p", (OwnEmbed("own"),)))
        assert json.loads(run("-c", "four", "-m", "own").output) == [0.5, 4]
        assert run("words", "one", "-c", "four", "-m", "own").exit_code == 0
        found = llm.Collection("words", sqlite_utils.Database(user_path / "embeddings.db")).similar("other")
    assert [entry.id for entry in found] == ["one"]


@pytest.mark.parametrize(
    ("form", "output"),
    [
        ((), json.dumps(VECTOR)),
        (("-f", "json"), json.dumps(VECTOR)),
        (("-f", "base64"), base64.b64encode(llm.encode(VECTOR)).decode()),
        (("--format", "hex"), llm.encode(VECTOR).hex()),
    ],
)
def test_vector(user_path: Path, form: tuple[str, ...], output: str) -> None:
    """Without a collection the vector is shown, and no database is made."""
    result = run("-c", "hello world", "-m", "len", *form)
    assert (result.output, result.exit_code) == (output + "\n", 0)
    assert not has_database(user_path)


def test_blob() -> None:
    """`blob` gives the raw bytes and one newline byte."""
    assert run("-c", "hello world", "-m", "len", "-f", "blob").stdout_bytes == llm.encode(VECTOR) + b"\n"


def test_default_model(user_path: Path) -> None:
    """The model is that of `-m` (an id or alias), else of the environment, else the default one."""
    (user_path / "default_embedding_model.txt").write_text("lengths")
    assert run("-c", "hello world").output == json.dumps(VECTOR) + "\n"
    assert run("-c", "x", LLM_EMBEDDING_MODEL="zork").exit_code == 1
    assert run("-c", "x", "-m", "len", LLM_EMBEDDING_MODEL="zork").exit_code == 0


def test_no_model(user_path: Path) -> None:
    """Without a model and a default one, the command fails, and no collection is made."""
    error = "Error: You need to specify an embedding model (no default model is set)\n"
    assert (run("-c", "x").exit_code, run("-c", "x").stderr) == (1, error)
    assert (run("c", "1", "-c", "x").exit_code, run("c", "1", "-c", "x").stderr) == (1, error)
    assert items_of_nothing(user_path)


def items_of_nothing(user_path: Path) -> bool:
    db = sqlite_utils.Database(user_path / "embeddings.db")
    found: bool = "collections" not in db.table_names() or not list(db["collections"].rows)
    db.close()
    return found


def test_local_model_where_there_is_no_default() -> None:
    """The model that runs on this machine is used when none is set, and one line on standard error says so."""
    with only_these_plugins() as register:
        register(embedding_plugin("local", (Lengths("wordllama"),)))
        result = run("-c", "hello world")
    assert (result.stdout, result.exit_code) == (json.dumps(VECTOR) + "\n", 0)
    assert result.stderr.count("\n") == 1
    assert "wordllama" in result.stderr


@pytest.mark.parametrize("arguments", [("-c", "x"), ("c", "1", "-c", "x")])
def test_unknown_model(user_path: Path, arguments: tuple[str, ...]) -> None:
    """An unknown model is named."""
    result = run(*arguments, "-m", "zork")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Unknown model: zork" in result.stderr


def test_store(user_path: Path) -> None:
    """An item is stored with metadata, with `--store` its content too, silently; a collection keeps its model."""
    result = run("c", "1", "-c", "hello world", "-m", "len", "--store", "--metadata", '{"a": 1}')
    assert (result.output, result.exit_code) == ("", 0)
    assert run("c", "2", "-c", "goodbye world", "-m", "ignored").output == ""
    assert items(user_path) == [
        ("c", "lengths", "1", "hello world", None, '{"a": 1}'), ("c", "lengths", "2", None, None, None),
    ]  # fmt: skip


def test_show_what_is_stored(model: Lengths) -> None:
    """With `--format` the vector is shown too; the stored one, if the content was known."""
    for expected in ([5, 5], [5.0, 5.0]):
        result = run("c", "1", "-c", "hello world", "-m", "len", "-f", "json")
        assert result.output.startswith(json.dumps(expected)[:-1])
    assert run("c", "1", "-c", "hello world", "-f", "hex").output == llm.encode(VECTOR).hex() + "\n"
    assert len(model.batches) == 1


@pytest.mark.parametrize("form", ["blob", "base64"])
def test_forms_of_what_is_stored(form: str) -> None:
    """Each `--format` shows the vector of a stored item as it does without a collection, known content or not."""
    expected = run("-c", "hello world", "-m", "len", "-f", form).stdout_bytes
    for _ in range(2):
        assert run("c", "1", "-c", "hello world", "-m", "len", "-f", form).stdout_bytes == expected


def test_database(user_path: Path, tmp_path: Path) -> None:
    """`-d` names the database, else the environment does."""
    run("c", "1", "-c", "x", "-m", "len", "-d", str(tmp_path / "a" / "a.db"))
    run("c", "1", "-c", "x", "-m", "len", LLM_EMBEDDINGS_DB=str(tmp_path / "b.db"))
    assert (tmp_path / "a" / "a.db").exists()
    assert (tmp_path / "b.db").exists()
    assert not has_database(user_path)


def test_input(user_path: Path, tmp_path: Path) -> None:
    """Content is that of `-c` if it is not empty, else the file of `-i`, else standard input."""
    file = tmp_path / "f.txt"
    file.write_bytes("fünf\r\nab".encode())
    assert run("-m", "len", "-c", "abc", "-i", str(file)).output.startswith("[3, 0")
    assert run("-m", "len", "-c", "", "-i", str(file)).output.startswith("[4, 2")
    assert run("-m", "len", "-i", "-", piped="ab").output.startswith("[2, 0")
    assert run("-m", "len", piped="ab").output.startswith("[2, 0")
    run("c", "1", "-m", "len", "-i", str(file), "--store")
    assert items(user_path)[0][3] == "fünf\nab"


def test_binary(user_path: Path, tmp_path: Path) -> None:
    """With `--binary` the input is embedded as bytes; text given with `-c` stays text."""
    file = tmp_path / "f.bin"
    file.write_bytes(b"\xff\xfe ab\r\n")
    assert run("c", "1", "-m", "len", "-i", str(file), "--binary", "--store").exit_code == 0
    assert run("c", "2", "--binary", "--store", piped=b"\x80").exit_code == 0
    assert run("c", "3", "-c", "text", "--binary", "--store").exit_code == 0
    assert [row[3:5] for row in items(user_path)] == [(None, b"\xff\xfe ab\r\n"), (None, b"\x80"), ("text", None)]


@pytest.mark.parametrize(
    ("arguments", "piped", "error"),
    [
        (("c",), "x", "Must provide both collection and id"),
        (("-m", "len", "--store", "-c", "x"), None, "Must provide collection"),
        (("-m", "len"), "", "No content"),
        (("c", "1", "-m", "len"), "", "No content"),
        (("-m", "len", "-i", "."), None, "Cannot read"),
        (("-m", "len"), b"\xff", "not UTF-8"),
        (("-m", "text-only", "--binary"), b"\xff", "binary"),
        (("c", "1", "-m", "text-only", "--binary"), b"\xff", "binary"),
        (("-m", "keyed", "-c", "x"), None, "llm keys set demo"),
        (("c", "1", "-m", "keyed", "-c", "x"), None, "llm keys set demo"),
        (("c", "1", "-m", "broken", "-c", "boom"), None, "the provider hung up"),
    ],
)
def test_failures(user_path: Path, arguments: tuple[str, ...], piped: str | bytes | None, error: str) -> None:
    """What goes wrong is told with `Error:` and exit code 1; a collection that was made for it does not stay."""
    result = run(*arguments, piped=piped, DEMO_KEY="")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert error in result.stderr
    assert not has_database(user_path) or items_of_nothing(user_path)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("-i", "missing.txt"), "does not exist"),
        (("--metadata", "{"), "metadata must be valid JSON"),
        (("--metadata", "[" * 100_000), "metadata must be valid JSON"),
        (("c", "--metadata", "[]"), "metadata must be a JSON object"),
        (("-f", "xml"), "xml"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], error: str) -> None:
    """Options are checked before anything else; exit code 2."""
    result = run("-m", "len", *arguments)
    assert result.exit_code == 2
    assert error in result.stderr


def test_key() -> None:
    """`--key` gives the key."""
    assert run("-m", "keyed", "-c", "x", "--key", "abc").output == "[3.0, 1.0]\n"
