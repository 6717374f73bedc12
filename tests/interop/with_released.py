"""Shows that a log database can be shared with the released LLM 0.36, in both directions.

    python tests/interop/with_released.py [PYTHON]

PYTHON is an interpreter with `llm==0.36`; without it a virtual environment is made for the occasion. Each program
writes a database of its own (the tables must be the same, row by row), reads the other's and continues a conversation
in it. What `side.py` does is done by both.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

RELEASED = "llm==0.36"
_SIDE = Path(__file__).with_name("side.py")
_ULID = re.compile(r"\b01[0-9a-hjkmnp-tv-z]{24}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+\+00:00)?")
_ORDER = {"attachments": "id", "message_tree": "path"}

Rows = dict[str, list[dict[str, Any]]]


def released_python(folder: Path) -> Path:
    """Make a virtual environment with the released version and return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", RELEASED], check=True)
    return python


def differences(released: Path, folder: Path) -> Iterator[str]:
    """Yield a line for each difference between the two programs; `folder` is for the databases."""
    sides = {"ours": Path(sys.executable), "released": released}
    databases = {name: folder / name / "logs.db" for name in sides}
    for name, python in sides.items():
        databases[name].parent.mkdir()
        run(python, "write", databases[name])
    yield from _compare("tables", tables(databases["ours"]), tables(databases["released"]))
    for writer, database in databases.items():
        yield from _compare(f"what is read of the database of {writer}", *_read_by_both(sides, database))
        reader = next(name for name in sides if name != writer)
        before = tables(database)
        run(sides[reader], "continue", database)
        yield from _one_turn_more(f"continued by {reader}", before, tables(database))
        yield from _compare(f"what is read of what {reader} continued", *_read_by_both(sides, database))


def run(python: Path, command: str, database: Path) -> str:
    """Let `side.py` do `command` under this interpreter and return what it printed."""
    environment = {**os.environ, "LLM_USER_PATH": str(database.parent / "user"), "LLM_LOAD_PLUGINS": ""}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [python, _SIDE, command, database], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{python} {_SIDE.name} {command}: {done.stderr}")
    return done.stdout


def tables(database: Path) -> Rows:
    """Return the rows of all tables and of the view; ids and times, which differ between runs, are replaced."""
    with closing(sqlite3.connect(database)) as conn:
        conn.row_factory = sqlite3.Row
        names = [row["name"] for row in conn.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
        # The released program writes an attachment anew each time it occurs, so those rows are in no order.
        rows = {
            name: [dict(row) for row in conn.execute(f'SELECT * FROM "{name}" ORDER BY {_ORDER.get(name, "rowid")}')]
            for name in names
            if "_fts" not in name and not name.startswith(("_llm", "llm_"))
        }
    return _timeless(rows, database)


def _timeless(value: Rows, database: Path) -> Rows:
    """Return `value` with ids numbered in the order they appear, and without times and the database's folder."""
    numbers: dict[str, str] = {}
    text = json.dumps(value, default=repr, sort_keys=True).replace(str(database.parent), "FOLDER")
    text = _ULID.sub(lambda match: numbers.setdefault(match[0], f"ULID {len(numbers)}"), text)
    timeless: Rows = json.loads(re.sub(r'"duration_ms": \d+', '"duration_ms": 0', _TIME.sub("TIME", text)))
    return timeless


def _read_by_both(sides: dict[str, Path], database: Path) -> tuple[Any, Any]:
    ours, released = (json.loads(run(sides[name], "read", database)) for name in ("ours", "released"))
    return ours, released


def _one_turn_more(what: str, before: Rows, after: Rows) -> Iterator[str]:
    grown = {name: len(rows) - len(before.get(name, [])) for name, rows in after.items()}
    expected = {"messages": 2, "message_tree": 2, "parts": 2, "turns": 1, "turn_search": 1}
    if {name: count for name, count in grown.items() if count} != expected:
        yield f"{what}: rows added: {grown}, expected: {expected}"


def _compare(what: str, ours: Any, released: Any, path: str = "") -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(released, dict) and ours.keys() == released.keys():
        for key in ours:
            yield from _compare(what, ours[key], released[key], f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(released, list) and len(ours) == len(released):
        for index, pair in enumerate(zip(ours, released, strict=True)):
            yield from _compare(what, *pair, f"{path}[{index}]")
    elif ours != released:
        yield f"{what}: {path.lstrip('.')}: ours {ours!r}, released {released!r}"


def main() -> None:
    """Print the differences; exit with 1 if there are any."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = Path(sys.argv[1]) if len(sys.argv) > 1 else released_python(folder / "released-environment")
        found = 0
        for line in differences(python, folder):
            print(line, flush=True)
            found += 1
    print(f"{found or 'No'} differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
