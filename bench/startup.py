"""How long commands take to start: wall time against `python -c pass`, best of several, ours and the released one's."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from bench import released

ROUNDS = 15

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
}


def command(what: str, environment: Path) -> list[str]:
    """Return the command line for a row of the table."""
    if what.startswith("llm "):
        return [released.python(environment), str(released.scripts(environment) / "llm"), *what.split()[1:]]
    return [released.python(environment), "-c", what]


def best(commands: dict[str, list[str]], user_path: str) -> dict[str, float]:
    """Return the best wall time of each command, in seconds; rounds are interleaved, as machines are noisy."""
    times = dict.fromkeys(commands, float("inf"))
    settings = {**os.environ, "LLM_USER_PATH": user_path, "LLM_LOAD_PLUGINS": ""}
    for _ in range(ROUNDS):
        for name, words in commands.items():
            start = time.perf_counter()
            subprocess.run(words, env=settings, capture_output=True, check=False)
            times[name] = min(times[name], time.perf_counter() - start)
    return times


def main() -> None:
    """Print the table."""
    old = released.environment()
    with tempfile.TemporaryDirectory() as ours_dir, tempfile.TemporaryDirectory() as old_dir:
        for environment, directory in ((released.ours(), ours_dir), (old, old_dir)):
            subprocess.run(
                command("llm fragments list", environment), env={**os.environ, "LLM_USER_PATH": directory},
                capture_output=True, check=False,
            )  # fmt: skip
        ours = best({what: command(what, released.ours()) for what in ("pass", *GATES)}, ours_dir)
        theirs = best({what: command(what, old) for what in ("pass", *GATES)}, old_dir)
    print(f"{'':26}{'x bare Python':>14}{'gate':>7}{'0.36':>8}{'ours/0.36':>11}")
    for what, gate in GATES.items():
        ratio, their_ratio = ours[what] / ours["pass"], theirs[what] / theirs["pass"]
        mark = " " if ratio <= gate else "!"
        print(f"{what:26}{ratio:13.1f}{mark}{gate:7.0f}{their_ratio:8.1f}{ours[what] / theirs[what]:11.2f}")


if __name__ == "__main__":
    main()
