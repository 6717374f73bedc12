"""`llm logs list`: which entries of which log."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from llm.core.errors import UnknownModelError
from llm.core.messages import assistant, tool_message, user
from llm.core.parts import ToolResultPart
from llm.core.schemas import multi_schema, schema_dsl
from llm.store.database import Handle, open_log_database
from llm.store.logstore import LogStore
from tests.cli.log_runs import prompts, run, shown
from tests.store.legacy import insert
from tests.store.samples import chain, turn

# Which entries


def test_newest_three_by_default(five: LogStore) -> None:
    """Three entries, oldest first; `llm logs` alone is `llm logs list`."""
    assert prompts() == prompts("list") == ["p3", "p4", "p5"]


@pytest.mark.parametrize(("count", "expected"), [("1", 1), ("4", 4), ("0", 5), ("-1", 5)])
def test_count(five: LogStore, count: str, expected: int) -> None:
    """`-n` shows so many of the newest, and all for 0 and less."""
    assert prompts("-n", count) == ["p1", "p2", "p3", "p4", "p5"][-expected:]


def test_conversations(five: LogStore) -> None:
    """A selected conversation is shown whole, unless a count is given; `-c` goes before `--cid`."""
    five.log(turn("p6", id="id6", thread_id="b"))
    assert prompts("-c") == ["p3", "p4", "p5", "p6"]
    assert prompts("-c", "-n", "2") == ["p5", "p6"]
    assert prompts("--cid", "a") == prompts("--conversation", "a") == ["p1", "p2"]
    assert prompts("-c", "--cid", "a") == ["p3", "p4", "p5", "p6"]
    assert shown("--cid", "unknown") == ""


def test_current_conversation_is_the_one_used_last(five: LogStore) -> None:
    """An older conversation that was continued is the current one."""
    five.log(turn("again", id="id9", thread_id="a"))
    assert prompts("-c") == ["p1", "p2", "again"]


@pytest.mark.parametrize("option", ["-c", "-r"])
def test_no_current_conversation(store: LogStore, option: str) -> None:
    """In an empty log there is no current conversation."""
    result = run(option)
    assert (result.exit_code, result.stderr) == (1, "Error: No conversations found\n")


def test_ids(five: LogStore) -> None:
    """`--id-gt` and `--id-gte` compare ids."""
    assert prompts("--id-gt", "id3") == ["p4", "p5"]
    assert prompts("--id-gte", "id3") == ["p3", "p4", "p5"]


def test_models(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-m` takes an alias; a name that no model has is taken as it is."""

    def get_model(name: str) -> object:
        if name != "alias":
            raise UnknownModelError(name)
        return SimpleNamespace(model_id="full-name")

    monkeypatch.setattr("llm.get_model", get_model)
    store.log(turn("p1", model="full-name"))
    store.log(turn("p2", model="gone"))
    store.log(turn("p3", model="x", resolved_model="full-name"))
    assert prompts("-m", "alias") == ["p1", "p3"]
    assert prompts("--model", "gone") == ["p2"]


def test_search(store: LogStore) -> None:
    """With `-q` the best match comes first, with `-l` the newest; an empty query is none."""
    store.log(turn("needle", id="1"))
    store.log(turn("something", "some needle in a haystack of many words", id="2"))
    store.log(turn("else", id="3"))
    assert prompts("-q", "needle") == ["needle", "something"]
    assert prompts("-q", "needle", "-l") == ["something", "needle"]
    assert prompts("-q", "") == prompts("-l") == ["needle", "something", "else"]


def test_words_with_punctuation(store: LogStore) -> None:
    """Words that FTS5 takes for syntax are searched for as words."""
    store.log(turn("about httpx-retries"))
    assert prompts("-q", "httpx-retries") == ["about httpx-retries"]


def test_invalid_query(store: LogStore) -> None:
    """A query that is no query is one line of error with SQLite's reason and where to read on."""
    result = run("-q", 'unbalanced"quote')
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Invalid search query: unterminated string")
    assert "sqlite.org/fts5" in result.stderr
    assert result.stderr.count("\n") == 1


def test_tools(store: LogStore) -> None:
    """`-T` wants results of all named tools, `--tools` of any."""
    results = [tool_message(ToolResultPart("one", "x", "c1"), ToolResultPart("two", "x", "c2"))]
    store.log(turn(input=chain(*results, user("p1"))))
    store.log(turn(input=chain(*results[:1], assistant("a"), tool_message(ToolResultPart("one", "x")), user("p2"))))
    store.log(turn("p3"))
    assert prompts("--tools") == prompts("-T", "one") == ["p1", "p2"]
    assert prompts("-T", "one", "--tool", "two") == ["p1"]


def test_fragments(store: LogStore) -> None:
    """`-f` takes aliases and hashes of stored fragments, all of which must have been used."""
    store.log(turn("p1", fragments=["alpha", "beta"]))
    store.log(turn("p2", system_fragments=["alpha"]))
    [(number, digest)] = store.db.conn.execute("SELECT id, hash FROM fragments WHERE content = 'alpha'")
    insert(store.db.conn, "fragment_aliases", alias="short", fragment_id=number)
    [(beta,)] = store.db.conn.execute("SELECT hash FROM fragments WHERE content = 'beta'")
    assert prompts("-f", "short") == prompts("--fragment", digest) == ["p1", "p2"]
    assert prompts("-f", "short", "-f", beta) == ["p1"]


