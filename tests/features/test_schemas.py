from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from llm.cli.schema_input import resolve_schema_input
from llm.core.schemas import make_schema_id, multi_schema, schema_dsl
from llm.features.schemas import InvalidSchemaError, SchemaSourceError, resolve_schema, resolved_schema_id
from llm.features.template_files import LoadTemplateError
from llm.features.templates import Template
from llm.store.database import Handle

SCHEMA = {"type": "object", "properties": {"b": {}, "a": {}}}


def load(name: str) -> Template:
    if name == "with":
        return Template(name=name, schema_object=SCHEMA)
    if name == "without":
        return Template(name=name)
    raise LoadTemplateError("Invalid template: gone" if name == "gone" else "it is broken")


@pytest.fixture
def stored(conn: sqlite3.Connection) -> str:
    schema_id, text = make_schema_id(SCHEMA)
    conn.execute("INSERT INTO schemas (id, content) VALUES (?, ?)", (schema_id, text))
    conn.commit()
    return schema_id


@pytest.mark.parametrize("text", [None, ""])
def test_nothing(db: Handle, text: str | None) -> None:
    """Where no schema is given, there is none."""
    assert resolve_schema_input(db, text, load) is None


@pytest.mark.parametrize("text", ["t:with", " t:with "])
def test_template(db: Handle, text: str) -> None:
    """`t:NAME` is the schema of that template."""
    assert resolve_schema(db, text, load) == SCHEMA


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("t:without", r"^Template 'without' has no schema$"),
        ("t:gone", r"^Invalid template: gone$"),
        ("t:broken", r"^Invalid template: broken\nit is broken$"),
    ],
)
def test_template_without_schema(db: Handle, text: str, reason: str) -> None:
    """A template that cannot be loaded or has no schema is an error that names it."""
    with pytest.raises(SchemaSourceError, match=reason):
        resolve_schema(db, text, load)


def test_json(db: Handle) -> None:
    """Text that begins with a brace is JSON; the order of keys stays."""
    found = resolve_schema(db, f"  {json.dumps(SCHEMA)}\n", load)
    assert json.dumps(found) == json.dumps(SCHEMA)


@pytest.mark.parametrize("text", ["{bad", "{bad int, x", "{'a': 1}"])
def test_broken_json(db: Handle, text: str) -> None:
    """Text that begins with a brace and is no JSON is not taken for anything else."""
    with pytest.raises(InvalidSchemaError, match=r"^Invalid schema"):
        resolve_schema(db, text, load)


@pytest.mark.parametrize("text", ["name, age int", "name str", "name,", "name\nage int: in years"])
def test_dsl(db: Handle, text: str) -> None:
    """A space, a comma or a newline makes a text the concise syntax."""
    assert resolve_schema(db, text, load) == schema_dsl(text)


def test_invalid_dsl(db: Handle) -> None:
    """What is wrong with the concise syntax is said as it is."""
    with pytest.raises(InvalidSchemaError, match=r"^Invalid schema DSL: unknown type 'foo'"):
        resolve_schema(db, "name foo", load)


@pytest.mark.parametrize("name", ["s.json", "with space, and comma.json"])
def test_file(db: Handle, folder: Path, name: str) -> None:
    """An existing file is read as JSON, whatever its name looks like."""
    (folder / name).write_text(json.dumps({"é": 1}, ensure_ascii=False), encoding="utf-8")
    assert resolve_schema(db, name, load) == {"é": 1}


@pytest.mark.parametrize("content", [b"{bad", b"[1]", b"5", b"\xff"])
def test_unusable_file(db: Handle, folder: Path, content: bytes) -> None:
    """A file that holds no JSON object is an error that names it."""
    (folder / "s.json").write_bytes(content)
    with pytest.raises(SchemaSourceError, match=r"s\.json"):
        resolve_schema(db, "s.json", load)


def test_stored_schema(db: Handle, stored: str) -> None:
    """The full id of a schema in the log is that schema."""
    assert resolve_schema(db, stored, load) == SCHEMA


@pytest.mark.parametrize("text", ["name", ".", "  ", "nu\0l"])
def test_invalid(db: Handle, folder: Path, stored: str, text: str) -> None:
    """What is none of these is an invalid schema; so are a folder and a part of an id."""
    for one in (text, stored[:8]):
        with pytest.raises(InvalidSchemaError, match=r"^Invalid schema"):
            resolve_schema(db, one, load)


def test_without_database(stored: str) -> None:
    """Without a log database no id is known, and the rest works."""
    assert resolve_schema(None, "a,b", load) == schema_dsl("a,b")
    with pytest.raises(InvalidSchemaError):
        resolve_schema(None, stored, load)


def test_schema_id(db: Handle, stored: str) -> None:
    """The id for the log is that of the schema, or of a list of such objects."""
    assert resolved_schema_id(db, json.dumps(SCHEMA), load) == stored
    assert resolved_schema_id(db, stored, load, multi=True) == make_schema_id(multi_schema(SCHEMA))[0]


def test_click_errors(db: Handle, folder: Path) -> None:
    """`llm.utils.resolve_schema_input` raises usage errors for bad texts and plain ones for bad sources."""
    assert resolve_schema_input(db, "t:with", load) == SCHEMA
    with pytest.raises(click.BadParameter, match=r"^Invalid schema"):
        resolve_schema_input(db, "nope", load)
    with pytest.raises(click.ClickException, match="has no schema") as caught:
        resolve_schema_input(db, "t:without", load)
    assert not isinstance(caught.value, click.UsageError)


def test_pipe_of_a_shell(db: Handle, substitution: Callable[[bytes], str]) -> None:
    """A command may give a schema through a pipe."""
    assert resolve_schema(db, substitution(json.dumps(SCHEMA).encode()), load) == SCHEMA
