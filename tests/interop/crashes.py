"""Shows that nothing is lost: `llm` is ended in six ways at random moments of a stream, and its log is looked at.

    python -m tests.interop.crashes [--rounds 200 | --minutes 60] [--seed 1] [--only FAULT] [--full DIRECTORY]

It prints what is wrong as it happens, and at the end a table by kind of fault; the seed chooses the moments.

A turn has to be complete, or marked with its reason and hold a prefix of what was shown, which lacks no more than was
shown in the last 250 ms. The database has to pass SQLite's check. For a full disk, DIRECTORY is an empty file system of
a few megabytes (as root: `mount -t tmpfs -o size=4m tmpfs DIRECTORY`); without one, files may not grow in these rounds.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from llm.features.journaling import recover_log
from llm.store.database import Handle, open_log_database
from llm.store.listing import merged_log_rows

WORDS, PAUSE = 250, 0.004
TEXT = "".join(f"word-{number} " for number in range(WORDS))
ALLOWED = 0.25  #: seconds of shown text that may be lacking
_AHEAD = 2 * len("word-100 ")  #: what may be in the log and was not shown yet
_FILE_LIMIT = 8192

PLUGIN = """
import os, time
import llm

class Talker(llm.Model):
    model_id = "talker"
    can_stream = True
    def execute(self, prompt, stream, response, conversation=None):
        for number in range(int(os.environ["WORDS"])):
            if str(number) == os.environ.get("FAIL_AT"):
                raise llm.ModelError("the provider failed")
            yield "word-%d " % number
            time.sleep(float(os.environ["PAUSE"]))

@llm.hookimpl
def register_models(register):
    register(Talker())
"""


class Run:
    """A command that is showing an answer, and what it has shown when."""

    def __init__(self, folder: Path, *, temporary: Path, fail_at: int | None) -> None:
        settings = {
            **os.environ, "LLM_USER_PATH": str(folder), "PYTHONPATH": _path(temporary / "plugin"), "WORDS": str(WORDS),
            "PAUSE": str(PAUSE), "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        if fail_at is not None:
            settings["FAIL_AT"] = str(fail_at)
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("llm"), "-m", "talker", "question"],
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.shown: list[tuple[float, str]] = []
        self.begun = threading.Event()
        self._reading = True
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while self._reading and (data := os.read(self.process.stdout.fileno(), 65536)):
            self.shown.append((time.monotonic(), data.decode()))
            self.begun.set()
        self.begun.set()
        self.process.stdout.close()

    def stop_reading(self) -> None:
        """Go away, as `head` does."""
        self._reading = False
        self._reader.join()

    def end(self) -> str:
        """Wait for the end of the process and return what it wrote to stderr."""
        assert self.process.stderr is not None
        stderr = self.process.stderr.read().decode()
        self.process.wait()
        self._reader.join()
        self.process.stderr.close()
        return stderr

    def shown_until(self, moment: float) -> str:
        return "".join(text for when, text in self.shown if when <= moment).removesuffix("\n")


class Case(NamedTuple):
    """A way to end a command."""

    name: str
    states: tuple[str | None, ...]  #: of the turn, if it did not come to its end before
    strike: Callable[[Run], Any]


def fill_disk(folder: Path) -> None:
    """Leave no room on the file system of the folder."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (65536, 512):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break


def limit_files(run: Run) -> None:
    """Let no file grow in which the process writes."""
    resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (_FILE_LIMIT, _FILE_LIMIT))


def cases(full: Path | None) -> list[Case]:
    """Return the ways to end a command."""
    return [
        Case("SIGINT", ("interrupted",), lambda run: run.process.send_signal(signal.SIGINT)),
        Case("SIGTERM", ("interrupted",), lambda run: run.process.send_signal(signal.SIGTERM)),
        Case("SIGKILL", ("recovered",), lambda run: run.process.kill()),
        Case("provider error", ("failed",), lambda _: None),
        Case("broken pipe", ("interrupted",), Run.stop_reading),
        Case("disk full", (None,), lambda run: fill_disk(full) if full else limit_files(run)),
    ]


