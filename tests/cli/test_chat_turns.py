"""The turns of `llm chat`: what they see, what becomes of those that fail, what is logged, and continuing them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.chats import chat, rows, said
from tests.cli.spies import all_asked, asked, run
from tests.store.samples import counts

pytestmark = pytest.mark.usefixtures("chat_models")


def test_history() -> None:
    """Each message is sent with everything before it; all turns are one conversation, named after the first."""
    said("one", "two", "three")
    assert [len(prompt.messages) for prompt in all_asked()] == [1, 3, 5]
    assert {row["conversation_id"] for row in rows()} == {rows()[0]["conversation_id"]}
    assert rows()[-1]["conversation_name"] == "one"


@pytest.mark.parametrize("line", ["fail", "bug"])
def test_failed_turns(line: str) -> None:
    """An error of a turn is one line on stderr; the turn is logged as failed and forgotten, and the chat goes on."""
    result = chat("one", line, "two", "quit", words=("-R",), model="stubborn")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout.endswith(f"> {line}\n3 \n> two\n3 two\n> quit\n")
    assert result.exit_code == 0
    assert [row.get("state") for row in rows()] == [None, "failed", None]


def test_defects_raise_if_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With LLM_RAISE_ERRORS an unexpected error is raised as it is."""
    monkeypatch.setenv("LLM_RAISE_ERRORS", "1")
    assert isinstance(chat("bug", model="stubborn").exception, ZeroDivisionError)
    assert chat("fail", "quit", model="stubborn").exit_code == 0


def test_ctrl_c_during_an_answer() -> None:
    """Without a terminal, Ctrl-C ends the chat as it ends any command; what had come is logged."""
    result = chat("stop", "two", words=("-R",), model="stubborn")
    assert result.stderr.strip() == "Aborted!"
    assert result.exit_code == run("-m", "stubborn", "stop").exit_code != 0
    assert [(row["response"], row["state"]) for row in rows()] == [("1 ", "interrupted")] * 2


def test_the_database_is_there_without_logging(user_path: Path) -> None:
    """A chat that is not logged makes the database with its tables, which stay empty."""
    said("one", words=("-n",))
    with closing(sqlite3.connect(user_path / "logs.db")) as conn:
        assert counts(conn) == {}
        assert conn.execute("SELECT count(*) FROM turns").fetchone() == (0,)


def test_logging_can_be_off() -> None:
    """`logs off` is respected, as are -n and --log, which contradict each other."""
    said("one", words=("-n",))
    run("logs", "off")
    said("two")
    said("three", words=("--log",))
    assert [row["prompt"] for row in rows()] == ["three"]
    both = chat("one", words=("-n", "--log"))
    assert both.exit_code == 1
    assert "--no-log" in both.stderr


def test_other_database(tmp_path: Path, user_path: Path) -> None:
    """-d names the log, from which -c continues too."""
    path = str(tmp_path / "other.db")
    said("one", words=("-d", path))
    said("two", words=("-d", path, "-c"))
    assert len(asked().messages) == 3
    assert not (user_path / "logs.db").exists()


def test_continue() -> None:
    """-c and --cid go on with a conversation, its model and its tools; -T takes the place of these."""
    said("one", words=("-T", "shout"))
    conversation = rows()[0]["conversation_id"]
    run("chat", "-c", "--key", "k", piped="two\nquit\n")
    assert (len(asked().messages), [tool.name for tool in asked().tools]) == (3, ["shout"])
    said("three", words=("--cid", conversation, "-T", "fail"))
    assert (len(asked().messages), [tool.name for tool in asked().tools]) == (5, ["fail"])
    assert {row["conversation_id"] for row in rows()} == {conversation}


def test_tools_of_templates_come_before_restored_ones(user_path: Path) -> None:
    """A template's tools are put in front of those of the continued conversation."""
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text("tools: [fail]\nfunctions: |\n  def own() -> str:\n    return ''\n")
    said("one", words=("-T", "shout"))
    said("two", words=("-c", "-t", "t"))
    assert [tool.name for tool in asked().tools] == ["own", "fail", "shout"]


def test_another_system_prompt_when_continuing() -> None:
    """A new -s on a continued conversation reaches the model as a system message before the new message."""
    said("one", words=("-s", "old"))
    said("two", words=("-c", "-s", "new"))
    assert [message.role for message in asked().messages] == ["system", "user", "assistant", "system", "user"]
