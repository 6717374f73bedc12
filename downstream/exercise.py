"""What an exercise of a plugin is, and how one is run."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from downstream.stub import Reply, Stub, serving

CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Step:
    """One command and what has to come of it."""

    words: tuple[str, ...]
    prints: tuple[str, ...] = ()  # parts of what it shows, on either stream
    silent: bool = False  # nothing may come on standard error
    asks: tuple[str, ...] = ()  # parts of the last request's address and body
    stdin: str = ""
    code: int = 0


def llm(*words: str, **expected: Any) -> Step:
    """A command line of `llm`."""
    return Step(("-m", "llm", *words), **expected)


def python(source: str, **expected: Any) -> Step:
    """A script that uses the library."""
    return Step(("-c", source), **expected)


@dataclass(frozen=True, slots=True)
class Exercise:
    """One plugin, what surrounds it, and the steps to take with it."""

    plugin: str
    what: str
    steps: tuple[Step, ...]
    replies: Mapping[str, Reply] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    user_files: Mapping[str, str] = field(default_factory=dict)  # below the user directory
    files: Mapping[str, str] = field(default_factory=dict)  # in the working directory
    modules: Mapping[str, str] = field(default_factory=dict)  # importable stand-ins for heavy packages
    also: tuple[str, ...] = ("llm-echo",)
    without_dependencies: bool = False
    listed: bool = True  # by `llm plugins`, before anything else is done; a plugin of datasette is not


class StepFailedError(Exception):
    """A step did not do what it should; the text says which and what came instead."""


class Place:
    """The folders and environment variables in which the steps of one exercise run."""

    def __init__(self, exercise: Exercise, folder: Path, stub: Stub) -> None:
        self.stub = stub
        self.work = folder / "work"
        for base, files in (
            (self.work, exercise.files), (folder / "user", exercise.user_files), (folder / "modules", exercise.modules)
        ):  # fmt: skip
            _write(base, files)
        kept = {name: value for name, value in os.environ.items() if not re.match("LLM_|OPENAI_|PYTHON|GIT_", name)}
        paths = os.pathsep.join([str(Path(__file__).parent / "offline"), str(folder / "modules")])
        own = {
            "LLM_USER_PATH": str(folder / "user"), "PYTHONPATH": paths, "HOME": str(folder), "NO_COLOR": "1",
            "DOWNSTREAM_STUB": stub.address, "PYTHONIOENCODING": "utf-8",
        }  # fmt: skip
        given = {
            name: value.replace("{stub}", stub.address).replace("{work}", str(self.work))
            for name, value in exercise.environment.items()
        }
        self.environment = {**kept, **own, **given}

    def take(self, interpreter: Path, step: Step) -> None:
        """Run one step and check it."""
        before = len(self.stub.requests)
        done = subprocess.run(
            [interpreter, *step.words], env=self.environment, cwd=self.work, input=step.stdin, capture_output=True,
            text=True, encoding="utf-8", timeout=120, check=False,
        )  # fmt: skip
        for complaint in _complaints(step, done, self.stub, before):
            shown = CONTROL.sub("", done.stdout + done.stderr)[-1500:]
            raise StepFailedError(f"{' '.join(step.words)!r}: {complaint}\n{shown}")


def _write(base: Path, files: Mapping[str, str]) -> None:
    base.mkdir(parents=True)
    for name, content in files.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def _complaints(step: Step, done: subprocess.CompletedProcess[str], stub: Stub, before: int) -> list[str]:
    """Return what is wrong with the outcome of a step."""
    shown = CONTROL.sub("", done.stdout + done.stderr)
    found = [f"exit code {done.returncode}, not {step.code}"] if done.returncode != step.code else []
    found += [f"{part!r} is not in the output" for part in step.prints if part not in shown]
    if step.silent and done.stderr.strip():
        found.append("there is something on standard error")
    if step.asks:
        last = stub.requests[-1] if len(stub.requests) > before else None
        asked = f"{last.where}\n{last.body.decode(errors='replace')}" if last else ""
        found += [f"{part!r} was not asked for: {asked}" for part in step.asks if part not in asked]
    return found


def perform(exercise: Exercise, interpreter: Path, folder: Path) -> int:
    """Take the steps of the exercise in a new folder, and return how many there were."""
    first = llm("plugins", prints=(f'"{exercise.plugin}"',), silent=True)
    steps = ((first,) if exercise.listed else ()) + exercise.steps
    with serving(exercise.replies) as stub:
        place = Place(exercise, folder, stub)
        for step in steps:
            place.take(interpreter, step)
    return len(steps)
