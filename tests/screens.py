"""A terminal for tests: what was written to it, as a person would see it."""

from __future__ import annotations

import io

import pyte


class Terminal(io.StringIO):
    """A terminal of a size, with everything that scrolled off its top."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        super().__init__()
        self.written: list[str] = []
        self.screen = pyte.HistoryScreen(columns, rows, history=100_000)
        self.screen.set_mode(pyte.modes.LNM)  # a line break goes to the start of the next line, as the tty driver does
        self._stream = pyte.Stream(self.screen)

    def write(self, text: str) -> int:
        """Show the text."""
        self.written.append(text)
        self._stream.feed(text)
        return len(text)

    def isatty(self) -> bool:
        """Tell that this is a terminal."""
        return True

    def size(self) -> tuple[int, int]:
        """Return columns and rows."""
        return self.screen.columns, self.screen.lines

    def lines(self) -> list[str]:
        """Return all lines, from the first that scrolled off to the last that holds something."""
        past = ["".join(row[column].data for column in range(self.screen.columns)) for row in self.screen.history.top]
        return "\n".join(line.rstrip() for line in [*past, *self.screen.display]).rstrip().split("\n")

    def visible(self) -> list[str]:
        """Return the lines on the screen, without the empty ones at its end."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip().split("\n")
