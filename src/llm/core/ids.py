"""Identifiers that sort in the order they were made.

Turns, conversations and tool calls are named by ULIDs, and readers of the log rely on "id order is time order". All
ids of a process come from one counter. The text form is made here, because importing python-ulid takes longer than
some commands do; both forms are the same 128 bits: 48 of milliseconds, 80 of randomness.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ulid import ULID

_RANDOM_BITS = 80
_RANDOM_MASK = (1 << _RANDOM_BITS) - 1
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case
_TEXT_SHIFTS = range(125, -1, -5)  # 26 characters of 5 bits


class _Sequence:
    """The strictly increasing numbers behind all ids of this process."""

    def __init__(self, last: int = 0) -> None:
        self._last = last
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            milliseconds = time.time_ns() // 1_000_000
            if milliseconds > self._last >> _RANDOM_BITS:
                self._last = milliseconds << _RANDOM_BITS | int.from_bytes(os.urandom(10), "big")
            elif self._last & _RANDOM_MASK == _RANDOM_MASK:
                raise OverflowError("no ids left in this millisecond")
            else:
                self._last += 1
            return self._last

    def fork(self) -> None:
        """Part from the parent process, whose next numbers would be the same.

        The lock is made anew since a thread that does not exist here may hold it. The next millisecond with fresh
        randomness keeps the numbers both unique and above all that were handed out before the fork.
        """
        self._lock = threading.Lock()
        if self._last:
            milliseconds = (self._last >> _RANDOM_BITS) + 1
            self._last = milliseconds << _RANDOM_BITS | int.from_bytes(os.urandom(10), "big")


_sequence = _Sequence()
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_sequence.fork)


def monotonic_ulid() -> ULID:
    """Return a ULID greater than every earlier one of this process, whichever thread asked for it.

    If the millisecond clock has not advanced since, it is the previous value plus one, else fresh randomness.
    Raises `OverflowError` when the 80 random bits are used up within one millisecond.
    """
    from ulid import ULID

    ulid: ULID = ULID.from_bytes(_sequence.next().to_bytes(16, "big"))
    return ulid


def new_id() -> str:
    """Return `str(monotonic_ulid()).lower()`, without the cost of importing `ulid`."""
    value = _sequence.next()
    return "".join([_ALPHABET[value >> shift & 31] for shift in _TEXT_SHIFTS])


def new_tool_call_id() -> str:
    """Return an id for a tool call to which the model gave none."""
    return f"tc_{new_id()}"


monotonic_ulid.__module__ = "llm.utils"
