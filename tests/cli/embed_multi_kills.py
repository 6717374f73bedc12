"""Kills `llm embed-multi` at random moments, and shows that running it again gives the table of one clean run.

    python -m tests.cli.embed_multi_kills [ROUNDS]

In each round runs are killed until five were, two of them running on one collection at the same time, with several
batches at once in each; then one is left to finish.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.cli.embed_multi_child import COMMAND, table, write_rows

KILLS = 5
ROOT = Path(__file__).parents[2]


def rounds(count: int, folder: Path) -> Iterator[str]:
    """Yield a line for each thing that went wrong in so many rounds."""
    source = write_rows(folder / "rows.csv")
    clean = folder / "clean.db"
    run(source, clean)
    for number in range(count):
        database = folder / f"killed-{number}.db"
        for _ in range(KILLS):
            runs = [start(source, database) for _ in range(2)]
            time.sleep(random.uniform(0, 0.8))
            for one in runs:
                one.kill()
            for one in runs:
                one.communicate()
        run(source, database)
        if table(database) != table(clean):
            yield f"round {number}: {len(table(database))} rows, which are not those of a clean run"


def start(source: Path, database: Path) -> subprocess.Popen[bytes]:
    """Start a run whose batches take some time."""
    return subprocess.Popen(
        [*COMMAND, str(source), "-m", "m", "--store", "-d", str(database), "--concurrency", "3"],
        cwd=ROOT, env={**os.environ, "SECONDS": "0.01"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(source: Path, database: Path) -> None:
    """Run to the end; a failure raises."""
    process = start(source, database)
    _, errors = process.communicate()
    if process.returncode or errors:
        raise RuntimeError(f"exit code {process.returncode}: {errors.decode()}")


def main() -> None:
    """Print what went wrong; exit with 1 if anything did."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as name:
        found = list(rounds(count, Path(name)))
    for line in found:
        print(line)
    print(f"{count} rounds of {2 * KILLS} kills: {len(found) or 'no'} differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
