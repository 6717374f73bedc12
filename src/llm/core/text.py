"""Cutting, naming and laying out text: functions from strings to strings."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Mapping, Sequence
from typing import Any

CONVERSATION_NAME_LENGTH = 32

_FENCE_OPENING = re.compile(r"(`{3,})\w*\r?")
_FENCE_CLOSING = re.compile(r"(`{3,}) *")
_BACKTICKS = re.compile(r"`+")
_PLUGIN_PREFIX = re.compile(r"[a-zA-Z0-9_-]+:")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # C0 without tab and newline, DEL, C1
_WHITESPACE = re.compile(r"\s+")


def truncate_string(
    text: str, max_length: int = 100, normalize_whitespace: bool = False, keep_end: bool = False
) -> str:
    """Return `text` in at most `max_length` characters, with `...` in place of what is left out.

    `keep_end` leaves out the middle, if there is room for both ends (9 characters).
    """
    if not text:
        return text
    if normalize_whitespace:
        text = _WHITESPACE.sub(" ", text)
    if len(text) <= max_length:
        return text
    if keep_end and max_length >= 9:
        kept = (max_length - 5) // 2
        return f"{text[:kept]}... {text[-kept:]}"
    return f"{text[: max(0, max_length - 3)]}..."


def conversation_name(text: str) -> str:
    """Return the name of a conversation that begins with `text`: one line of at most 32 characters."""
    name = _WHITESPACE.sub(" ", text)
    if len(name) <= CONVERSATION_NAME_LENGTH:
        return name
    return f"{name[: CONVERSATION_NAME_LENGTH - 1]}…"


def extract_fenced_code_block(text: str, last: bool = False) -> str | None:
    """Return the content of the first (or `last`) fenced code block of a Markdown text, `None` if there is none.

    A fence is three or more backticks at the start of a line, with at most a language tag behind them, and closes with
    the same number of them. A fence that never closes is text. The content keeps its final newline.
    """
    # By lines, with an index of closing fences: a pattern that searches on from every opening fence would need
    # quadratic time for a text full of fences that do not close.
    lines = text.split("\n")
    closings = _closing_lines(lines)
    found = None
    index = 0
    while index < len(lines):
        end = _closing_line(lines, index, closings)
        if end is None:
            index += 1
            continue
        found = "".join(f"{line}\n" for line in lines[index + 1 : end])
        if not last:
            break
        index = end + 1
    return found


def _closing_lines(lines: Sequence[str]) -> dict[str, list[int]]:
    """Return where a code block can end: fence -> numbers of the lines, ascending."""
    closings: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        bare = line if number == len(lines) - 1 else line.removesuffix("\r")
        if match := _FENCE_CLOSING.fullmatch(bare):
            closings.setdefault(match[1], []).append(number)
    return closings


def _closing_line(lines: Sequence[str], index: int, closings: Mapping[str, list[int]]) -> int | None:
    """Return the line that closes the block opened by line `index`, `None` if that opens none."""
    opening = _FENCE_OPENING.fullmatch(lines[index])
    candidates = closings.get(opening[1], []) if opening else []
    position = bisect_right(candidates, index)
    return candidates[position] if position < len(candidates) else None


def maybe_fenced_code(content: str) -> str:
    """Return `content` as a fenced code block if it looks like code, else unchanged.

    It looks like code if it has more than 10 `<`, or more than 3 lines nearly all of which are short.
    """
    lines = content.splitlines()
    short = sum(len(line) < 120 for line in lines)
    if content.count("<") <= 10 and not (len(lines) > 3 and short / len(lines) > 0.9):
        return content
    longest = max(map(len, _BACKTICKS.findall(content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"\n{fence}\n{content.strip()}\n{fence}"


def dicts_to_table_string(headings: Sequence[str], dicts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of a table: the headings, then a line for each dictionary, its missing keys blank."""
    rows = [list(headings), *([str(found.get(heading, "")) for heading in headings] for found in dicts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["    ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def escape_controls(text: str) -> str:
    r"""Return `text` with control characters, except tab and newline, made visible as `\x1b` and the like.

    Text from models, tools and files goes through here before a terminal sees it: a terminal obeys what is in it.
    """
    return _CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def plain_text(text: str) -> str:
    """Return the text with each lone surrogate, which UTF-8 has no form for, replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class PairJoiner:
    """Holds back the first half of a surrogate pair at the end of a piece of text, until the other half has come.

    Models cut their answers at any token, and servers write what they cut in JSON escapes.
    """

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def feed(self, piece: str) -> str:
        """Return what can be shown: the piece, without a half at its end, behind the half that was held back."""
        if not piece:
            return ""
        text, self._half = self._half + piece, ""
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return plain_text(text)

    def finish(self) -> str:
        """Return the replacement of a half whose other half never came."""
        half, self._half = self._half, ""
        return plain_text(half)


def human_size(size: int) -> str:
    """Return a number of bytes in the largest fitting unit of 1024, such as `272.00KB`; `0B` for none."""
    if not size:
        return "0B"
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if amount < 1024:
            return f"{amount:.2f}{unit}"
        amount /= 1024
    return f"{amount:.2f}PB"


def find_unused_key(item: Container[str], key: str) -> str:
    """Return `key`, with as many `_` behind it as it takes to be absent from `item`."""
    while key in item:
        key += "_"
    return key


def has_plugin_prefix(value: str) -> bool:
    """Say whether `value` begins like `loader:`, that is with the name of a template or fragment loader."""
    return _PLUGIN_PREFIX.match(value) is not None


for _function in (
    truncate_string,
    extract_fenced_code_block,
    maybe_fenced_code,
    dicts_to_table_string,
    find_unused_key,
    has_plugin_prefix,
):
    _function.__module__ = "llm.utils"
