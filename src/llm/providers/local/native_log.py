"""What a library in C++ writes to standard error, where `sys.stderr` cannot intercept it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

_STDERR = 2


@contextmanager
def captured_stderr() -> Iterator[Callable[[], list[str]]]:
    """Keep the process's standard error; the function given returns the lines that were written to it.

    This concerns all threads, so it is for the short moment in which a failure is looked into.
    """
    lines: list[str] = []
    if sys.stderr is not None:
        sys.stderr.flush()
    original = os.dup(_STDERR)
    try:
        with TemporaryFile() as log:
            os.dup2(log.fileno(), _STDERR)
            try:
                yield lambda: lines
            finally:
                os.dup2(original, _STDERR)
                log.seek(0)
                lines.extend(log.read().decode("utf-8", "replace").splitlines())
    finally:
        os.close(original)
