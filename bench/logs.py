"""The log.

    python -m bench.logs [FOLDER]

What gets lost, and what keeping and reading costs, on the same files.

FOLDER keeps the databases for the next run. Seconds are CPU time, so that a busy machine does not matter.
"""

from __future__ import annotations

import math
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench import log_data, memory, released, report

LARGE, SMALL = 100_000, 100
LONG, SHORT = 2_000, 10
ROUNDS = 3  # of reading everything, which takes half a minute
SIDE = Path(__file__).with_name("logs_side.py")
CONVERSATION = f"01c{0:023d}"  # the first of a database that `log_data` made
FREE = released.settings()

PLUGIN = """
import llm

class Free(llm.Model):
    model_id = "free"
    can_stream = True
    def execute(self, prompt, stream, response, conversation=None):
        yield "An answer"

@llm.hookimpl
def register_models(register):
    register(Free())
"""


class Row(NamedTuple):
    """One line of the table."""

    what: str
    ours: str
    theirs: str
    ratio: str
    aim: str


class Program(NamedTuple):
    """One of the programs, with databases of its own."""

    environment: Path
    folder: Path

    def copy(self, source: Path) -> Path:
        """Return this program's copy of a database, made once: it may migrate it."""
        path = self.folder / source.name
        if not path.exists():
            self.folder.mkdir(exist_ok=True)
            shutil.copy(source, path)
        return path

    def side(self, *words: str | Path) -> list[float]:
        """Run `logs_side.py` and return the numbers it printed."""
        done = subprocess.run(
            [released.python(self.environment), SIDE, *words], env=FREE, capture_output=True, text=True, check=True
        )
        return [float(number) for number in done.stdout.split()]


def tables(kept: Path | None = None) -> Iterator[report.Table]:
    """Yield the table."""
    about = (
        "CPU time, but for what gets lost. `-q` and `--json` read the log with "
        f"{LARGE:,} turns; `-n`, `-c`, `-T` and `-m` are compared with one of {SMALL}."
    )
    yield report.Table(about, ("load", "ours", "0.36", "ratio", "aim"), rows(kept))


def rows(kept: Path | None) -> Iterator[Row]:
    """Yield what is measured, one load after the other."""
    with tempfile.TemporaryDirectory() as name:
        folder = kept or Path(name)
        folder.mkdir(exist_ok=True)
        programs = (
            Program(released.ours(), folder / "ours"),
            Program(released.environment(), folder / "released"),
        )
        for measure in (nothing_lost, conversations, listings, everything, searches):
            yield from measure(programs, folder)


def nothing_lost(programs: Sequence[Program], _folder: Path) -> Iterator[Row]:
    """Many processes that log to one database, which is not there when they start."""
    loads: tuple[tuple[str, int, Callable[[Program], int]], ...] = (
        ("48 prompts, 16 at once, fresh directory: failed", 48, _commands),
        ("8 writers x 100 turns: lost", 800, lambda program: _writers(program, 8, 100)),
        ("64 processes x 50 turns: lost", 3200, lambda program: _writers(program, 64, 50)),
    )
    for what, total, load in loads:
        ours, theirs = (total - load(program) for program in programs)
        yield Row(what, report.judged(ours, 0, ".0f"), str(theirs), "", "0")


def _commands(program: Program) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        metadata = folder / "plugin" / "bench_free-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-free\nVersion: 1.0\n", encoding="utf-8")
        (metadata / "entry_points.txt").write_text("[llm]\nbench_free = bench_free\n", encoding="utf-8")
        (folder / "plugin" / "bench_free.py").write_text(PLUGIN, encoding="utf-8")
        settings = {**released.inherited(), "LLM_USER_PATH": str(folder / "user"), "PYTHONPATH": str(folder / "plugin")}
        words = [str(released.scripts(program.environment) / "llm"), "-m", "free", "question"]
        for _ in range(3):
            _at_once([words] * 16, settings)
        return _turns(folder / "user" / "logs.db")


