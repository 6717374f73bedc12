"""Lines for the user on standard error, for what is wrong but stops nothing."""

import sys
from weakref import WeakKeyDictionary

_told: "WeakKeyDictionary[object, set[str]]" = WeakKeyDictionary()

SHOW_WHERE = "(LLM_RAISE_ERRORS=1 shows where)"


def on_one_line(error: BaseException) -> str:
    """Return what an error says, as a part of a line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def warn(line: str) -> None:
    """Write a line to standard error, once.

    One command may read a damaged file several times. What was said is remembered for each stream, so that whoever
    redirects standard error hears it again.
    """
    stream = sys.stderr
    if stream is None:  # a Windows program without a console
        return
    told = _told.setdefault(stream, set())
    if line not in told:
        told.add(line)
        stream.write(f"{line}\n")
        stream.flush()
