from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llm.cli.commands.schemas import schemas
from llm.store.database import open_log_database
from tests.cli.reporting import reporting

reporting(schemas)

DOGS = {
    "type": "object",
    "properties": {
        "a_b": {"type": "string"},
        "dogs": {"type": "array", "items": {"type": "object", "properties": {"x": {}}}},
    },
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(schemas, arguments)


@pytest.fixture
def log(user_path: Path) -> Iterator[sqlite3.Connection]:
    """The user's log with some schemas; `dogs` was used in both generations of tables, `unused` never."""
    with closing(open_log_database(user_path / "logs.db")) as conn:
        for schema_id, content in {"dogs": DOGS, "text": {"type": "string"}, "any": {}, "unused": {"a": 1}}.items():
            text = json.dumps(content, separators=(",", ":"))
            conn.execute("INSERT INTO schemas (id, content) VALUES (?, ?)", (schema_id, text))
        _use(conn, "responses", "r1", "dogs", "2025-01-01T00:00:00")
        _use(conn, "responses", "r2", "dogs", "2025-01-02T00:00:00")
        _use(conn, "turns", "r2", "dogs", "2025-01-02T00:00:00")
        _use(conn, "turns", "t3", "dogs", "2025-01-03T00:00:00.123+00:00")
        _use(conn, "responses", "r3", "text", "2025-01-01T00:00:00")
        _use(conn, "turns", "t4", "any", "2025-01-01T00:00:00")
        conn.commit()
        yield conn


def _use(conn: sqlite3.Connection, table: str, row_id: str, schema_id: str, at: str) -> None:
    conn.execute(f"INSERT INTO {table} (id, schema_id, datetime_utc) VALUES (?, ?, ?)", (row_id, schema_id, at))


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_list(arguments: tuple[str, ...]) -> None:
    """Used schemas by last use, then by id; uses of both generations are counted together, each id once.

    The time is shown as it is stored, one use as `1 time`, and an empty summary as four spaces.
    """
    assert run(*arguments).output == (
        "- id: any\n  summary: |\n    \n  usage: |\n    1 time, most recently 2025-01-01T00:00:00\n"
        "- id: text\n  summary: |\n    \n  usage: |\n    1 time, most recently 2025-01-01T00:00:00\n"
        "- id: dogs\n  summary: |\n    {a_b, dogs: [{x}]}\n  usage: |\n"
        "    3 times, most recently 2025-01-03T00:00:00.123+00:00\n"
    )


@pytest.mark.usefixtures("log")
def test_full() -> None:
    """The whole schema takes the place of the summary."""
    assert run("--full", "-q", '"string"}', "-q", "{").output.startswith("- id: text\n")
    assert run("--full", "-q", "string", "-q", ":").output.startswith(
        '- id: text\n  schema: |\n    {\n      "type": "string"\n    }\n  usage: |\n    1 time,'
    )


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("queries", "ids"),
    [
        (("a_b",), ["dogs"]),
        (("A_B", "items"), ["dogs"]),
        (("%",), []),
        (("d_gs",), []),
        (("string",), ["text", "dogs"]),
        (("string", "nope"), []),
    ],
)
def test_query(queries: tuple[str, ...], ids: list[str]) -> None:
    """Each query has to occur in the JSON text as it is, case aside."""
    result = run("--json", *(word for query in queries for word in ("-q", query)))
    assert [row["id"] for row in json.loads(result.output)] == ids


@pytest.mark.usefixtures("log")
def test_json() -> None:
    """An indented array, or with --nl one compact object a line, also with both."""
    rows: list[dict[str, Any]] = [
        {"id": "text", "content": {"type": "string"}, "recently_used": "2025-01-01T00:00:00", "times_used": 1}
    ]
    query = ("-q", '{"type":"string"}')
    expected = json.dumps(rows, indent=2) + "\n"
    assert json.loads(run("--json", *query).output)[0] == rows[0]
    assert run("--json", "-q", "nope").output == "[]\n"
    assert run("--nl", "-q", "nope").output == ""
    lines = run("--nl").output.splitlines()
    assert lines[1] == json.dumps(rows[0])
    assert run("--nl", "--json").output.splitlines() == lines
    assert expected[2:-3] in run("--json").output


def test_no_database(user_path: Path) -> None:
    """Without a log there is an error that names the path, and no file is made."""
    for arguments in ((), ("show", "x")):
        result = run(*arguments)
        assert (result.exit_code, result.stderr) == (1, f"Error: No log database found at {user_path / 'logs.db'}\n")
    assert not (user_path / "logs.db").exists()


@pytest.mark.parametrize("option", ["-d", "-p", "--database", "--path"])
def test_given_database(tmp_path: Path, option: str) -> None:
    """Another database can be named, and has to exist."""
    path = tmp_path / "other.db"
    assert run("list", option, str(path)).exit_code == 2
    with closing(open_log_database(path)) as conn:
        conn.execute("INSERT INTO schemas (id, content) VALUES ('s', '{}')")
        conn.commit()
    assert run("list", option, str(path)).exit_code == 0
    assert run("show", "s", option, str(path)).output == "{}\n"


def test_old_name_of_the_option(tmp_path: Path) -> None:
    """--path is the old name of --database and wins over it; help does not show it."""
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    for path in (old, new):
        with closing(open_log_database(path)) as conn:
            conn.execute("INSERT INTO schemas (id, content) VALUES (?, '{}')", (path.stem,))
            conn.commit()
    for options in (("-p", str(old), "-d", str(new)), ("-d", str(new), "-p", str(old))):
        assert run("show", "old", *options).output == "{}\n"
        assert run("show", "new", *options).exit_code == 1
    assert "--path" not in run("list", "--help").output


def test_outdated_log(user_path: Path) -> None:
    """A log of an older version is brought up to date before it is read."""
    (user_path / "logs.db").touch()
    assert (run().output, run().exit_code) == ("", 0)
    with closing(sqlite3.connect(user_path / "logs.db")) as conn:
        assert conn.execute("SELECT count(*) FROM turns").fetchone() == (0,)


@pytest.mark.usefixtures("log")
def test_show() -> None:
    """Any schema of the table by its full id, also one that was never used."""
    assert run("show", "dogs").output == json.dumps(DOGS, indent=2) + "\n"
    assert run("show", "unused").output == '{\n  "a": 1\n}\n'
    result = run("show", "dog")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Error: Invalid schema ID" in result.stderr


def test_dsl() -> None:
    """The JSON schema for the concise syntax, of one object or of a list."""
    schema = {"type": "object", "properties": {"a": {"type": "integer", "description": "é"}}, "required": ["a"]}
    assert run("dsl", "a int: é").output == json.dumps(schema, indent=2) + "\n"
    assert json.loads(run("dsl", "a int: é", "--multi").output)["properties"]["items"]["items"] == schema


def test_bad_dsl() -> None:
    """What is wrong with it is told, with exit code 1."""
    result = run("dsl", "a foo")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Invalid schema DSL: unknown type 'foo'")
