"""`llm prompt`: what goes to the model, what is shown where, and what ends up in the log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import llm.plugins
from llm.cli import cli
from tests.cli.models import ScriptedModels


@pytest.fixture(autouse=True)
def _scripted_models() -> Iterator[None]:
    llm.plugins.load_plugins()
    plugin = ScriptedModels()
    llm.plugins.pm.register(plugin)
    yield
    llm.plugins.pm.unregister(plugin)


def run(*words: str, piped: str | None = None) -> Result:
    """Run `llm` with these words."""
    return CliRunner().invoke(cli, list(words), input=piped)


def turns(path: Path) -> list[tuple[str, str]]:
    """The model and thread of each logged turn, oldest first."""
    with sqlite3.connect(path / "logs.db") as conn:
        return conn.execute("SELECT model, thread_id FROM turns ORDER BY id").fetchall()


def test_answer_and_reasoning() -> None:
    """Text goes to stdout and ends with a newline, reasoning goes to stderr and ends before the text."""
    result = run("-m", "echo", "hello world")
    assert result.stdout == "hello world [1]\n"
    assert result.stderr == "thinking\n"
    assert result.exit_code == 0


def test_hidden_reasoning() -> None:
    """-R shows no reasoning, and nothing else appears on stderr when all is well."""
    assert run("-m", "echo", "-R", "hello").stderr == ""


@pytest.mark.parametrize("words", [("prompt", "hi", "-m", "e"), ("-m", "e", "hi"), ("hi", "-m", "e")])
def test_default_command(words: tuple[str, ...]) -> None:
    """`prompt` is the default command, an alias names a model, and options and argument come in any order."""
    assert run(*words).stdout == "hi [1]\n"


def test_no_stream() -> None:
    """Without streaming the whole text is shown, and no reasoning."""
    result = run("-m", "echo", "--no-stream", "hello")
    assert (result.stdout, result.stderr) == ("hello [1]\n", "")


def test_system_prompt() -> None:
    """-s gives the system prompt, which is the first message of the chain."""
    assert run("-m", "echo", "-s", "be brief", "hello").stdout == "(be brief) hello [2]\n"


def test_piped_text_comes_first(user_path: Path) -> None:
    """Piped text is put in front of the argument, joined by one space and otherwise unchanged."""
    run("-m", "echo", "question", piped="line\n")
    rows = json.loads(run("logs", "--json").stdout)
    assert rows[0]["prompt"] == "line\n question"
    assert run("-m", "echo", piped="alone").stdout == "alone [1]\n"


def test_logging(user_path: Path) -> None:
    """A prompt is logged with its model; -n keeps it out, `logs off` too, and --log brings it back."""
    run("-m", "echo", "one")
    run("-m", "echo", "-n", "two")
    run("logs", "off")
    run("-m", "echo", "three")
    run("-m", "echo", "--log", "four")
    prompts = [row["prompt"] for row in json.loads(run("logs", "list", "--json").stdout)]
    assert prompts == ["one", "four"]


def test_log_and_no_log_contradict() -> None:
    """--log with -n is an error that names both."""
    result = run("-m", "echo", "--log", "-n", "x")
    assert result.exit_code == 1
    assert "--log" in result.stderr
    assert "--no-log" in result.stderr


def test_nothing_is_logged_but_the_database_is_there(user_path: Path, tmp_path: Path) -> None:
    """With -n the database is created with its tables, which stay empty, that of fragments too."""
    (tmp_path / "f.txt").write_text("a fragment")
    assert run("-m", "echo", "-n", "-f", str(tmp_path / "f.txt"), "x").exit_code == 0
    with sqlite3.connect(user_path / "logs.db") as conn:
        tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counts = {name: conn.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
    assert {"turns", "messages", "responses", "fragments", "schemas"} <= set(tables)
    assert [name for name, count in counts.items() if count and "_fts_" not in name] == ["_llm_migrations"]


def test_other_database(tmp_path: Path, user_path: Path) -> None:
    """-d logs to another file, whose folders are created."""
    path = tmp_path / "deep" / "other.db"
    run("-m", "echo", "-d", str(path), "x")
    with sqlite3.connect(path) as conn:
        assert conn.execute("SELECT count(*) FROM turns").fetchone() == (1,)
    assert not (user_path / "logs.db").exists()


def test_continue(user_path: Path) -> None:
    """-c continues the latest conversation with its model, --cid a certain one; the model sees the earlier turns."""
    run("-m", "echo", "first")
    ((_, thread),) = turns(user_path)
    run("-m", "echo", "another conversation")
    assert run("--cid", thread, "second").stdout == "second [3]\n"
    assert run("-c", "third").stdout == "third [5]\n"
    assert [found for _, found in turns(user_path)].count(thread) == 3


def test_another_system_prompt_when_continuing(user_path: Path) -> None:
    """A new -s on a continued conversation reaches the model before the new prompt, and the log; the same one is not
    repeated."""
    run("-m", "echo", "-s", "old", "first")
    assert run("-c", "-s", "old", "second").stdout == "(old) second [4]\n"
    assert run("-c", "-s", "new", "third").stdout == "(new) third [7]\n"
    assert run("-c", "fourth").stdout == "fourth [9]\n"
    with sqlite3.connect(user_path / "logs.db") as conn:
        said = conn.execute(
            "SELECT text FROM parts JOIN messages ON hash = message_hash WHERE role = 'system' ORDER BY messages.rowid"
        ).fetchall()
    assert said == [("old",), ("new",)]


def test_continue_nothing() -> None:
    """-c with an empty log starts a conversation."""
    assert run("-c", "-m", "echo", "x").stdout == "x [1]\n"


def test_continue_unknown() -> None:
    """--cid with an unknown id is an error that names it."""
    result = run("--cid", "nope", "-m", "echo", "x")
    assert result.exit_code == 1
    assert "nope" in result.stderr


def test_options() -> None:
    """-o is validated by the model, logged as validated; problems are shown per option."""
    run("-m", "echo", "-o", "n", "3", "x")
    assert json.loads(run("logs", "--json").stdout)[0]["options_json"] == {"n": 3}
    result = run("-m", "echo", "-o", "n", "many", "-o", "z", "1", "x")
    assert result.exit_code == 1
    assert "Error: n\n  Input should be a valid integer" in result.stderr
    assert "z\n  Extra inputs are not permitted" in result.stderr


def test_stored_options() -> None:
    """Options stored for a model apply to its prompts, below those of the command line, also through an alias."""
    run("models", "options", "set", "echo", "n", "7")
    run("-m", "e", "x")
    run("-m", "e", "-o", "n", "8", "x")
    rows = json.loads(run("logs", "--json").stdout)
    assert [row["options_json"] for row in rows] == [{"n": 7}, {"n": 8}]


def test_usage() -> None:
    """-u shows the token counts on stderr."""
    assert run("-m", "echo", "-R", "-u", "x").stderr == 'Token usage: 1,234 input, 5 output, {"cached": 2}\n'


def test_async() -> None:
    """--async runs the async variant, with the same output and log."""
    result = run("-m", "echo", "--async", "hello")
    assert (result.stdout, result.stderr) == ("hello [1]\n", "thinking\n")
    assert json.loads(run("logs", "--json").stdout)[0]["response"] == "hello [1]"


def test_unknown_model() -> None:
    """An unknown model gives exactly this line, which programs compare."""
    result = run("-m", "nope", "x")
    assert (result.exit_code, result.stderr, result.stdout) == (1, "Error: 'Unknown model: nope'\n", "")


def test_model_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """LLM_MODEL names the model where -m does not."""
    monkeypatch.setenv("LLM_MODEL", "echo")
    assert run("x").stdout == "x [1]\n"


def test_provider_errors() -> None:
    """What was streamed stays, the error is one line, the exit code 1, and the original exception is its context."""
    result = run("-m", "failing", "x")
    assert result.stdout == "partial "
    assert result.stderr == "Error: the provider hung up\n"
    assert result.exit_code == 1


def test_what_came_before_an_error_is_logged(user_path: Path) -> None:
    """A turn that broke off is in the log with what it had said, marked as failed, with the error."""
    run("-m", "failing", "x")
    (row,) = json.loads(run("logs", "list", "--json").stdout)
    assert (row["prompt"], row["response"], row["state"]) == ("x", "partial ", "failed")
    assert "the provider hung up" in row["error"]
    assert run("-c", "-m", "echo", "again").stdout == "again [3]\n"


def test_missing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A named model without its key is an error that says how to set it; no other model takes its place."""
    result = run("-m", "gpt-4o-mini", "x")
    assert result.exit_code == 1
    assert "llm keys set openai" in result.stderr
    assert "OPENAI_API_KEY" in result.stderr


