"""What reaches a terminal, whatever a model says."""

from __future__ import annotations

import io
import re
import sys
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from llm.cli.rendering.display import MarkdownDisplay
from llm.cli.streaming import EventDisplay
from llm.core.events import StreamEvent
from llm.core.text import escape_controls, plain_text
from tests.damage import nasty_texts

PIECES = [
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\x08",
    "\r",
    "\n",
    "a",
    "# h\n\n",
    "```\n",
    "|a|b|\n|-|-|\n",
    "\ud83d",
    "\ude00",
    "\x1b",
    "é",
    "* x\n",
]
chunks = st.lists(
    st.sampled_from(PIECES) | st.text(max_size=4) | nasty_texts.filter(lambda text: len(text) < 99), max_size=10
)
kinds = st.sampled_from(["text", "text", "reasoning", "tool_call_args"])


class Terminal(io.TextIOWrapper):
    """A stream that claims to be a terminal, in some encoding."""

    def __init__(self, encoding: str, *, is_terminal: bool = True) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="")
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    @property
    def written(self) -> str:
        self.flush()
        raw: Any = self.buffer
        text: str = raw.getvalue().decode(self.encoding)
        return text


def shown(display: type[Any], events: list[tuple[str, str]], stream: Terminal) -> str:
    """What a display writes to its standard output for these events."""
    with patch.object(sys, "stdout", stream), patch.object(sys, "stderr", Terminal("utf-8")):
        one = display(show_reasoning=True)
        for kind, chunk in events:
            one.show(StreamEvent(kind, chunk))
        one.finish()
    return stream.written


@settings(max_examples=100)
@given(st.lists(st.tuples(kinds, chunks.map("".join)), max_size=5), st.sampled_from(["utf-8", "latin-1", "ascii"]))
def test_no_control_reaches_a_terminal(events: list[tuple[str, str]], encoding: str) -> None:
    """Control characters are made visible, in text of any encoding, and nothing makes the display fail."""
    written = shown(EventDisplay, events, Terminal(encoding))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", written)


@given(chunks)
def test_all_text_is_shown(pieces: list[str]) -> None:
    """The text on the terminal is the text of the answer, its controls made visible; a pipe gets it as it is."""
    text = plain_text("".join(pieces))
    events = [("text", piece) for piece in pieces]
    assert shown(EventDisplay, events, Terminal("utf-8")) == escape_controls(text)
    assert shown(EventDisplay, events, Terminal("utf-8", is_terminal=False)) == text


@settings(max_examples=60)
@given(chunks)
def test_rendering_writes_no_controls_of_the_model(pieces: list[str]) -> None:
    """Rendered Markdown moves the cursor and sets colours, and does nothing else that a terminal would obey."""
    written = shown(MarkdownDisplay, [("text", piece) for piece in pieces], Terminal("utf-8"))
    own = re.sub(r"\x1b\[[0-9;]*[ABCDGHJKm]|\x1b\]8;[^\x1b\x07]*(\x1b\\|\x07)|\r", "", written)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", own)
