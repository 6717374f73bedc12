"""What lines entered in a chat mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.features.chat_input import Action, ChatInput, Collect, Command, Edit, End, Send


def actions(*entered: str, commands: tuple[str, ...] = ("/help", "/model")) -> list[Action]:
    """Return what is to be done about what was entered, one after the other."""
    reader = ChatInput(commands)
    return [action for text in entered for action in reader.feed(text)]


@pytest.mark.parametrize(
    "text", ["hello", "  hello ", "Quit", "exit now", "!fragmentx", "!fragment", "!end", "/nope x"]
)
def test_text_is_sent_as_typed(text: str) -> None:
    """What is none of the known words is a message, unchanged, also when it begins with a slash or `!`."""
    assert actions(text) == [Send(text)]


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_empty_lines(text: str) -> None:
    """Nothing happens for an empty line, so the question is asked again."""
    assert actions(text) == []


@pytest.mark.parametrize("word", ["exit", "quit", " quit "])
def test_farewells(word: str) -> None:
    """`exit` and `quit`, in this case exactly, end the chat."""
    assert actions(word) == [End()]


def test_collecting() -> None:
    """Between !multi and !end lines are collected, blank ones and spaces included, and sent as one message."""
    assert actions("!multi", "a", "", "  b  ", "!end", "c") == [Send("a\n\n  b  "), Send("c")]


def test_collected_lines_are_text() -> None:
    """Words have no meaning within a collected message: !multi, quit and commands are text there."""
    assert actions("!multi", "!multi x", "quit", "/help", "!end") == [Send("!multi x\nquit\n/help")]


def test_end_token() -> None:
    """Words behind !multi make the end token; the next !multi without words ends with !end again."""
    assert actions("!multi abc", "a", "!end", "!end abc") == [Send("a\n!end")]
    assert actions("!multi abc", "!end abc", "!multi", "a", "!end") == [Send(""), Send("a")]


def test_fragments() -> None:
    """Lines that begin with `!fragment ` name fragments and leave the message; what is left is sent at once."""
    assert actions("!fragment a b") == [Send("", ("a", "b"))]
    assert actions("before\n!fragment a\nafter\n!fragment b") == [Send("before\nafter", ("a", "b"))]


def test_fragments_of_a_collected_message() -> None:
    """Within !multi fragments are kept for the message, and their lines are not part of its text."""
    assert actions("!multi", "one", "!fragment a b", "two", "!end") == [Collect(("a", "b")), Send("one\ntwo")]


def test_editor() -> None:
    """The text of the editor, stripped, is a message; within !multi it is collected; unsaved, it is nothing."""
    reader = ChatInput()
    assert list(reader.feed("!edit")) == [Edit()]
    assert list(reader.edited(" text\n\n!fragment f\n")) == [Send("text\n", ("f",))]
    assert list(reader.edited("quit\n")) == [End()]
    assert list(reader.edited(None)) == list(reader.edited("  \n")) == []
    assert list(reader.feed("!multi")) == []
    assert list(reader.feed("!edit")) == [Edit()]
    assert list(reader.edited("quit\n")) == []
    assert list(reader.feed("!end")) == [Send("quit")]


def test_commands() -> None:
    """A line that begins with one of the additional words is a command; without such words it is a message."""
    assert actions("/model  gpt x ") == [Command("/model", "gpt x")]
    assert actions("/help") == [Command("/help", "")]
    assert actions("/helpful") == [Send("/helpful")]
    assert actions("/help\nme") == [Send("/help\nme")]
    assert actions("/help", commands=()) == [Send("/help")]


def test_pasted_lines_are_one_message() -> None:
    """Several lines that were pasted at once are one message, whatever words they hold."""
    assert actions("a\n\nquit\n!multi\n/help") == [Send("a\n\nquit\n!multi\n/help")]


def test_pasted_collection() -> None:
    """A paste that begins with !multi is taken line by line, and what follows its end is another message."""
    assert actions("!multi\na\n\nb\n!end\nc\nd") == [Send("a\n\nb"), Send("c\nd")]
    assert actions("!multi", "a\n!end") == [Send("a")]
    assert actions("!multi\na", "!end\n") == [Send("a")]


@given(st.lists(st.text(st.characters(exclude_characters="\n!"), max_size=8), max_size=10))
def test_a_collected_message_is_what_was_typed(lines: list[str]) -> None:
    """Whatever the lines are, the message is these lines, whether they were typed or pasted."""
    assert actions("!multi", *lines, "!end") == [Send("\n".join(lines))]
    assert actions("\n".join(["!multi", *lines, "!end"])) == [Send("\n".join(lines))]