def test_unwritable_user_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user directory that cannot be made is one line that names it."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path / "file" / "below"))
    result = run("-m", "echo", "x")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(tmp_path / "file" / "below") in result.stderr


def test_damaged_keys_file(user_path: Path) -> None:
    """A damaged keys.json is one line that names the file."""
    (user_path / "keys.json").write_text("{")
    result = run("-m", "gpt-4o-mini", "x")
    assert result.exit_code == 1
    assert str(user_path / "keys.json") in result.stderr
    assert "Traceback" not in result.stderr


def test_damaged_database(user_path: Path) -> None:
    """A damaged log stops a prompt that is to be logged, and is a warning for one that is not."""
    (user_path / "logs.db").write_bytes(b"not a database at all, but long enough to look at" * 100)
    result = run("-m", "echo", "x")
    assert result.exit_code == 1
    assert "logs.db" in result.stderr
    kept = run("-m", "echo", "-n", "x")
    assert kept.stdout == "x [1]\n"
    assert "logs.db" in kept.stderr


def test_locked_database(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that somebody has locked for too long stops a prompt that is to be logged, and listings, with an error that
    names it, and is a warning for a prompt that is not."""
    run("-m", "echo", "first")
    monkeypatch.setattr("llm.store.connection.BUSY_SECONDS", 0.0)
    with closing(sqlite3.connect(user_path / "logs.db")) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        for words in (("-m", "echo", "x"), ("logs",)):
            result = run(*words)
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
            assert result.stderr.startswith(
                f"Error: Cannot use the database {user_path / 'logs.db'}: database is locked"
            )
        kept = run("-m", "echo", "-n", "x")
        assert (kept.exit_code, kept.stdout) == (0, "x [1]\n")
        assert kept.stderr.startswith(f"Warning: Cannot use the database {user_path / 'logs.db'}")
    assert [len(turns(user_path)), run("logs").exit_code] == [1, 0]


@pytest.mark.parametrize("needed", [("-c",), ("--cid", "x"), ("-f", "an-alias"), ("--schema", "9a8ed2c9b17203f6")])
def test_damaged_database_that_is_needed(user_path: Path, needed: tuple[str, ...]) -> None:
    """What is to come from a damaged log is an error also for a prompt that is not to be logged."""
    (user_path / "logs.db").write_bytes(b"not a database at all, but long enough to look at" * 100)
    result = run("-m", "echo", "-n", *needed, "x")
    assert result.exit_code != 0
    assert "logs.db" in result.stderr
    assert result.stdout == ""


def test_logging_off_creates_the_database(user_path: Path) -> None:
    """With logging off the database is created before the model is asked, with its tables, which stay empty."""
    run("logs", "off")
    run("-m", "echo", "x")
    assert turns(user_path) == []
