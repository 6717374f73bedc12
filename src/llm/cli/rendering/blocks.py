"""Cutting Markdown into its top-level blocks while it arrives.

A line is looked at once, when it is complete, so the work for a chunk does not depend on what came before it. Items of
a list are blocks of their own. Where a block ends is decided as CommonMark does, as far as one line at a time can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from llm.cli.rendering import lines
from llm.cli.rendering.lines import ItemMark


class Kind(Enum):
    """What a block is, as far as it matters for where it ends and how it can be cut."""

    BLANK = auto()
    TEXT = auto()  # a paragraph, heading or rule
    CODE = auto()
    TABLE = auto()
    QUOTE = auto()
    ITEM = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """A finished piece of the text. The texts of all blocks together are the text."""

    kind: Kind
    text: str
    opening: str = ""  #: what was cut off before it, without which it could not be understood: a fence, a table's head
    number: int | None = None  #: of an item in a numbered list
    has_gap: bool = False  #: an empty line stands before it when it is shown

    @property
    def markup(self) -> str:
        """The Markdown that shows this block by itself."""
        return self.opening + self.text


@dataclass(slots=True)
class _Open:
    """The block that is still growing, in complete lines."""

    kind: Kind
    lines: list[str] = field(default_factory=list)
    marks: str = ""  # the fence to be closed; empty for code that is indented
    item: ItemMark | None = None
    number: int | None = None
    opening: str = ""
    has_gap: bool = False


class BlockSplitter:
    """Takes the text in chunks and gives the blocks that are finished."""

    def __init__(self) -> None:
        self._open: _Open | None = None
        self._line: list[str] = []  # the line that is not complete yet, in the pieces in which it came
        self._last: _Open | None = None  # the block before, if nothing is open
        self._blank_since = False

    @property
    def tail(self) -> str:
        """What came and is not part of a finished block."""
        return "".join([*(self._open.lines if self._open else ()), *self._line])

    @property
    def has_gap(self) -> bool:
        """Whether an empty line is to stand before the tail."""
        return self._open.has_gap if self._open else self._last is not None and self._blank_since

    def feed(self, text: str) -> list[Block]:
        """Take more of the text and return the blocks that are finished now."""
        *complete, rest = text.split("\n")
        blocks: list[Block] = []
        for line in complete:
            blocks += self._take("".join([*self._line, line, "\n"]))
            self._line.clear()
        if rest:
            self._line.append(rest)
        return blocks

    def finish(self) -> list[Block]:
        """Return the blocks that are left, at the end of the text. The next text begins anew."""
        line = "".join(self._line)
        self._line.clear()
        blocks = [*(self._take(line) if line else ()), *self._close()]
        self._last, self._blank_since = None, False
        return blocks

    def cut(self) -> Block | None:
        """Finish as much as can be shown by itself of the block that is still growing; `None` if nothing can."""
        growing = self._open
        if growing is None:
            return self._cut_line(_Open(Kind.TEXT, has_gap=self._gap(Kind.TEXT, None))) if self._line else None
        if growing.kind is Kind.TEXT:
            return self._cut_line(growing)
        head = _head_length(growing)
        if head is None or len(growing.lines) <= (0 if growing.opening else head):
            return None
        block = _finished(growing)
        self._open = _Open(growing.kind, marks=growing.marks, opening=growing.opening or "".join(growing.lines[:head]))
        return block

    def _cut_line(self, growing: _Open) -> Block | None:
        """Cut a paragraph behind its last complete word, or where it is if it has none."""
        line = "".join(self._line)
        end = line.rfind(" ") + 1 or (0 if growing.lines else len(line))
        if not growing.lines and not end:
            return None
        block = _finished(_Open(Kind.TEXT, [*growing.lines, line[:end]], has_gap=growing.has_gap))
        self._line = [line[end:]] if line[end:] else []
        self._open = _Open(Kind.TEXT)
        return block

    def _take(self, line: str) -> Iterator[Block]:
        """Put a complete line where it belongs."""
        growing = self._open
        if growing is None:
            yield from self._begin(line)
        elif growing.kind is Kind.TEXT:
            yield from self._take_into_text(growing, line)
        elif _accepts(growing, line):
            growing.lines.append(line)
            if growing.marks and lines.closes(line, growing.marks):
                yield from self._close()
        else:
            yield from self._close()
            yield from self._begin(line)

    def _take_into_text(self, growing: _Open, line: str) -> Iterator[Block]:
        if growing.lines and lines.are_delimiters(line.rstrip("\r\n"), growing.lines[-1]):
            header = growing.lines.pop()
            gap = not growing.lines and growing.has_gap
            if growing.lines:
                yield from self._close()
                gap = True
            self._open = _Open(Kind.TABLE, [header, line], has_gap=gap)
        elif growing.lines and lines.is_underline(line.rstrip("\r\n")):
            growing.lines.append(line)
            yield from self._close()
        elif lines.is_blank(line) or (lines.interrupts(line.rstrip("\r\n")) and growing.lines):
            yield from self._close()
            yield from self._begin(line)
        else:
            growing.lines.append(line)

    def _begin(self, line: str) -> Iterator[Block]:
        """Open the block that a line begins; give it at once if it cannot go on."""
        bare = line.rstrip("\r\n")
        if lines.is_blank(bare):
            self._blank_since = True
            yield Block(Kind.BLANK, line)
            return
        self._open = self._opened(bare)
        self._open.lines.append(line)
        if lines.is_heading(bare) or (lines.is_rule(bare) and self._open.kind is Kind.TEXT):
            yield from self._close()

    def _opened(self, bare: str) -> _Open:
        mark = lines.item(bare)
        if mark is not None:
            return self._opened_item(mark)
        marks = lines.fence(bare) or ""
        kind = Kind.TEXT
        if marks or lines.indent(bare) >= 4:
            kind = Kind.CODE
        elif lines.is_quote(bare):
            kind = Kind.QUOTE
        return _Open(kind, marks=marks, has_gap=self._gap(kind, None))

    def _opened_item(self, mark: ItemMark) -> _Open:
        last = self._last
        number = mark.number
        if number is not None and _is_sibling(last, mark) and last is not None and last.number is not None:
            number = last.number + 1
        return _Open(Kind.ITEM, item=mark, number=number, has_gap=self._gap(Kind.ITEM, mark))

    def _gap(self, kind: Kind, mark: ItemMark | None) -> bool:
        last = self._last
        if last is None:
            return False
        if kind is Kind.ITEM and mark is not None and _is_sibling(last, mark):
            return self._blank_since or lines.is_blank(last.lines[-1])
        return True

    def _close(self) -> Iterator[Block]:
        growing, self._open = self._open, None
        if growing is not None:
            self._last, self._blank_since = growing, False
            if growing.lines:
                yield _finished(growing)


def _head_length(growing: _Open) -> int | None:
    """Return how many of the first lines tell what the others are; None if the block cannot be cut."""
    if growing.kind is Kind.CODE:
        return 1 if growing.marks else 0
    return 2 if growing.kind is Kind.TABLE else None


def _accepts(growing: _Open, line: str) -> bool:
    """Tell whether a line goes on with a block other than a paragraph."""
    bare = line.rstrip("\r\n")
    if growing.kind is Kind.CODE:
        return bool(growing.marks) or lines.is_blank(bare) or lines.indent(bare) >= 4
    if growing.kind is Kind.ITEM and growing.item is not None:
        if lines.is_blank(bare) or lines.indent(bare) >= growing.item.content:
            return True
        return not (lines.is_blank(growing.lines[-1]) or lines.item(bare) or lines.interrupts(bare))
    if lines.is_blank(bare):
        return False
    return (growing.kind is Kind.QUOTE and lines.is_quote(bare)) or not lines.interrupts(bare)


def _is_sibling(last: _Open | None, mark: ItemMark) -> bool:
    return last is not None and last.item is not None and last.item.kind == mark.kind


def _finished(growing: _Open) -> Block:
    return Block(growing.kind, "".join(growing.lines), growing.opening, growing.number, growing.has_gap)
