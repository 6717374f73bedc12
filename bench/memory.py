"""Peaks of memory. What the system tells of a process counts what its parent had when it was started, too."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

#: for programs that measure themselves: defines `peak()`, the most memory that this process has had, in megabytes
PEAK = """
def peak():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        import resource, sys
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
"""

#: a parent that has next to nothing itself
_PARENT = """
import json, resource, subprocess, sys
subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 2**20 if sys.platform == "darwin" else 2**10
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / unit]))
"""


def cost(words: Sequence[str], settings: dict[str, str]) -> tuple[float, float]:
    """Run a command; return the seconds of CPU time that it took, and its peak of memory in megabytes."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PARENT, *words], env=settings, capture_output=True, text=True, check=True
    )
    seconds, megabytes = json.loads(done.stdout)
    return seconds, megabytes
