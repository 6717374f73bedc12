"""JSON values one after the other, from text that comes in pieces and may be larger than memory.

The standard library reads a document only as a whole. What is cut here is the outermost list; each of its items has to
fit into memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

_space = re.compile(r"[ \t\n\r]*").match
_comma = re.compile(r"[ \t\n\r]*,").match
_LONGEST_TOKEN = 16  #: of what makes no sense when it is cut: literals and escapes
_PARTS_OF_NUMBERS = ".eE+-"
_GUESSES = 3  #: at where the last whole object ends
_scan = json.JSONDecoder().raw_decode


class JsonStreamError(ValueError):
    """The text is not JSON."""


def values_of(pieces: Iterable[str]) -> Iterator[Any]:
    """Yield the items of a JSON list, or the values that follow each other. Raises `JsonStreamError`."""
    text = _Text(iter(pieces))
    if text.peek() != "[":
        while text.peek():
            yield text.value()
        return
    text.take("[")
    if text.peek() == "]":
        text.take("]")
    else:
        yield from text.values()
        while text.goes_on():
            yield from text.values()
        text.take("]")
    if text.peek():
        raise JsonStreamError(f"there is more after the list: {text.excerpt()}")


class _Text:
    """The part of the text that is in memory, and where in it to go on."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0
        self._may_guess = False

    def peek(self) -> str:
        """Return the next character that is no white space, or an empty text at the end."""
        while True:
            self._at = _space(self._text, self._at).end()  # type: ignore[union-attr] # it matches nothing too
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def goes_on(self) -> bool:
        """Go past a comma if one comes now, and tell whether it did."""
        found = _comma(self._text, self._at)
        if found is None and self.peek() == ",":  # it was in the next piece
            found = _comma(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return found is not None

    def take(self, expected: str) -> None:
        """Go past a character that has to come now."""
        if self.peek() != expected:
            raise JsonStreamError(f"expected {expected!r}, found {self.excerpt()}")
        self._at += 1

    def values(self) -> list[Any]:
        """Return the items of a list that come now: one, or many where they are objects.

        Reading all at once is several times as fast. Where the last whole object in memory ends is guessed; as the
        parser goes from left to right, a guess with which it finds a list is right. When all fail, as they may for
        nested objects, nothing is guessed before there is more text.
        """
        self.peek()
        end = len(self._text)
        for _ in range(_GUESSES if self._may_guess else 0):
            end = self._text.rfind("}", self._at, end)
            if end < 0:
                break
            try:
                values: list[Any] = json.loads(f"[{self._text[self._at : end + 1]}]")
            except (ValueError, RecursionError):
                continue
            self._at = end + 1
            return values
        self._may_guess = False
        return [self.value()]

    def value(self) -> Any:
        """Return the value that comes now."""
        self.peek()
        while True:
            try:
                value, end = _scan(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._is_final(error) or not self._more():
                    raise JsonStreamError(f"{error.msg}: {self.excerpt()}") from error
            except RecursionError as error:
                raise JsonStreamError(f"it is nested too deeply: {self.excerpt()}") from error
            except ValueError as error:  # a number beyond what Python reads
                raise JsonStreamError(f"{error}: {self.excerpt()}") from error
            else:
                if not self._may_go_on(end) or not self._more():
                    self._at = end
                    return value

    def _may_go_on(self, end: int) -> bool:
        """Tell whether a number might go on in the next piece, with its fraction or exponent or the rest of them."""
        # What follows is mostly a comma; only if it is not, all the rest is looked at (and copied for that).
        return self._text[end : end + 1] in _PARTS_OF_NUMBERS and not self._text[end:].strip(_PARTS_OF_NUMBERS)

    def excerpt(self) -> str:
        """Return what comes now, for messages."""
        return repr(self._text[self._at : self._at + 40]) if self._at < len(self._text) else "the end of the text"

    def _is_final(self, error: json.JSONDecodeError) -> bool:
        """Tell whether an error is one whatever follows: it is not about the end of what is in memory."""
        return not error.msg.startswith("Unterminated") and error.pos < len(self._text) - _LONGEST_TOKEN

    def _more(self) -> bool:
        """Add pieces, and forget what was taken; tell whether there were any.

        What is in memory doubles, so that a long value is not scanned over and over.
        """
        rest = self._text[self._at :]
        added: list[str] = []
        length = 0
        while length <= len(rest) and (piece := next(self._pieces, "")):
            added.append(piece)
            length += len(piece)
        if added:
            self._text, self._at, self._may_guess = "".join([rest, *added]), 0, True
        return bool(added)
