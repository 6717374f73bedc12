"""The two programs of a comparison: each does what is asked in a directory of its own, and tells what came of it.

Ids, times, versions and folders are masked. Needs fork.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from tests.interop.with_released import released_python

HERE = Path(__file__).parent
MASKS = (
    (re.compile(r"(?<![0-9A-Za-z])01[0-9a-hjkmnp-tv-zA-HJKMNP-TV-Z]{24}\b"), "<id>"),
    (re.compile(r"\btc_01[0-9a-hjkmnp-tv-z]{24}\b"), "tc_<id>"),
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


def show(differences: Callable[[Path, Path, list[str]], Iterator[str]]) -> int:
    """Print what a comparison finds, for the interpreter and the groups on the command line; return how much it is."""
    with tempfile.TemporaryDirectory() as name:
        found, folder = 0, Path(name)
        python = Path(sys.argv[1]) if len(sys.argv) > 1 else released_python(folder / "released-environment")
        for text in differences(python, folder, sys.argv[2:]):
            found += 1
            print(text, flush=True)
    return found


def kind_of(stderr: str) -> str:
    """Return the kind of what is on standard error."""
    for start in ("Traceback", "Usage:", "Error:"):
        if stderr.startswith(start) or f"\n{start}" in stderr:
            return start
    return "text" if stderr.strip() else "empty"


class Side:
    """One of the two programs, in a process that has imported `module` and forks for each request."""

    def __init__(self, python: Path, folder: Path, module: str = "llm.cli") -> None:
        self._python, self._module, self.folder = python, module, folder
        site = folder / "site"
        metadata = site / "llm_compared-1.0.dist-info"
        metadata.mkdir(parents=True)
        shutil.copy(HERE / "compared_plugin.py", site / "llm_compared.py")
        shutil.copy(HERE / "program_tools.py", site)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-compared\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text("[llm]\ncompared = llm_compared\n")
        self._environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(site), "LLM_USER_PATH": str(self.user),
            "LLM_LOAD_PLUGINS": "llm-compared", "COLUMNS": "100", "TZ": "UTC", "PYTHONUTF8": "1",
        }  # fmt: skip
        self.work.mkdir()
        self._process = self._start({})

    def _start(self, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self._python, HERE / "forking_side.py", self._module], env={**self._environment, **environment},
            cwd=self.work, text=True, encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    @property
    def user(self) -> Path:
        """The user directory."""
        return self.folder / "user"

    @property
    def work(self) -> Path:
        """The working directory."""
        return self.folder / "work"

    def prepare(self, files: Mapping[str, str], user_files: Mapping[str, str]) -> None:
        """Start anew with these files and nothing else."""
        shutil.rmtree(self.user, ignore_errors=True)
        self.user.mkdir(mode=0o700)
        for path in self.work.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for base, contents in ((self.work, files), (self.user, user_files)):
            for name, content in contents.items():
                (base / name).parent.mkdir(parents=True, exist_ok=True)
                (base / name).write_bytes(content.encode("utf-8", "surrogateescape"))

    def run(self, request: Mapping[str, Any], *, starting_with: Mapping[str, str] | None = None) -> Outcome:
        """Do what is asked for, in a child; `starting_with` is an environment that a process of its own starts with."""
        before = dict(self._files())
        output = {name: str(self.folder / name) for name in ("stdout", "stderr")}
        process = self._process if starting_with is None else self._start(starting_with)
        code = _ask(process, {**request, **output})
        if starting_with is not None:
            _end(process)
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
        paths = sorted([*self.user.glob("*.db"), *self.work.glob("*.db")])
        return {key: rows for path in paths for key, rows in self._tables(path)}

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
        _end(self._process)


def _ask(process: subprocess.Popen[str], request: Mapping[str, Any]) -> int:
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    code: int = json.loads(process.stdout.readline())
    return code


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


def _changes(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """Return the files that are new or different, and those that are gone."""
    changed = {name: text for name, text in after.items() if before.get(name) != text}
    return {**changed, **dict.fromkeys(before.keys() - after.keys(), "<gone>")}
