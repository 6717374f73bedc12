"""Starting.

Wall time of processes, with no plugins and with thirty, one of which sleeps when it is imported.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import plugins, released, report

ROUNDS = 7
SLEEPS = 0.5  #: seconds; 0.36 waits for them in every command

#: what is run, and how many times a bare interpreter it may take
GATES = {
    "import llm": 2.0,
    "from llm import hookimpl": 4.0,
    "llm --version": 5.0,
    "llm keys path": 9.0,
    "llm aliases list": 9.0,
    "llm --help": 11.0,
    "llm models list": 11.0,
    "llm logs list": 12.0,
    "llm -m other-model --no-stream x_y": 20.0,
}


def command(what: str, environment: Path) -> list[str]:
    """Return the command line for a row of the table."""
    if what.startswith("llm "):
        return [released.python(environment), str(released.scripts(environment) / "llm"), *what.split()[1:]]
    return [released.python(environment), "-c", what]


def best(runs: dict[str, tuple[list[str], dict[str, str]]], rounds: int) -> dict[str, float]:
    """Return the best wall time of each run, in seconds; rounds are interleaved, as machines are noisy."""
    times = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, (words, settings) in runs.items():
            start = time.perf_counter()
            subprocess.run(words, env=settings, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            times[name] = min(times[name], time.perf_counter() - start)
    return times


def measured(where: Path, settings: dict[str, str], rounds: int = ROUNDS) -> dict[str, float]:
    """Return the times of all rows as multiples of a bare interpreter's; runs that prepare are not counted."""
    for what in ("llm fragments list", "llm models"):
        subprocess.run(command(what, where), env=settings, capture_output=True, check=False)
    times = best({what: (command(what, where), settings) for what in ("pass", *GATES)}, rounds)
    return {what: seconds / times["pass"] for what, seconds in times.items()}


def rows() -> Iterator[list[str]]:
    """Measure everything, then yield a row for each process."""
    with tempfile.TemporaryDirectory() as directory, plugins.server() as port:
        folder = Path(directory)
        plugins.make_plugins(folder / "plugins", sleeps=SLEEPS)
        figures = [
            measured(released.ours(), plugins.settings(folder / "none", None, port)),
            measured(released.ours(), plugins.settings(folder / "some", folder / "plugins", port)),
            measured(released.environment(), plugins.settings(folder / "old", None, port), 3),
            measured(released.environment(), plugins.settings(folder / "old-some", folder / "plugins", port), 3),
        ]
    for what, gate in GATES.items():
        ours, *others = (figure[what] for figure in figures)
        yield [f"`{what}`", report.judged(ours, gate, ".1f"), f"{gate:.0f}", *(f"{other:.1f}" for other in others)]


def tables() -> Iterator[report.Table]:
    """Yield the table."""
    many = f"{plugins.PLUGINS} plugins"
    about = (
        "Processes as multiples of a bare `python -c pass`, the best of several. One of the thirty plugins sleeps for "
        f"{SLEEPS} s when it is imported: commands that list all models have to wait for it. `other-model` is one of a "
        "server on the same machine."
    )
    yield report.Table(about, ("process", "ours", "aim", many, "0.36", f"0.36, {many}"), rows())


if __name__ == "__main__":
    report.show(tables())
