from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from llm.features.standard_input import StandardInput


def test_bytes_and_text(pipe: Callable[[bytes], None]) -> None:
    """Bytes are kept as they are, and so are line ends of the text, which is UTF-8 whatever the stream's encoding."""
    content = "é\r\na\rb".encode()
    pipe(content)
    stdin = StandardInput()
    assert (stdin.content(), stdin.text()) == (content, "é\r\na\rb")


def test_line_ends_on_windows(pipe: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows line ends of the text are plain ones, as Python makes them for standard input there."""
    monkeypatch.setattr(sys, "platform", "win32")
    pipe(b"a\r\nb\rc")
    assert StandardInput().text() == "a\nb\nc"


def test_read_once(pipe: Callable[[bytes], None]) -> None:
    """What was read is kept; another reader finds nothing left."""
    pipe(b"x")
    first = StandardInput()
    assert (first.text(), first.text(), StandardInput().text()) == ("x", "x", "")


def test_looked_up_when_read(pipe: Callable[[bytes], None]) -> None:
    """`sys.stdin` is looked up at the time of reading."""
    stdin = StandardInput()
    pipe(b"later")
    assert stdin.text() == "later"


def test_stream_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream without bytes below it works too."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("é"))
    assert StandardInput().content() == "é".encode()
    assert not StandardInput().is_terminal()


def test_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without standard input has an empty one."""
    monkeypatch.setattr(sys, "stdin", None)
    assert (StandardInput().text(), StandardInput().is_terminal()) == ("", False)
