"""The rows on the screen that the unfinished block takes, so that they can be replaced by the finished one.

Lines are broken here and not by the terminal: terminals do not agree on the width of emoji and of combined characters,
so each is counted at its widest, and two columns stay free, which is also where a terminal shows `^C`.
"""

from __future__ import annotations

from rich.cells import get_character_cell_size

TAB = 8
_WIDE_SELECTOR = "\ufe0f"


class Region:
    """Rows that begin at the start of a line and grow by what is put into them.

    A region `is_partial` if the line began before it, until the next line does.
    """

    def __init__(self, columns: int, *, is_partial: bool = False) -> None:
        self.is_partial = is_partial
        self._width = max(columns - 2, 2)
        self._column = 0
        self.breaks = 0  #: how many rows are above the one with the cursor
        self._line = 0  # the row in which the last line of the text begins
        self.longest = 0  #: columns of the longest row so far

    def put(self, text: str) -> str:
        """Add text without control characters; return what the terminal is to be given for it."""
        if text.isascii() and text.isprintable() and self._column + len(text) <= self._width:
            self._advance(len(text))
            return text
        return "".join(map(self._put, text))

    @property
    def is_at_start(self) -> bool:
        """Whether the cursor is at the start of a row."""
        return not self._column

    @property
    def line_breaks(self) -> int:
        """How many rows the last line of the text has above the one with the cursor."""
        return self.breaks - self._line

    def erasing(self) -> str:
        """Return what brings the cursor back to where the region began, with everything behind it erased."""
        return _erasing(self.breaks)

    def erasing_line(self) -> str:
        """Return what brings the cursor back to where the last line of the text began, with that line erased."""
        return _erasing(self.line_breaks)

    def _put(self, character: str) -> str:
        if character == "\n":
            self._break()
            self._line = self.breaks
            self.is_partial = False
            return "\n"
        if character == "\t":
            character = " " * (TAB - self._column % TAB)
        width = 1 if character == _WIDE_SELECTOR else sum(map(get_character_cell_size, character))
        before = ""
        if self._column + width > self._width:
            self._break()
            before = "\n"
        self._advance(width)
        return before + character

    def _break(self) -> None:
        self.breaks += 1
        self._column = 0

    def _advance(self, width: int) -> None:
        self._column += width
        self.longest = max(self.longest, self._column)


def _erasing(rows: int) -> str:
    # Row by row: erasing everything from the top of the screen on makes some terminals keep what is erased.
    return "\r" + "\x1b[2K\x1b[A" * rows + "\x1b[2K"
