"""`llm logs list`: how entries are written."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from llm.cli.commands.logs import logs_list
from llm.core.messages import assistant, system, user
from llm.store.logstore import LogStore
from tests.cli.log_runs import prompts, run, shown
from tests.store.legacy import insert, legacy_response
from tests.store.samples import chain, turn


def test_markdown(five: LogStore) -> None:
    """Markdown is the default; within a conversation only the first entry names it."""
    assert shown("-n", "2").count("conversation: b id: id") == 2
    text = shown("-c")
    assert text.count("conversation: b id: id3") == 1
    assert text.count("Model: ") == 1
    assert "## Token usage" not in text
    assert shown("-cue").count("## Token usage") == 3


def test_clusters(five: LogStore) -> None:
    """Short options without a value can be written together."""
    assert shown("-cue") == shown("-c", "-u", "-e")
    assert shown("-cs") == shown("-c", "-s")


def test_short(five: LogStore) -> None:
    """`-s` prints one YAML list."""
    assert [entry["prompt"] for entry in yaml.safe_load(shown("-s"))] == ["p3", "p4", "p5"]


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        (("-s", "--json"), "--json"),
        (("--short", "-r"), "--response"),
        (("-s", "--json", "-r"), "--json or --response"),
    ],
)
def test_options_that_exclude_each_other(five: LogStore, arguments: tuple[str, ...], others: str) -> None:
    """`--short` goes with neither `--json` nor `--response`; the error names them."""
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (1, f"Error: Cannot use --short and {others} together\n")


def test_json(store: LogStore) -> None:
    """`--json` prints an array with indent 2 that ends with a newline, `[]` if there is nothing."""
    assert shown("--json") == "[]\n"
    store.log(turn("é", response_json={"a": 1}))
    text = shown("--json")
    assert text == json.dumps(json.loads(text), indent=2) + "\n"
    [row] = json.loads(text)
    assert row["response_json"] == {"a": 1}
    assert list(row)[-1] == "attachments"


def test_truncate(store: LogStore) -> None:
    """`-t` cuts prompts and responses in every form that shows them."""
    store.log(turn("p" * 200, "r" * 200))
    assert prompts("-t") == ["p" * 97 + "..."]
    assert "r" * 97 + "...\n" in shown("-t")


def test_response(five: LogStore) -> None:
    """`-r` prints the last response of the current conversation, or of the one that is named."""
    assert shown("-r") == shown("-n", "0", "-r") == "r5\n"
    assert shown("-r", "--cid", "a") == "r2\n"


def test_response_with_other_filters(five: LogStore) -> None:
    """With other filters `-r` prints the last response that they let through, in whatever conversation it is."""
    five.log(turn("rare", "here", id="id0", thread_id="a", model="rare-model"))
    assert shown("-r", "-m", "rare-model") == "here\n"
    assert shown("-r", "-c", "-m", "rare-model") == ""


def test_no_response(five: LogStore) -> None:
    """If there is nothing to print, nothing is."""
    assert shown("-r", "--cid", "unknown") == ""


def test_code_blocks(store: LogStore) -> None:
    """`-x` prints the first block of the first entry that has one, `--xl` its last; without any, the entries."""
    store.log(turn("p1", "nothing"))
    assert shown("-x").startswith("# ")
    store.log(turn("p2", "```python\n1\n```\n\n```\n2\n```\n"))
    store.log(turn("p3", "```\n3\n```"))
    assert shown("-x") == "1\n\n"
    assert shown("--xl") == shown("-x", "--extract-last") == "2\n\n"
    assert shown("-xr") == "3\n\n"


def test_data(store: LogStore) -> None:
    """Data of structured responses: newest first with `--data`, else oldest first; other responses are skipped."""
    for response in ('{"n": 1}', "no JSON", '{"items": [{"n": 2}, {"n": 3}]}'):
        store.log(turn(response, response))
    assert shown("--data") == '{"items": [{"n": 2}, {"n": 3}]}\n{"n": 1}\n'
    assert shown("--data-key", "items") == '{"n": 1}\n{"n": 2}\n{"n": 3}\n'
    assert shown("--data-array", "--data-key", "items") == '[{"n": 1},\n {"n": 2},\n {"n": 3}]\n'
    assert shown("--data-array", "--cid", "unknown") == "[]\n"
    first, _ = map(json.loads, shown("--data-ids").splitlines())
    assert list(first) == ["n", "response_id", "conversation_id"]


def test_precedence(five: LogStore) -> None:
    """Data goes before JSON, JSON before extraction, that before the response, and any of these before entries."""
    assert shown("--data", "--json", "-r") == ""
    assert shown("--json", "-x", "-r").startswith("[")
    five.log(turn("p6", "```\ncode\n```", id="id6", thread_id="b"))
    assert shown("-x", "-r") == shown("-x", "-s") == "code\n\n"
    assert shown("-x", "-r", "--cid", "a").startswith("# ")
    assert shown("-x", "-s", "--cid", "a").startswith("- model")


def test_expand(store: LogStore) -> None:
    """`-e` shows the content of fragments."""
    store.log(turn(fragments=["the content"]))
    assert "the content" not in shown()
    assert "<details><summary>" in shown("-e")
    assert "the content" in shown("-e")


# Damage


def test_damaged_rows(five: LogStore) -> None:
    """Rows with gaps and damaged texts are listed with placeholders, in every form."""
    conn = five.db.conn
    legacy_response(conn, "id6", response=None, datetime_utc=None, options_json="{broken", duration_ms=None)
    insert(conn, "responses", id="id7")
    insert(conn, "attachments", id="bytes", content=b"x")
    insert(conn, "tool_results", id=1, response_id="id7", name=None, output=None)
    insert(conn, "tool_results_attachments", tool_result_id=1, attachment_id="bytes", order=0)
    insert(conn, "tool_calls", id=1, response_id="id7", arguments="{broken")
    insert(conn, "prompt_attachments", response_id="id7", attachment_id="gone", order=0)
    conn.execute("DELETE FROM messages WHERE hash IN (SELECT tip_message_hash FROM turns WHERE id = 'id5')")
    conn.commit()
    forms = (
        (),
        ("-s", "-u"),
        ("--json",),
        ("-ute",),
        ("-x",),
        ("--data",),
        ("--data-ids", "--data-array"),
        ("-t", "--json"),
    )
    for form in forms:
        shown("-n", "0", *form)
    assert shown("-r", "--cid", "b").startswith("[message b2:")
    assert len(prompts("-n", "0")) == 7


# Output


def test_control_characters(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets control characters in words."""
    store.log(turn("hello", "\x1b[2Jcleared\x07\ttab\n"))
    assert "\x07" in shown("-r")
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)
    assert shown("-r") == "\\x1b[2Jcleared\\x07\ttab\n\n"
    assert "\x1b" not in shown()


