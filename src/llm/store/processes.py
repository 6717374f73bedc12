"""Whether the process that wrote something is still running.

A process id says little: ids are used again, mean something else after a restart, in another container and on another
machine. Where the system tells enough, the answer is certain; elsewhere a process counts as running for a few minutes
after it was last seen.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

GRACE_SECONDS = 300.0

_PROC = Path("/proc")


@lru_cache(maxsize=1)
def _place() -> str | None:
    """Return what names this boot of this machine and the space of its process ids; None where nothing does."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return None


def this_process() -> str:
    """Return a text that names this process and no other one, ever."""
    pid = os.getpid()
    return f"{_place()} {pid} {_start_of(pid)}"


def is_running(process: str, *, seen: float, now: float) -> bool:
    """Tell whether the process that `this_process` gave this name is running.

    `seen` is when it last gave a sign of life, in the seconds of `now`.
    """
    place, pid, start = [*process.rsplit(" ", 2), "", ""][:3]
    if _place() is None or place != _place() or not pid.isdecimal():
        return now - seen < GRACE_SECONDS
    return _start_of(int(pid)) == start


def _start_of(pid: int) -> str | None:
    """Return when a process was started, in the system's own counting; None if it does not run."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may contain anything
    return None if fields[0] in {"Z", "X"} else fields[19]
