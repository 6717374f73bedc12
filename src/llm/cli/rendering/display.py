"""The display that shows Markdown: raw text while a block grows, and the drawn block in its place once it is finished.

What is finished is never touched again. The raw text is replaced only while all of it is on the screen: a block that
grows beyond is cut where that makes sense, and stays raw otherwise. So the work for a chunk is bounded by the screen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from llm.cli.rendering.blocks import Block, BlockSplitter, Kind
from llm.cli.rendering.markdown import BlockRenderer
from llm.cli.rendering.region import Region
from llm.cli.safe_echo import encodable
from llm.cli.streaming import EventDisplay
from llm.core.events import StreamEvent
from llm.core.text import PairJoiner, escape_controls


class MarkdownDisplay:
    """Shows events like `EventDisplay`, with the text as Markdown. The line break at the end is left to the caller."""

    def __init__(self, *, show_reasoning: bool) -> None:
        self._plain = EventDisplay(show_reasoning=show_reasoning)
        self._splitter = BlockSplitter()
        self._renderer = BlockRenderer()
        self._region: Region | None = None  # what shows the unfinished block
        self._shown = 0  # how many characters of that block are on the screen
        self._is_stuck = False  # its text cannot be replaced any more
        self._newline_due = False  # the cursor is behind the last finished line
        self._is_gap_due = True  # unless an empty line is on the screen already
        self._held = ""  # a carriage return that may belong to a line break
        self._joiner = PairJoiner()

    def show(self, event: StreamEvent) -> None:
        """Show one event, at once."""
        if event.type == "text":
            self._plain.show(StreamEvent("text", ""))  # which ends what was shown of reasoning
            self._add(event.chunk)
        else:
            self.settle()
            self._plain.show(event)

    def finish(self) -> None:
        """Draw what is left. To be called however the answer ended; another one may follow."""
        self._add_clean(escape_controls(self._held + self._joiner.finish()))
        self._held = ""
        self._write(self._committed(self._splitter.finish()))
        self._newline_due = False

    def settle(self) -> None:
        """Draw what is left and begin a new line, for somebody else to write to the terminal."""
        is_shown = self._newline_due or self._region is not None
        self.finish()
        if is_shown:
            self._write("\n")

    def _add(self, chunk: str) -> None:
        text = self._held + self._joiner.feed(chunk)
        self._held = "\r" if text.endswith("\r") else ""
        self._add_clean(escape_controls(text[: len(text) - len(self._held)].replace("\r\n", "\n")))

    def _add_clean(self, text: str) -> None:
        blocks = self._splitter.feed(text)
        output = self._committed(blocks)
        new = self._splitter.tail if blocks else text
        if new and not self._is_stuck and self._outgrows(new):
            output, new = self._cut(output, new)
        self._write(output + self._raw(new))

    def _outgrows(self, text: str) -> bool:
        columns, rows = _terminal_size()
        region = Region(columns)
        region.put(text)
        shown = self._region.breaks + 1 if self._region else 0
        return shown + region.breaks + 1 >= rows

    def _cut(self, output: str, new: str) -> tuple[str, str]:
        """Finish what can be of the block that grows beyond the screen, or give up on replacing it."""
        block = self._splitter.cut()
        if block is None:
            self._is_stuck = True
            return output, new
        return output + self._committed([block]), self._splitter.tail

    def _raw(self, text: str) -> str:
        """Return what shows more of the unfinished block as it came."""
        if not text:
            return ""
        self._shown += len(text)
        columns = _terminal_size()[0]
        start = ""
        if self._region is not None and self._region.longest >= columns:  # the terminal got narrower
            start = "\n"
            self._region, self._is_stuck = Region(columns, is_partial=True), True
        if self._region is None:
            start = "\n" * self._newline_due
            self._newline_due = False
            self._region = Region(columns)
            text = "\n" * (self._splitter.has_gap and self._is_gap_due) + text
        return start + self._region.put(text)

    def _committed(self, blocks: Sequence[Block]) -> str:
        """Return what puts finished blocks in the place of what was shown of them."""
        if not blocks:
            return ""
        output = self._cleared()
        columns = _terminal_size()[0]
        for block in blocks:
            if self._shown:  # nothing can be taken back, so the rest of this block follows
                output += self._rest(block)
            elif block.kind is not Kind.BLANK:
                output += self._drawn(block, columns)
        self._forget()
        return output

    def _rest(self, block: Block) -> str:
        """Return what is missing of a block that is on the screen as it came."""
        more = self._shown - len(block.text)
        if more > 0 and self._region is not None:  # the line behind the block is there too
            return self._without_line(self._region, block, more)
        output = self._raw(block.text[self._shown :])
        self._newline_due = self._region is not None and not self._region.is_at_start
        self._is_gap_due = not block.text.endswith("\n\n")
        self._forget()
        return output

    def _without_line(self, region: Region, block: Block, length: int) -> str:
        """Return what takes back the last line, of `length` characters, which belongs to the next block."""
        columns, rows = _terminal_size()
        if region.line_breaks >= rows or region.longest >= columns or region.is_partial:
            self._shown = length
            return ""
        self._newline_due, self._is_gap_due = False, not block.text.endswith("\n\n")
        self._forget()
        return region.erasing_line()

    def _drawn(self, block: Block, columns: int) -> str:
        start = "\n" * (self._newline_due + (block.has_gap and self._is_gap_due))
        self._newline_due = self._is_gap_due = True
        return start + self._renderer.render(block, columns)

    def _cleared(self) -> str:
        """Return what erases the unfinished block, if all of it is where it was put."""
        region = self._region
        if region is None:
            return ""
        columns, rows = _terminal_size()
        if self._is_stuck or region.breaks >= rows or region.longest >= columns:
            return ""
        self._forget()
        return region.erasing()

    def _forget(self) -> None:
        self._region, self._shown, self._is_stuck = None, 0, False

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(encodable(text, sys.stdout))
            sys.stdout.flush()


def _terminal_size() -> tuple[int, int]:
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        return 80, 24
    return (size.columns or 80), (size.lines or 24)
