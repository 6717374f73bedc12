"""How long commands take to start: wall time against `python -c pass`, best of several, ours and the released one's.

Both are measured with no plugins and with thirty, one of which sleeps when it is imported.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from bench import plugins, released

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


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory, plugins.server() as port:
        folder = Path(directory)
        plugins.make_plugins(folder / "plugins", sleeps=SLEEPS)
        rows = [
            measured(released.ours(), plugins.settings(folder / "none", None, port)),
            measured(released.ours(), plugins.settings(folder / "some", folder / "plugins", port)),
            measured(released.environment(), plugins.settings(folder / "old", None, port), 3),
            measured(released.environment(), plugins.settings(folder / "old-some", folder / "plugins", port), 3),
        ]
    heads = ["no plugins", f"{plugins.PLUGINS} plugins", "0.36", f"0.36, {plugins.PLUGINS}"]
    print(f"x bare Python; one of the plugins sleeps for {SLEEPS:.1f} s\n")
    print(f"{'':34}{'gate':>5}" + "".join(f"{head:>13}" for head in heads))
    for what, gate in GATES.items():
        ours, some, old, old_some = (row[what] for row in rows)
        print(f"{what:34}{gate:5.0f}{ours:12.1f}{' ' if ours <= gate else '!'}{some:13.1f}{old:13.1f}{old_some:13.1f}")


if __name__ == "__main__":
    main()