def _writers(program: Program, processes: int, turns: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "logs.db"
        words = [released.python(program.environment), str(SIDE), "write", str(path), str(turns)]
        _at_once([words] * processes, FREE)
        return _turns(path)


def _at_once(commands: Sequence[list[str]], settings: dict[str, str]) -> None:
    quiet = subprocess.DEVNULL
    running = [subprocess.Popen(words, env=settings, stdin=quiet, stdout=quiet, stderr=quiet) for words in commands]
    for process in running:
        process.wait()


def _turns(path: Path) -> int:
    with closing(sqlite3.connect(path)) as conn:
        if not conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'turns'").fetchone():  # no process got that far
            return 0
        found: int = conn.execute("SELECT count(*) FROM turns").fetchone()[0]
        return found


def conversations(programs: Sequence[Program], folder: Path) -> Iterator[Row]:
    """One more turn of a long conversation, and loading it."""
    figures = []
    for program in programs:
        sizes = [_database(folder, size, size) for size in (SHORT, LONG)]
        short, long = (program.side("append", program.copy(path), CONVERSATION) for path in sizes)
        figures.append((short, long))
    (short, long), (their_short, their_long) = figures
    growth, their_growth = long[1] / short[1], their_long[1] / their_short[1]
    yield _growth(f"one more turn: {LONG:,} turns / {SHORT}", growth, their_growth, 1.5)
    yield _seconds(f"load for `-c` at {LONG:,} turns", long[0], their_long[0], 0.25)


def listings(programs: Sequence[Program], folder: Path) -> Iterator[Row]:
    """Listings that need not read everything."""
    for options in (("-n", "3"), ("-c",), ("-T", "search"), ("-m", "model-7")):
        figures = []
        for program in programs:
            large, small = (_list(program, _database(folder, size), options) for size in (LARGE, SMALL))
            figures.append(large / small)
        ours, theirs = figures
        yield _growth(f"`llm logs {' '.join(options)}`: {LARGE:,} turns / {SMALL}", ours, theirs, 1.3)


def searches(programs: Sequence[Program], folder: Path) -> Iterator[Row]:
    """Full-text search in a large log. What 0.36 takes for an error has no time of it."""
    for query in ("pelican", "pelican AND whale", '"httpx-retries"', "httpx-retries", "c++"):
        ours, theirs = (_list(program, _database(folder, LARGE), ("-q", query)) for program in programs)
        yield _seconds(f"`llm logs -q '{query}'`", ours, theirs, 1)


def everything(programs: Sequence[Program], folder: Path) -> Iterator[Row]:
    """All of a large log as JSON: whole processes."""
    rounds = [[_whole(program, _database(folder, LARGE)) for program in programs] for _ in range(ROUNDS)]
    # the best of each, as others on the machine only ever make it slower
    (ours, our_memory), (theirs, their_memory) = (min(runs) for runs in zip(*rounds, strict=True))
    yield _seconds("`llm logs -n 0 --json`", ours, theirs, 0.2)
    yield Row(
        "its memory above that of `-n 1`, MB", report.judged(our_memory, 100, ".0f"), f"{their_memory:.0f}", "", "100"
    )


def _whole(program: Program, source: Path) -> tuple[float, float]:
    """Return the seconds of the whole listing and the megabytes that it takes more than one of a single row."""
    path = program.copy(source)
    words = [str(released.scripts(program.environment) / "llm"), "logs", "list", "--json", "-d", str(path)]
    (_, start), (seconds, peak) = (memory.cost([*words, "-n", count], FREE) for count in ("1", "0"))
    return seconds, peak - start


def _list(program: Program, source: Path, options: Sequence[str]) -> float:
    return program.side("list", program.copy(source), "15", *options)[0]


def _seconds(what: str, ours: float, theirs: float, aim: float) -> Row:
    if math.isnan(theirs):
        return Row(what, f"{ours * 1000:,.1f} ms", "an error", "", "")
    times = f"{ours * 1000:,.1f} ms", f"{theirs * 1000:,.1f} ms"
    return Row(what, *times, report.judged(ours / theirs, aim), f"{aim}")


def _growth(what: str, ours: float, theirs: float, aim: float) -> Row:
    return Row(what, f"{report.judged(ours, aim)} x", f"{theirs:.2f} x", "", f"{aim} x")


def _database(folder: Path, turns: int, in_a_conversation: int = 5) -> Path:
    path = folder / f"{turns}-{in_a_conversation}.db"
    if not path.exists():
        log_data.fill(path, turns, in_a_conversation)
    return path


if __name__ == "__main__":
    report.show(tables(Path(sys.argv[1]) if sys.argv[1:] else None))