def test_fragments_of_another_database(five: LogStore, tmp_path: Path) -> None:
    """With `-d`, aliases are those of that database."""
    path = tmp_path / "other.db"
    with closing(open_log_database(path)) as conn:
        LogStore(Handle(conn)).log(turn("p1", fragments=["alpha"]))
        insert(conn, "fragment_aliases", alias="there", fragment_id=1)
    assert prompts("-d", str(path), "-f", "there") == ["p1"]
    assert run("-f", "there").exit_code == 1


def test_fragments_that_are_files(store: LogStore, tmp_path: Path) -> None:
    """`-f` takes what it takes on a prompt: a file stands for its content."""
    store.log(turn("p1", fragments=["alpha"]))
    (tmp_path / "document").write_text("alpha")
    assert prompts("-f", str(tmp_path / "document")) == ["p1"]


def test_unknown_fragment(store: LogStore) -> None:
    """A fragment that cannot be found is one line of error."""
    result = run("-f", "nowhere")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Fragment 'nowhere' not found")
    assert result.stderr.count("\n") == 1


def test_schemas(store: LogStore, tmp_path: Path) -> None:
    """A schema is given as JSON, as DSL, as a file or by its id; `--schema-multi` wraps it in a list and wins."""
    one, many = schema_dsl("name, age int"), multi_schema(schema_dsl("name, age int"))
    store.log(turn("p1", schema=one))
    store.log(turn("p2", schema=many))
    store.log(turn("p3"))
    (tmp_path / "schema.json").write_text(json.dumps(one))
    [(schema_id,)] = store.db.conn.execute("SELECT schema_id FROM turns ORDER BY id LIMIT 1")
    for given in (json.dumps(one), "name, age int", "name\nage int", str(tmp_path / "schema.json"), schema_id):
        assert prompts("--schema", given) == ["p1"]
        assert prompts("--schema", "other, thing", "--schema-multi", given) == ["p2"]
    assert prompts("--schema", "never, used") == []


def test_schema_of_a_template(store: LogStore, user_path: Path) -> None:
    """`t:NAME` is the schema of a template; an unknown template is an error, not one of usage."""
    store.log(turn("p1", schema={"type": "object"}))
    (user_path / "templates").mkdir()
    (user_path / "templates" / "structured.yaml").write_text("schema_object:\n  type: object\n")
    assert prompts("--schema", "t:structured") == ["p1"]
    result = run("--schema", "t:unknown")
    assert result.exit_code == 1
    assert "unknown" in result.stderr


@pytest.mark.parametrize("schema", ["nowhere", "{broken", "name colour", "[1]"])
def test_invalid_schema(store: LogStore, schema: str) -> None:
    """A schema that cannot be understood is a usage error."""
    result = run("--schema", schema)
    assert result.exit_code == 2
    assert "Error: Invalid value: Invalid schema" in result.stderr


def test_file_without_a_schema(store: LogStore, tmp_path: Path) -> None:
    """A file that holds no JSON object is an error that names it."""
    for content in (b"not JSON", b"[1]", b"\xff\xfe\xff"):
        (tmp_path / "s.json").write_bytes(content)
        result = run("--schema", str(tmp_path / "s.json"))
        assert result.exit_code == 1
        assert "s.json" in result.stderr


# Databases


def test_other_databases(five: LogStore, tmp_path: Path) -> None:
    """`-d` and its old name `-p` name another file; the old name wins."""
    for name in ("d", "p"):
        with closing(open_log_database(tmp_path / name)) as conn:
            LogStore(Handle(conn)).log(turn(name))
    assert prompts("-d", str(tmp_path / "d")) == prompts("--database", str(tmp_path / "d")) == ["d"]
    assert prompts("-p", str(tmp_path / "p"), "-d", str(tmp_path / "d")) == ["p"]
    assert prompts("--path", str(tmp_path / "p")) == ["p"]
    assert "--path" not in shown("list", "--help")


def test_missing_databases(user_path: Path, tmp_path: Path) -> None:
    """A missing log is an error that names it, a missing file after `-d` a usage error; neither is created."""
    result = run()
    assert result.exit_code == 1
    assert str(user_path / "logs.db") in result.stderr
    assert run("-d", str(tmp_path / "nowhere.db")).exit_code == 2
    assert not (user_path / "logs.db").exists()
    assert not (tmp_path / "nowhere.db").exists()


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """A file that is no database is one line of error."""
    path = tmp_path / "text"
    path.write_text("x" * 5000)
    result = run("-d", str(path))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert str(path) in result.stderr


def test_looking_changes_nothing(five: LogStore, user_path: Path) -> None:
    """A log that is up to date can be read where it cannot be written."""
    five.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (user_path / "logs.db").read_bytes()
    shown("--json", "-n", "0")
    assert (user_path / "logs.db").read_bytes() == before
