"""Standard input, which can be read only once.

It goes to whoever asks first: an attachment, a fragment, the prompt. What was read is kept, so that a second mention
of `-` in the same command gets the same text. `sys.stdin` is looked up when it is read.
"""

from __future__ import annotations

import sys


class StandardInput:
    """What is piped in or typed, read to its end on first use."""

    def __init__(self) -> None:
        self._content: bytes | None = None

    def is_terminal(self) -> bool:
        """Tell whether reading would wait for somebody to type."""
        return bool(sys.stdin and sys.stdin.isatty())

    def content(self) -> bytes:
        """Return the bytes."""
        if self._content is None:
            self._content = _read()
        return self._content

    def text(self) -> str:
        r"""Return the text: UTF-8 whatever the locale says, bad bytes replaced by U+FFFD.

        Line ends stay as they are, but for Windows, where Python makes them `\n` for standard input.
        """
        text = self.content().decode("utf-8", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n") if sys.platform == "win32" else text


def _read() -> bytes:
    if sys.stdin is None:  # a Windows program without a console
        return b""
    buffer = getattr(sys.stdin, "buffer", None)
    if buffer is not None:
        content: bytes = buffer.read()
        return content
    return sys.stdin.read().encode("utf-8", "replace")
