"""What each plugin costs to import, measured in processes of its own: in one process the first of them would pay for
what all import.
"""

from __future__ import annotations

import subprocess
import sys

from llm.registry.plugins import sources

_CODE = """
import sys, time
from llm import hookimpl
start = time.perf_counter()
__import__(sys.argv[1])
sys.__stdout__.write(f"\\n{time.perf_counter() - start}")
"""
_PATIENCE = 60.0


def import_times() -> dict[str, float | None]:
    """Return, by name of plugin, the seconds that importing it takes; None for one that cannot be imported."""
    return {source.name: _seconds(source.module) for source in sources()}


def _seconds(module: str) -> float | None:
    try:
        ran = subprocess.run(
            [sys.executable, "-c", _CODE, module],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        return round(float(ran.stdout.splitlines()[-1]), 4)
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        return None
