"""What a single line of Markdown can begin or end, seen for itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

_INDENT = re.compile(r" {0,3}(?=\S)")
_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(\s|$)")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(\1[ \t]*){2,}$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_QUOTE = re.compile(r" {0,3}>")
_ITEM = re.compile(r"(?P<indent> {0,3})(?P<mark>[-*+]|(?P<number>\d{1,9})(?P<point>[.)]))(?P<space>[ \t]+|$)")
_DELIMITERS = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class ItemMark:
    """How a line begins an item of a list."""

    kind: str  #: items of one list have the same: a bullet, or the character behind the number
    number: int | None
    content: int  #: by how much lines of the same item are indented
    is_empty: bool


def is_blank(line: str) -> bool:
    """Tell whether a line holds nothing."""
    return not line.strip()


def indent(line: str) -> int:
    """Return how many columns of white space a line begins with."""
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip(" "))


def fence(line: str) -> str | None:
    """Return the backticks or tildes with which a line opens a code block."""
    match = _FENCE.match(line)
    return match["marks"] if match else None


def closes(line: str, marks: str) -> bool:
    """Tell whether a line closes the code block that `marks` opened."""
    bare = line.strip()
    return indent(line) < 4 and len(bare) >= len(marks) and not bare.strip(marks[0])


def item(line: str) -> ItemMark | None:
    """Return the mark of the list item that a line begins."""
    match = _ITEM.match(line)
    if match is None or _RULE.match(line):
        return None
    width = match.end("mark")
    space = len(match["space"].expandtabs(4))
    is_empty = not line[match.end() :].strip()
    number = int(match["number"]) if match["number"] else None
    return ItemMark(match["point"] or match["mark"], number, width + (space if 1 <= space <= 4 else 1), is_empty)


def is_heading(line: str) -> bool:
    """Tell whether a line is a heading by its `#`."""
    return _HEADING.match(line) is not None


def is_rule(line: str) -> bool:
    """Tell whether a line is a horizontal rule."""
    return _RULE.match(line) is not None


def is_underline(line: str) -> bool:
    """Tell whether a line makes a heading of the paragraph above it."""
    return _UNDERLINE.match(line) is not None


def is_quote(line: str) -> bool:
    """Tell whether a line is marked as quoted."""
    return _QUOTE.match(line) is not None


def interrupts(line: str) -> bool:
    """Tell whether a line begins something of its own right behind a line of a paragraph."""
    mark = item(line)
    if mark is not None:
        return not mark.is_empty and mark.number in {None, 1}
    return is_heading(line) or is_rule(line) or is_quote(line) or fence(line) is not None


def are_delimiters(line: str, header: str) -> bool:
    """Tell whether a line is what follows the header of a table."""
    if "|" not in header or not _DELIMITERS.match(line):
        return False
    return _cells(line) == _cells(header)


def _cells(row: str) -> int:
    bare = row.strip()
    pipes = [match.start() for match in _PIPE.finditer(bare)]
    edges = (pipes[:1] == [0]) + (len(bare) > 1 and pipes[-1:] == [len(bare) - 1])
    return len(pipes) + 1 - edges
