"""Runs some 150 small Python programs with this program and with the released LLM 0.36, and prints what differs.

    python -m tests.interop.compare_scripts [PYTHON [TOPIC...]]

PYTHON is an interpreter with `llm==0.36`; without it a virtual environment is made for the occasion.

Each program of `programs/` starts in a directory of its own, with the same files on both sides and the plugin
`compared_plugin.py`. What it prints, how it ends, the files and the tables are compared. Programs print the classes of
errors with their bases, and their text only where the contract fixes it. Needs fork.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.interop.compared_program import Program, programs
from tests.interop.sides import Outcome, Side, show

FILES = {"frag.txt": "frag text\n", "p.png": "\udc89PNG\r\n\x1a\n123456"}
KEYS = {"keys.json": '{"// Note": "secret", "stored": "from the file", "lock": "stored lock", "empty": ""}'}


def compare(program: Program, ours: Side, released: Side) -> Iterator[str]:
    """Yield what is not as the program says."""
    outcomes = []
    for side in (ours, released):
        side.prepare(FILES, KEYS)
        outcomes.append(side.run({"program": program.code, "stdin": "", "environment": {}}))
    found = list(_found(program, *outcomes))
    if not program.rows_differ:
        found += _unlike_rows(ours.tables(), released.tables())
    if found and not program.improves:
        yield "\n".join([f"{program.topic}: {program.title}", *found])
    if program.improves and not found:
        yield f"{program.topic}: {program.title}: does not differ, but is said to improve {program.improves}"


def _found(program: Program, mine: Outcome, theirs: Outcome) -> Iterator[str]:
    differing = mine.differences(theirs)
    if program.at_least:
        missing = _missing(mine.stdout, theirs.stdout)
        yield from [f"  missing: {line}" for line in missing]
        differing.pop("stdout", None)
    for name, pair in differing.items():
        yield f"  {name}"
        yield from [f"    {line}" for line in _unlike(*(str(value) for value in pair))]
    if differing.get("kind of stderr"):
        yield from [f"  stderr: {outcome.stderr[:500]!r}" for outcome in (mine, theirs)]


def _missing(mine: str, theirs: str) -> list[str]:
    there = set(mine.splitlines())
    return [line for line in theirs.splitlines() if line not in there]


def _unlike(mine: str, theirs: str) -> Iterator[str]:
    """Yield the lines that differ: `-` ours, `+` the released."""
    for line in difflib.unified_diff(mine.splitlines(), theirs.splitlines(), "ours", "released", n=1, lineterm=""):
        yield line[:4000]


def _unlike_rows(mine: dict[str, list[str]], theirs: dict[str, list[str]]) -> Iterator[str]:
    for name, rows in theirs.items():
        if mine.get(name) != rows:
            yield f"  table {name}"
            yield from [f"    {line}" for line in _unlike("\n".join(mine.get(name, [])), "\n".join(rows))]


def differences(released: Path, folder: Path, topics: list[str]) -> Iterator[str]:
    """Yield a text for each thing that differs and is not a listed improvement."""
    for name in ("ours", "released"):
        (folder / name).mkdir()
    with (
        Side(Path(sys.executable), folder / "ours", "llm") as ours,
        Side(released, folder / "released", "llm") as other,
    ):
        for program in programs(topics):
            yield from compare(program, ours, other)


def main() -> None:
    """Print the differences and count the deliberate ones; exit with 1 if there are any others."""
    found = show(differences)
    every = list(programs(sys.argv[2:]))
    improved = [program for program in every if program.improves]
    print(f"{len(every)} programs, {len(improved)} improve on 0.36, {found or 'no'} other differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
