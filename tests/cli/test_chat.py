"""What is entered in `llm chat` through a pipe: messages, words that are none, fragments, texts of an editor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli.chats import START, chat, rows, said
from tests.cli.spies import all_asked, run

pytestmark = pytest.mark.usefixtures("chat_models")


def test_transcript() -> None:
    """The output is the banner, then per turn the question, the answer and a newline, and nothing else anywhere."""
    result = chat("one", "", "two", "quit")
    assert result.stdout == f"{START}> one\nanswer to one\n> \n> two\nanswer to two\n> quit\n"
    assert (result.stderr, result.exit_code) == ("", 0)


def test_banner() -> None:
    """Five lines: the model, how to end, and the words !multi with !end, !edit and !fragment."""
    lines = START.splitlines()
    assert lines[0] == "Chatting with spy"
    for line, words in zip(lines[1:], (("exit", "quit"), ("!multi", "!end"), ("!edit",), ("!fragment",)), strict=True):
        assert all(f"'{word}" in line for word in words)


@pytest.mark.parametrize("word", ["exit", "quit", " quit"])
def test_farewells(word: str) -> None:
    """`exit` and `quit` end the chat with success; in another case they are messages."""
    result = chat("EXIT", word)
    assert result.stdout == f"{START}> EXIT\nanswer to EXIT\n> {word}\n"
    assert result.exit_code == 0


def test_end_of_input() -> None:
    """The end of input at the question is `Aborted!` with exit code 1; what was said is logged."""
    result = chat("one")
    assert (result.stderr, result.exit_code) == ("Aborted!\n", 1)
    assert [row["prompt"] for row in rows()] == ["one"]


def test_ctrl_c_at_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at the question is `Aborted!` with exit code 1."""

    def interrupted(*_: Any, **__: Any) -> str:
        raise click.Abort

    monkeypatch.setattr(click, "prompt", interrupted)
    result = chat("one")
    assert (result.stderr, result.exit_code) == ("Aborted!\n", 1)


def test_words_of_terminals_are_text() -> None:
    """Without a terminal, lines that begin with a slash are messages."""
    assert said("/help") == "> /help\nanswer to /help\n"


def test_collected_message() -> None:
    """Between !multi and !end there is no question; blank lines, quit and !multi are text; then the message is sent."""
    out = said("!multi", "one", "", "  quit", "!multi", "!end")
    assert out == "> !multi\none\n\n  quit\n!multi\n!end\nanswer to one\n\n  quit\n!multi\n"


def test_end_token() -> None:
    """Words behind !multi make the end token, for this message alone."""
    said("!multi a b", "one", "!end", "!end a b", "!multi", "two", "!end")
    assert [prompt.prompt for prompt in all_asked()] == ["one\n!end", "two"]


def test_system_and_fragments_come_first(tmp_path: Path) -> None:
    """-s, --sf, -f and attachments of loaders go with the first message only."""
    (tmp_path / "f").write_text("fragment")
    words = ("-s", "be brief", "--sf", str(tmp_path / "f"), "-f", str(tmp_path / "f"), "-f", "pic:x")
    said("one", "two", words=words)
    first, second = all_asked()
    assert (first.prompt, first.system, len(first.attachments)) == ("fragment\none", "fragment\n\nbe brief", 1)
    assert (second.prompt, second.system or "", second.attachments) == ("two", "", [])
    assert [message.role for message in second.messages] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize("first", ["!multi\n!fragment nope\none\n!end", "!fragment nope\none", "!edit\none"])
def test_first_fragments_wait_for_a_message(first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """-f goes with the first message that is sent, whatever was entered before."""
    monkeypatch.setattr(click, "edit", lambda *_, **__: None)
    (tmp_path / "f").write_text("fragment")
    result = chat(first, "quit", words=("-f", str(tmp_path / "f")))
    assert [prompt.prompt for prompt in all_asked()] == ["fragment\none"]
    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1


def test_fragments_of_a_message(tmp_path: Path) -> None:
    """!fragment sends fragments and attachments at once, with no text; within !multi they go with the message."""
    (tmp_path / "f").write_text("fragment")
    said(f"!fragment {tmp_path}/f twice:x", "!multi", "one", "!fragment pic:x", "!end", "two")
    first, second, third = all_asked()
    assert first.prompt == "fragment\nx\nx"
    assert (second.prompt, len(second.attachments)) == ("one", 1)
    assert (third.prompt, third.attachments) == ("two", [])


@pytest.mark.parametrize("name", ["nope", "-"])
def test_unknown_fragments(name: str) -> None:
    """An unknown fragment, or `-`, which would eat the chat, is reported on stderr and nothing is sent."""
    result = chat(f"!fragment {name}", "one", "quit")
    assert result.stderr.startswith("Error: ")
    assert f"'{name}'" in result.stderr
    assert [prompt.prompt for prompt in all_asked()] == ["one"]


def test_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    """!edit sends the text of the editor, stripped; unsaved or failing, there is a notice and the next question."""
    results: Iterator[Any] = iter([" edited\n", None, click.ClickException("no editor")])

    def edit(*_: Any, **__: Any) -> Any:
        found = next(results)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(click, "edit", edit)
    result = chat("!edit", "!edit", "!edit", "quit")
    assert result.stdout == f"{START}> !edit\nanswer to edited\n> !edit\n> !edit\n> quit\n"
    assert result.stderr.splitlines()[1:] == ["Error: no editor"]


def test_bytes_that_are_no_text() -> None:
    """Messages are read as UTF-8 whatever the locale says; bytes that are none are replaced before anything is sent."""
    result = run("chat", "-m", "spy", "--key", "k", piped=b"caf\xc3\xa9 \xff\nquit\n")
    assert (result.exit_code, [prompt.prompt for prompt in all_asked()]) == (0, ["café \ufffd"])