def test_reader_that_goes_away(store: LogStore, user_path: Path) -> None:
    """`llm logs | head` ends without a message."""
    for _ in range(30):
        store.log(turn("x" * 10_000))
    code = "from llm.cli.commands.logs import logs; logs()"
    command = [sys.executable, "-c", code, "-n", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert "Traceback" not in errors
    assert "log database" not in errors


# Programs


def test_invoked_by_plugins(five: LogStore, tmp_path: Path) -> None:
    """Other commands invoke the listing by the names of its parameters, and leave out the others."""
    path = str(Path(five.db.conn.execute("PRAGMA database_list").fetchone()[2]))

    @click.command()
    @click.pass_context
    def other(context: click.Context) -> None:
        context.invoke(logs_list, count=2, database=path, id_gte="id2", json_output=True)

    result = CliRunner().invoke(other)
    assert [row["id"] for row in json.loads(result.stdout)] == ["id4", "id5"]


def test_names_of_parameters() -> None:
    """The parameters that other programs use have their names."""
    names = {parameter.name for parameter in logs_list.params}
    assert {"count", "database", "id_gt", "id_gte", "json_output"} <= names


def test_system_prompts(store: LogStore) -> None:
    """The system prompt of a conversation is shown once."""
    history: list[Any] = [system("be brief")]
    for number in range(3):
        history.append(user(f"q{number}"))
        store.log(turn(thread_id="t", input=chain(*history), output=(assistant("a"),)))
        history.append(assistant("a"))
    assert shown("-c").count("## System\n\nbe brief\n\n") == 1


def test_log_in_use(five: LogStore) -> None:
    """Somebody who is writing does not keep others from reading."""
    five.db.conn.execute("BEGIN IMMEDIATE")
    insert_uncommitted = "UPDATE turns SET model = 'changed'"
    five.db.conn.execute(insert_uncommitted)
    try:
        assert prompts("-n", "1") == ["p5"]
    finally:
        five.db.conn.execute("ROLLBACK")


def test_old_file_stays_old(tmp_path: Path) -> None:
    """A file from before any table of today is listed as empty, whatever its old table holds, and left as it is."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute(
            "CREATE TABLE log (provider TEXT, system TEXT, prompt TEXT, response TEXT, model TEXT, timestamp TEXT)"
        )
        conn.execute("INSERT INTO log VALUES ('openai', 's', 'p', 'r', 'm', '2023-01-01')")
        conn.commit()
    before = path.read_bytes()
    assert shown("-d", str(path)) == ""
    assert path.read_bytes() == before