def play(case: Case, choice: random.Random, template: Path, full: Path | None, temporary: Path) -> Iterator[str]:
    """Play one round and yield what is wrong."""
    at_disk = case.name == "disk full"
    folder = full if full is not None and at_disk else Path(tempfile.mkdtemp(dir=temporary))
    shutil.copy(template, folder / "logs.db")
    fail_at = choice.randrange(WORDS) if case.name == "provider error" else None
    run = Run(folder, temporary=temporary, fail_at=fail_at)
    run.begun.wait()
    time.sleep(choice.uniform(0, WORDS * PAUSE * 1.1))
    struck = time.monotonic()
    case.strike(run)
    stderr = run.end()
    (folder / "filler").unlink(missing_ok=True)
    yield from _judged(case, run, folder / "logs.db", struck, stderr)
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _judged(case: Case, run: Run, path: Path, struck: float, stderr: str) -> Iterator[str]:
    if "Traceback" in stderr:
        yield f"traceback: {stderr[-300:]}"
    saved = re.search(r"It was saved to (\S+);", stderr)
    recover_log(path, saved[1] if saved else None)
    with closing(open_log_database(path)) as conn:
        checked = conn.execute("PRAGMA integrity_check").fetchall()
        rows = merged_log_rows(Handle(conn))
    if checked != [("ok",)]:
        yield f"integrity_check: {checked}"
    shown = run.shown_until(float("inf"))
    if case.name == "SIGKILL":
        needed = run.shown_until(struck - ALLOWED)
    else:
        needed = shown
    if not rows:
        if needed:
            yield f"no turn; shown {len(shown)} characters; stderr: {stderr}"
        return
    [row] = rows
    text, state = row["response"], row.get("state")
    if state is None and text != TEXT:
        yield f"called complete with {len(text)} of {len(TEXT)} characters"
    if state is not None and state not in case.states:
        yield f"state {state}"
    if not TEXT.startswith(text):
        yield "not a prefix of what the model said"
    if len(text) < len(needed) or (case.name != "broken pipe" and state and len(text) > len(shown) + _AHEAD):
        yield f"logged {len(text)} characters, shown {len(shown)}, needed {len(needed)}"


def _path(plugin: Path) -> str:
    return os.pathsep.join([str(plugin), *filter(None, [os.environ.get("PYTHONPATH")])])


def _template(folder: Path) -> Path:
    """Return an empty log database."""
    path = folder / "template.db"
    open_log_database(path).close()
    return path


def _install_plugin(folder: Path) -> None:
    metadata = folder / "plugin" / "llm_talker-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-talker\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[llm]\ntalker = llm_talker\n", encoding="utf-8")
    (folder / "plugin" / "llm_talker.py").write_text(PLUGIN, encoding="utf-8")


class Wanted(NamedTuple):
    """Which rounds to play."""

    rounds: int | None
    minutes: float | None
    seed: int
    only: str | None
    full: Path | None


def rounds(wanted: Wanted) -> Iterator[tuple[str, list[str]]]:
    """Play rounds, each way of ending in turn, and yield its name and what was wrong."""
    choice = random.Random(wanted.seed)
    known = [case for case in cases(wanted.full) if wanted.only in (None, case.name)]
    end = None if wanted.minutes is None else time.monotonic() + wanted.minutes * 60
    with tempfile.TemporaryDirectory() as name:
        temporary = Path(name)
        _install_plugin(temporary)
        template = _template(temporary)
        for number in itertools.count():
            if time.monotonic() >= end if end is not None else number == wanted.rounds:
                return
            case = known[number % len(known)]
            yield case.name, list(play(case, choice, template, wanted.full, temporary))


def main() -> None:
    """Print what was wrong, and a table of the rounds."""
    wanted = _wanted()
    begun = time.monotonic()
    played: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for name, problems in rounds(wanted):
        played[name] += 1
        wrong[name] += bool(problems)
        for problem in problems:
            print(f"{name}: {problem}", flush=True)
    print(f"\nseed {wanted.seed}, {(time.monotonic() - begun) / 60:.1f} minutes\n")
    print("| fault | rounds | wrong |\n|---|---:|---:|")
    for name, number in played.items():
        print(f"| {name} | {number} | {wrong[name]} |")
    print(f"| all | {played.total()} | {wrong.total()} |")
    sys.exit(1 if wrong.total() else 0)


def _wanted() -> Wanted:
    parser = argparse.ArgumentParser(description="End llm at random moments of a stream and look at its log.")
    how_long = parser.add_mutually_exclusive_group()
    how_long.add_argument("--rounds", type=int, default=200)
    how_long.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", choices=[case.name for case in cases(None)], metavar="FAULT", help="one kind of fault"
    )
    parser.add_argument("--full", type=Path, metavar="DIRECTORY", help="an empty file system of a few megabytes")
    return Wanted(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
