"""A program on a pseudo-terminal: what it shows, as a person would see it, and keys to press.

Nothing here depends on how fast the program is: tests wait for what they expect, within a generous limit.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pyte

LIMIT = 60  #: seconds


class _Screen(pyte.HistoryScreen):
    """A screen that answers when it is asked where the cursor is, as terminals do."""

    answers: int = -1

    def write_process_input(self, data: str) -> None:
        os.write(self.answers, data.encode())


class Session:
    """One running program. `keys` presses keys, `expect` waits for something on the screen."""

    CTRL_C, CTRL_D, TAB, ENTER, UP, ALT_ENTER = "\x03", "\x04", "\t", "\r", "\x1b[A", "\x1b\r"

    def __init__(self, words: list[str], columns: int, rows: int, environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.screen = _Screen(columns, rows, history=10_000)
        self.screen.answers = self._master
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        self._set_size(columns, rows)
        self._process = subprocess.Popen(
            words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", **environment},
        )  # fmt: skip
        os.close(slave)

    def keys(self, *keys: str) -> None:
        """Press keys."""
        os.write(self._master, "".join(keys).encode())

    def line(self, text: str, *, question: str = ">") -> None:
        """Wait for the question, type a line and press Enter."""
        self.expect_question(question)
        self.keys(text, self.ENTER)

    def expect_question(self, question: str = ">") -> None:
        """Wait until the cursor stands behind the question: what is typed earlier may be read by the terminal."""
        self._until(lambda: self.screen.display[self.screen.cursor.y].rstrip() == question, question)

    def paste(self, text: str) -> None:
        """Paste a text, as a terminal does for a program that asked for being told."""
        data = f"\x1b[200~{text}\x1b[201~".encode()
        for start in range(0, len(data), 512):  # a pseudo-terminal takes so much at once
            os.write(self._master, data[start : start + 512])
            self._read(0)

    def expect(self, text: str) -> None:
        """Wait until the text stands on the screen or above it."""
        self._until(lambda: text in "\n".join(self.lines()), text)

    def expect_end(self) -> int:
        """Wait for the program to end, and return its exit code."""
        self._until(lambda: self._process.poll() is not None, "the end of the program")
        while self._read(0):
            pass
        return self._process.wait()

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def lines(self) -> list[str]:
        """Return all lines, from the first that scrolled off to the last that holds something."""
        past = ["".join(row[column].data for column in range(self.screen.columns)) for row in self.screen.history.top]
        return "\n".join(line.rstrip() for line in [*past, *self.screen.display]).rstrip().split("\n")

    def close(self) -> None:
        """End the program, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _until(self, holds: object, what: str) -> None:
        assert callable(holds)
        end = time.monotonic() + LIMIT
        while not holds():
            if not self._read(0.1) and self._process.poll() is not None and not holds():
                break
            if time.monotonic() > end:
                break
        assert holds(), f"waited in vain for {what!r}; the screen:\n" + "\n".join(self.lines())

    def _read(self, wait: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], wait)
        if not ready:
            return False
        with contextlib.suppress(OSError):  # the program has ended
            data = os.read(self._master, 65536)
            self.written += data
            self._stream.feed(data)
            return bool(data)
        return False

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if hasattr(self, "_process"):
            os.killpg(self._process.pid, signal.SIGWINCH)


@contextlib.contextmanager
def running(script: Path, *words: str, columns: int = 80, rows: int = 24, **environment: str) -> Iterator[Session]:
    """Run a Python script with these words on a terminal of this size; it has to take the terminal as its own."""
    session = Session([sys.executable, str(script), *words], columns, rows, environment)
    try:
        yield session
    finally:
        session.close()
