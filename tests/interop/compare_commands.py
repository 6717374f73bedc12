"""Runs some 370 command lines through this program and through the released LLM 0.36, and prints what differs.

    python -m tests.interop.compare_commands [PYTHON [GROUP...]]

PYTHON is an interpreter with `llm==0.36`; without it a virtual environment is made for the occasion.

Each group of `command_lines` starts with the same files on both sides. After each command the output, the kind of what
is on standard error, the exit code and the files are compared; at the end of a group the tables. Ids, times, versions
and folders are masked. A line may name the weak spot of 0.36 that it improves; then it has to differ. Needs fork.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from tests.interop.command_line import Group, Line
from tests.interop.command_lines import GROUPS
from tests.interop.with_released import released_python

HERE = Path(__file__).parent
MASKS = (
    (re.compile(r"(?<![0-9A-Za-z])01[0-9a-hjkmnp-tv-zA-HJKMNP-TV-Z]{24}\b"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?"), "<time>"),
    (re.compile(r'("?duration_ms"?: )\d+'), r"\1<ms>"),
    (re.compile(r"Duration: \d+ms \(\d"), "Duration: <ms> (<s>"),
    (re.compile(r"\b0\.(36|40)(\.\d+)?\b"), "<version>"),
    (re.compile(r"[A-Za-z]{3} \d+, \d{4}|\d+\.\d+ ?(KB|MB|kB)|\d+(\.\d+)?KB"), "<measure>"),
    (re.compile(r"^Type '.*$", re.MULTILINE), "<how to chat>"),
    (re.compile(r" at 0x[0-9a-f]+"), " at <address>"),
)
VOLATILE = {"id", "duration_ms", "datetime_utc", "created", "updated", "response_id", "conversation_id", "thread_id"}
OWN_TABLES = re.compile(r"^(sqlite_|_llm_migrations|_sqlite_migrations|.*_fts)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one command, masked."""

    stdout: str
    stderr: str  # the whole, for showing
    kind: str
    code: int
    files: dict[str, str]  # what the command changed: text files with their contents

    def differences(self, other: Outcome) -> dict[str, tuple[Any, Any]]:
        """Return what is not the same, by name."""
        pairs = {
            "stdout": (self.stdout, other.stdout), "kind of stderr": (self.kind, other.kind),
            "exit code": (self.code, other.code), "files": (self.files, other.files),
        }  # fmt: skip
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _changes(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """Return the files that are new or different, and those that are gone."""
    changed = {name: text for name, text in after.items() if before.get(name) != text}
    return {**changed, **dict.fromkeys(before.keys() - after.keys(), "<gone>")}


def kind_of(stderr: str) -> str:
    """Return the kind of what is on standard error."""
    for start in ("Traceback", "Usage:", "Error:"):
        if stderr.startswith(start) or f"\n{start}" in stderr:
            return start
    return "text" if stderr.strip() else "empty"


class Side:
    """One of the two programs, in a process that forks for each command."""

    def __init__(self, python: Path, folder: Path) -> None:
        self.folder = folder
        site = folder / "site"
        metadata = site / "llm_compared-1.0.dist-info"
        metadata.mkdir(parents=True)
        shutil.copy(HERE / "compared_plugin.py", site / "llm_compared.py")
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-compared\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text("[llm]\ncompared = llm_compared\n")
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(site), "LLM_USER_PATH": str(self.user),
            "LLM_LOAD_PLUGINS": "llm-compared", "COLUMNS": "100", "TZ": "UTC", "PYTHONUTF8": "1",
        }  # fmt: skip
        self.work.mkdir()
        self._process = subprocess.Popen(
            [python, HERE / "forking_side.py"], env=environment, cwd=self.work, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    @property
    def user(self) -> Path:
        """The user directory."""
        return self.folder / "user"

    @property
    def work(self) -> Path:
        """The working directory."""
        return self.folder / "work"

    def prepare(self, group: Group) -> None:
        """Begin a group with the files it asks for and nothing else."""
        shutil.rmtree(self.user, ignore_errors=True)
        self.user.mkdir(mode=0o700)
        for path in self.work.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for base, files in ((self.work, group.files), (self.user, group.user_files)):
            for name, content in files.items():
                (base / name).parent.mkdir(parents=True, exist_ok=True)
                (base / name).write_bytes(content.encode("utf-8", "surrogateescape"))

    def run(self, line: Line) -> Outcome:
        """Run one command line."""
        before = dict(self._files())
        output = {name: str(self.folder / name) for name in ("stdout", "stderr")}
        request = {"words": line.words, "stdin": line.stdin, "environment": dict(line.environment), **output}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        code = json.loads(self._process.stdout.readline())
        stdout, stderr = (Path(path).read_text(encoding="utf-8", errors="replace") for path in output.values())
        return Outcome(
            self.mask(stdout), self.mask(stderr), kind_of(stderr), code, _changes(before, dict(self._files()))
        )

    def mask(self, text: str) -> str:
        """Replace what differs from run to run."""
        text = text.replace(str(self.folder), "<folder>")
        for pattern, word in MASKS:
            text = pattern.sub(word, text)
        return text

    def _files(self) -> Iterator[tuple[str, str]]:
        """Yield the files that people and programs know: names and, of text files, contents."""
        for path in sorted([*self.user.rglob("*"), *self.work.rglob("*")]):
            name = str(path.relative_to(self.folder))
            if (
                path.is_file()
                and not name.startswith(("user/cache", "user/."))
                and not re.search(r"\.lock$|-(wal|shm)$", name)
            ):
                readable = path.suffix in {".json", ".yaml", ".txt"}
                yield name, self.mask(path.read_text(encoding="utf-8", errors="replace")) if readable else ""

    def tables(self) -> dict[str, list[str]]:
        """Return the rows of all tables of all databases, masked and sorted."""
        return {key: rows for path in sorted(self.user.glob("*.db")) for key, rows in self._tables(path)}

    def _tables(self, path: Path) -> Iterator[tuple[str, list[str]]]:
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
            for name in names:
                if not OWN_TABLES.match(name) and not re.search("_fts", name):
                    rows = [self._row(row) for row in connection.execute(f'select * from "{name}"')]
                    yield f"{path.name}: {name}", sorted(rows)

    def _row(self, row: sqlite3.Row) -> str:
        shown = {name: row[name] for name in row.keys() if name not in VOLATILE}  # noqa: SIM118
        return self.mask(repr(shown))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def compare(group: Group, ours: Side, released: Side) -> Iterator[str]:
    """Yield what is not as the group says."""
    for side in (ours, released):
        side.prepare(group)
    for line in group.lines:
        mine, theirs = ours.run(line), released.run(line)
        found = mine.differences(theirs)
        if found and not line.improves:
            yield _report(line, found, mine, theirs)
        if line.improves and not found:
            yield f"llm {' '.join(line.words)}: does not differ, but is said to improve {line.improves}"
    mine_rows, their_rows = ours.tables(), released.tables()
    for name, rows in their_rows.items():
        if mine_rows.get(name) != rows and not group.tables_differ:
            yield _table_report(group, name, mine_rows.get(name, []), rows)


def _report(line: Line, found: dict[str, tuple[Any, Any]], mine: Outcome, theirs: Outcome) -> str:
    text = [f"llm {' '.join(line.words)!r}" + (f" < {line.stdin!r}" if line.stdin else "")]
    for name, (ours, released) in found.items():
        if name == "files":
            text += [
                f"  {each}: {ours.get(each)!r}, released: {released.get(each)!r}" for each in _unlike(ours, released)
            ]
            continue
        text += [f"  {name}", f"    ours:     {str(ours)[:1500]!r}", f"    released: {str(released)[:1500]!r}"]
    text += [f"  stderr ours: {mine.stderr[:300]!r}", f"  stderr released: {theirs.stderr[:300]!r}"]
    return "\n".join(text)


def _unlike(ours: dict[str, str], released: dict[str, str]) -> list[str]:
    return sorted(name for name in {*ours, *released} if ours.get(name) != released.get(name))


def _table_report(group: Group, name: str, mine: list[str], theirs: list[str]) -> str:
    lines = [f"group {group.name}: table {name}: {len(mine)} and {len(theirs)} rows"]
    lines += [f"    only ours:     {row[:600]}" for row in mine if row not in theirs][:4]
    lines += [f"    only released: {row[:600]}" for row in theirs if row not in mine][:4]
    return "\n".join(lines)


def differences(released: Path, folder: Path, names: list[str]) -> Iterator[str]:
    """Yield a text for each thing that differs and is not a listed improvement."""
    with Side(Path(sys.executable), _new(folder / "ours")) as ours, Side(released, _new(folder / "released")) as other:
        for group in GROUPS:
            if not names or group.name in names:
                yield from compare(group, ours, other)


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def main() -> None:
    """Print the differences and the deliberate ones; exit with 1 if there are any others."""
    with tempfile.TemporaryDirectory() as name:
        found, folder = 0, Path(name)
        python = Path(sys.argv[1]) if len(sys.argv) > 1 else released_python(folder / "released-environment")
        for text in differences(python, folder, sys.argv[2:]):
            found += 1
            print(text, flush=True)
    lines = [line for group in GROUPS for line in group.lines]
    improved = [line for line in lines if line.improves]
    print(f"{len(lines)} command lines, {len(improved)} improve on 0.36, {found or 'no'} other differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
