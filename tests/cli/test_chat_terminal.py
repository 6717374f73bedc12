"""`llm chat` on a terminal: editing, stopping, completing, and the words that are known only there."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from llm.cli import cli

if sys.platform == "win32":
    pytest.skip("needs pseudo-terminals", allow_module_level=True)

from tests.ptys import Session, running

CHILD = Path(__file__).with_name("chat_child.py")
Start = Callable[..., Session]


@pytest.fixture
def chat() -> Iterator[Start]:
    """Return a function that begins a chat and waits for the question."""
    with ExitStack() as stack:

        def start(*words: str, **arguments: Any) -> Session:
            session = stack.enter_context(running(CHILD, "chat", "-m", "talker", *words, **arguments))
            session.expect("\n>")
            return session

        yield start


def rows() -> list[dict[str, Any]]:
    """What is in the log, oldest first."""
    found: list[dict[str, Any]] = json.loads(CliRunner().invoke(cli, ["logs", "list", "-n", "0", "--json"]).stdout)
    return found


def test_a_chat(chat: Start) -> None:
    """Messages are answered with what was said before in mind; Ctrl-D ends the chat, without an error."""
    session = chat()
    assert session.lines()[0] == "Chatting with talker"
    session.line("hello 中文 🎉")
    session.expect("talker got 1 lines, 10 characters, 1 messages")
    session.line("/nope is text")
    session.expect("talker got 1 lines, 13 characters, 3 messages")
    session.expect_question()
    session.keys(Session.CTRL_D)
    assert session.expect_end() == 0
    assert [row["prompt"] for row in rows()] == ["hello 中文 🎉", "/nope is text"]


def test_ctrl_c_at_the_question(chat: Start) -> None:
    """Ctrl-C at the question is `Aborted!` with exit code 1."""
    session = chat()
    session.keys("half a message", Session.CTRL_C)
    assert session.expect_end() == 1
    assert session.lines()[-1] == "Aborted!"


@pytest.mark.parametrize("words", [(), ("--render",)])
def test_ctrl_c_stops_an_answer(chat: Start, words: tuple[str, ...]) -> None:
    """Ctrl-C during an answer stops it; what came is logged, and the model knows it when the chat goes on."""
    session = chat(*words)
    session.line("endless")
    session.expect("line 30")
    session.keys(Session.CTRL_C)
    session.expect("Stopped. What came so far counts\n>")
    session.line("and now")
    session.expect("talker got 1 lines, 7 characters, 3 messages")
    session.line("quit")
    assert session.expect_end() == 0
    first, second = rows()
    assert first["state"] == "interrupted"
    assert first["response"].startswith("line 0\nline 1\n")
    assert second["conversation_id"] == first["conversation_id"]


def test_failed_turn(chat: Start) -> None:
    """An error of a turn is shown on a line of its own; /retry sends the message again."""
    session = chat()
    session.line("fail")
    session.expect("part\nError: the provider hung up\n>")
    session.line("/retry")
    session.expect("hung up\n> /retry\npart\nError: the provider hung up\n>")


def test_paste(chat: Start) -> None:
    """A paste of 200 lines, blank ones among them, is one message, and not a character of it is lost."""
    session = chat()
    text = "\n".join(f"line {number} 中文 🎉" if number % 7 else "" for number in range(200))
    session.paste(text)
    session.expect("line 199 中文 🎉")
    session.keys(Session.ENTER)
    session.expect(f"talker got 200 lines, {len(text)} characters, 1 messages")
    session.line("quit")
    assert session.expect_end() == 0
    assert rows()[0]["prompt"] == text


def test_several_lines(chat: Start) -> None:
    """Alt-Enter begins a line; !multi collects lines, without a question, until !end."""
    session = chat()
    session.keys("one", Session.ALT_ENTER, "two", Session.ENTER)
    session.expect("talker got 2 lines, 7 characters")
    session.line("!multi")
    for line in ("one", "", "/help", "!end"):
        session.line(line, question="")
    session.expect("talker got 3 lines, 10 characters")
    session.expect_question()  # by then the turn is in the log
    assert rows()[-1]["prompt"] == "one\n\n/help"


def test_history(chat: Start, user_path: Path) -> None:
    """What was entered can be called back, also in the next chat; the file is readable by its owner alone."""
    session = chat()
    session.line("remember me")
    session.expect("talker got")
    session.line("quit")
    assert session.expect_end() == 0
    assert stat.S_IMODE((user_path / "chat_history").stat().st_mode) == 0o600
    again = chat()
    again.keys(Session.UP, Session.UP)
    again.expect("> remember me")


def test_completion(chat: Start, tmp_path: Path) -> None:
    """Tab completes words, models and file names."""
    (tmp_path / "unmistakable.txt").write_text("fragment")
    session = chat()
    session.keys("/mo", Session.TAB)
    session.expect("> /model")
    session.keys(" othe", Session.TAB)
    session.expect("> /model other")
    session.keys(Session.ENTER)
    session.expect("Chatting with other")
    session.expect_question()
    session.keys(f"!fragment {tmp_path}/unmis", Session.TAB)
    session.expect("unmistakable.txt")
    session.keys(Session.ENTER)
    session.expect("other got 1 lines, 8 characters")


def test_words(chat: Start, tmp_path: Path) -> None:
    """The words of a terminal change what the next message is sent with, and to whom."""
    (tmp_path / "note.txt").write_text("hello")
    session = chat(columns=200)
    session.line("/help")
    session.expect("/retry")
    session.line("/system be brief")
    session.line(f"/attach {tmp_path}/note.txt")
    session.expect("Attached to the next message")
    session.line("/tools llm_version")
    session.expect("Tools the model may use: llm_version")
    session.line("one")
    session.expect("talker got 1 lines, 3 characters, 2 messages system=be brief attached=1")
    session.line("/model other")
    session.line("two")
    session.expect("other got 1 lines, 3 characters, 4 messages system=be brief")
    session.line("/undo")
    session.line("three")
    session.expect("other got 1 lines, 5 characters, 4 messages")
    session.line("/retry")
    session.line(f"/save {tmp_path}/saved.md")
    session.expect("Saved to")
    assert (tmp_path / "saved.md").read_text().count("## User") == 2
    session.line("/save")
    session.expect("Error: Name a file")
    session.line("/model nope")
    session.expect("Error: 'Unknown model: nope'")


@pytest.mark.parametrize("words", [(), ("--render",)])
@pytest.mark.parametrize("columns", [80, 200])
def test_escape_sequences(chat: Start, words: tuple[str, ...], columns: int) -> None:
    """Control sequences of a model are shown, not obeyed, whether the text is drawn or not."""
    session = chat(*words, columns=columns)
    session.line(r"say a\x1b[2J\x1b]0;title\x07b")
    session.expect("a\\x1b[2J\\x1b]0;title\\x07b\n>")
    assert b"\x1b]0;title" not in session.written
    assert session.lines()[0] == "Chatting with talker"


def test_rendered_answer(chat: Start) -> None:
    """--render draws the answer; the question begins a line below it."""
    session = chat("--render")
    session.line(r"say # Title\n\n- **one**\n- two\n")
    session.expect("Title\n\n • one\n • two\n>")


def test_resize_while_streaming(chat: Start, tmp_path: Path) -> None:
    """A terminal that gets narrower in the middle of a block loses nothing of what stands above and comes after."""
    session = chat("--render")
    session.line(f"wait {tmp_path}/go")
    session.expect("fills a line")
    session.resize(40, 24)
    (tmp_path / "go").touch()
    session.expect("after all")
    session.line("next")
    session.expect("talker got 1 lines")
    assert "Chatting with talker" in session.lines()[0]
    assert any("before" in line for line in session.lines())


def test_input_or_output_elsewhere() -> None:
    """prompt-toolkit is loaded for a chat on a terminal alone."""
    result = CliRunner().invoke(cli, ["chat", "--help"])
    assert result.exit_code == 0
    code = (
        "import sys; from click.testing import CliRunner; from llm.cli import cli\n"
        "CliRunner().invoke(cli, ['chat', '-m', 'smollm2'], input='quit')\n"
        "assert 'llm.cli.chatting.loop' in sys.modules; assert 'prompt_toolkit' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nobody_reads_the_output_any_more() -> None:
    """When whoever read the output has gone, as `head` does, the chat ends without an error; what came is logged."""
    # A session of its own has no terminal yet, so the child's taking one is what it expects of its standard input.
    master, slave = os.openpty()
    child = subprocess.Popen(
        [sys.executable, str(CHILD), "chat", "-m", "talker"],
        stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    os.write(master, b"endless\n")
    assert child.stdout is not None
    assert "line 5\n" in child.stdout  # which reads up to there
    child.stdout.close()
    assert child.wait() == 0
    assert child.stderr is not None
    assert child.stderr.read() == ""
    child.stderr.close()
    os.close(master)
    os.close(slave)
    (row,) = rows()
    assert row["state"] == "interrupted"
    assert row["response"].startswith("line 0\n")
