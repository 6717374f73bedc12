"""Fragments, attachments, schemas and options of `llm prompt`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from llm.core.schemas import make_schema_id
from llm.features.standard_input import StandardInput
from tests.cli.spies import ask, asked, given, run

pytestmark = pytest.mark.usefixtures("spies")

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def test_fragments(tmp_path: Path) -> None:
    """-f puts text before the prompt, joined by newlines; --sf before the system prompt, joined by blank lines."""
    (tmp_path / "a").write_text("text a")
    ask("-f", f"{tmp_path}/a", "-f", "twice:b", "--sf", f"{tmp_path}/a", "-s", "be brief", "hi")
    assert asked().prompt == "text a\nb\nb\nhi"
    assert asked().system == "text a\n\nbe brief"
    (row,) = json.loads(run("logs", "--json").stdout)
    assert [found["content"] for found in row["prompt_fragments"]] == ["text a", "b", "b"]


def test_fragment_from_standard_input() -> None:
    """With -f - standard input is the fragment, the prompt is the argument, and a second - is the same text."""
    ask("-f", "-", "--sf", "-", "question", piped="piped\n")
    assert asked().prompt == "piped\n\nquestion"
    assert asked().system == "piped"


def test_fragments_that_fail() -> None:
    """What cannot be found, or cannot be used there, is an error that names it, and no model is asked."""
    for words, named in [(("-f", "nope"), "Fragment 'nope' not found"), (("-f", "what:x"), "what"),
                         (("--sf", "pic:x"), "pic:x")]:  # fmt: skip
        result = run("-m", "spy", "--key", "k", *words, "hi")
        assert result.exit_code == 1
        assert named in result.stderr


def test_attachments(tmp_path: Path) -> None:
    """-a comes before --at, whatever their order, and what loaders of fragments attach comes last."""
    (tmp_path / "p.png").write_bytes(PNG)
    ask("--at", f"{tmp_path}/p.png", "text/plain", "-f", "pic:x", "-a", f"{tmp_path}/p.png", "hi")
    assert [found.type for found in asked().attachments] == ["image/png", "text/plain", "image/png"]
    assert asked().attachments[0].path == str((tmp_path / "p.png").resolve())
    assert asked().attachments[2].content == b"x"


def test_attachment_from_standard_input() -> None:
    """`-a -` takes standard input: its type is found, and the prompt is the argument alone; a second - is the same."""
    ask("-a", "-", "--at", "-", "text/plain", "what is this?", piped=PNG)
    assert asked().prompt == "what is this?"
    assert [found.content for found in asked().attachments] == [PNG, PNG]
    assert [found.type for found in asked().attachments] == ["image/png", "text/plain"]


@pytest.mark.parametrize("words", [("-a", "nope.png"), ("--at", "nope.png", "image/png"), ("-a", "-")])
def test_attachments_that_fail(words: tuple[str, ...]) -> None:
    """What cannot be attached is a usage error that names it."""
    result = run("-m", "spy", *words, "hi", piped=b"\x01\x02\x03\x04")
    assert result.exit_code == 2
    assert f"Invalid value for '{words[0]}" in result.stderr


def test_attachment_type_that_the_model_does_not_take(tmp_path: Path) -> None:
    """A type that the model does not take is an error that names it and those it takes."""
    (tmp_path / "x").write_text("x")
    result = run("-m", "spy", "--key", "k", "--at", f"{tmp_path}/x", "audio/wav", "hi")
    assert result.exit_code == 1
    assert "audio/wav" in result.stderr
    assert "image/png" in result.stderr


def test_schemas_are_stored_with_the_turns_that_used_them(user_path: Path) -> None:
    """Rows of schemas are written by logging a turn only: not with -n, and not by looking for one in the log."""

    def stored() -> int:
        with closing(sqlite3.connect(user_path / "logs.db")) as conn:
            found: int = conn.execute("SELECT count(*) FROM schemas").fetchone()[0]
            return found

    ask("-n", "--schema", "name, age int", "hi")
    assert asked().schema["required"] == ["name", "age"]
    assert (run("logs", "--schema", "name, age int").exit_code, stored()) == (0, 0)
    ask("--schema", "name, age int", "hi")
    assert stored() == 1


def test_schema() -> None:
    """--schema takes the short form, JSON or a stored id; --schema-multi wraps it in a list, and wins."""
    ask("--schema", "name, age int", "hi")
    schema = asked().schema
    assert schema["required"] == ["name", "age"]
    ask("--schema", make_schema_id(schema)[0], "hi")
    assert asked().schema == schema
    ask("--schema-multi", "name, age int", "--schema", "other, str", "hi")
    assert asked().schema["properties"]["items"]["items"] == schema


def test_schema_that_is_none() -> None:
    """A text that is no schema is a usage error."""
    result = run("-m", "spy", "--schema", "nope", "hi")
    assert result.exit_code == 2
    assert "Invalid schema" in result.stderr


def test_options_are_no_parameters() -> None:
    """Options of a model that are called like parameters of the library reach the model as options."""
    ask("-o", "stream", "s", "-o", "system", "t", "hi")
    assert (asked().options.stream, asked().options.system, asked().system) == ("s", "t", "")


def test_last_option_wins() -> None:
    """Of several values for an option the last counts."""
    ask("-o", "n", "1", "-o", "n", "2", "hi")
    assert asked().options.n == 2


def test_stored_options_are_merged_one_by_one(user_path: Path) -> None:
    """-o replaces a stored option only where it names the same; an invalid stored one is shown with its file."""
    run("models", "options", "set", "spy", "n", "7")
    run("models", "options", "set", "spy", "stream", "x")
    ask("-o", "stream", "y", "hi")
    assert (asked().options.n, asked().options.stream) == (7, "y")
    (user_path / "model_options.json").write_text('{"spy": {"n": "many"}}')
    result = run("-m", "spy", "--key", "k", "-o", "stream", "y", "hi")
    assert result.exit_code == 1
    assert str(user_path / "model_options.json") in result.stderr
    assert "n\n  Input should be a valid integer" in result.stderr
    ask("-o", "n", "1", "hi")


def test_key() -> None:
    """--key reaches models that take keys."""
    ask("hi")
    assert given() == (True, "k")


def test_query() -> None:
    """-q picks the matching model with the shortest id; no match is an error that lists the terms; -m beats it."""
    assert run("-q", "SP", "-q", "y", "--key", "k", "hi").stdout == "answer to hi\n"
    result = run("-q", "spy", "-q", "zzz", "hi")
    assert result.exit_code == 1
    assert "spy, zzz" in result.stderr
    assert run("-m", "nope", "-q", "spy", "hi").stderr == "Error: 'Unknown model: nope'\n"


def test_query_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """LLM_MODEL beats -q; an empty one counts as unset."""
    monkeypatch.setenv("LLM_MODEL", "nope")
    assert run("-q", "spy", "hi").stderr == "Error: 'Unknown model: nope'\n"
    monkeypatch.setenv("LLM_MODEL", "")
    assert run("-q", "spy", "--key", "k", "hi").exit_code == 0


@pytest.mark.parametrize("words", [("hi",), ("-f", "twice:x"), ("--at", "{file}", "text/plain"), ("--schema", "a,")])
def test_terminal_is_not_waited_for(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a prompt, fragments, attachments or a schema nothing is read from the terminal."""
    (tmp_path / "file").write_text("x")
    monkeypatch.setattr(StandardInput, "is_terminal", lambda self: True)
    monkeypatch.setattr(StandardInput, "text", lambda self: pytest.fail("waited for the terminal"))
    ask(*(word.format(file=tmp_path / "file") for word in words))


@pytest.mark.parametrize("words", [(), ("-s", "system"), ("--sf", "twice:x")])
def test_terminal_is_waited_for(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any of these the prompt is typed at the terminal, also when there is a system prompt."""
    monkeypatch.setattr(StandardInput, "is_terminal", lambda self: True)
    monkeypatch.setattr(StandardInput, "text", lambda self: "typed\n")
    ask(*words)
    assert asked().prompt == "typed\n"


def test_undecodable_input() -> None:
    """Bytes that are no UTF-8 are replaced before the model is asked."""
    ask(piped=b"caf\xe9")
    assert asked().prompt == "caf\ufffd"


def test_options_are_shown(user_path: Path) -> None:
    """--options shows what `llm models --options` shows for the model, and creates no database."""
    result = run("-m", "s", "--options")
    assert result.stdout == run("models", "-m", "spy", "--options").stdout
    assert "n: int" in result.stdout
    assert not (user_path / "logs.db").exists()
