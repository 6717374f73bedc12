"""python -m downstream [NAME...]: exercise published plugins with this package, and print a table of the results;
what is wrong with one that fails is told on standard error.

Environments are kept in --cache, which is a folder below that for temporary files unless it is given, and used again.
Installing needs a package index; the exercises themselves reach nothing but a stub server on this machine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from downstream.exercise import Exercise, StepFailedError, perform
from downstream.exercises import EXERCISES
from downstream.installing import CannotInstallError, build_wheel, environment, installed_version


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one exercise went; `why` says more about a failure."""

    exercise: Exercise
    version: str
    result: str
    why: str = ""

    def row(self) -> str:
        """Return the line of the table."""
        return f"| {self.exercise.plugin} | {self.version} | {self.exercise.what} | {self.result} |"


def outcome(exercise: Exercise, wheel: Path, cache: Path) -> Outcome:
    """Install the plugin, run its exercise, and say how it went."""
    version = "?"
    try:
        python = environment(exercise, wheel, cache)
        version = installed_version(python, exercise, wheel)
        with tempfile.TemporaryDirectory() as folder:
            count = perform(exercise, python, Path(folder))
    except CannotInstallError as error:
        return Outcome(exercise, version, "not installed", str(error))
    except StepFailedError as error:
        return Outcome(exercise, version, "FAILED", str(error))
    except subprocess.TimeoutExpired as error:
        return Outcome(exercise, version, "FAILED", str(error))
    return Outcome(exercise, version, f"passed ({count} commands)")


def main() -> None:
    """Run the exercises that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m downstream", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="plugins to exercise; all if none is named")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "llm-downstream")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - {exercise.plugin for exercise in EXERCISES}
    if unknown:
        parser.error(f"no exercise for {', '.join(sorted(unknown))}")
    wheel = build_wheel(arguments.cache)
    chosen = [exercise for exercise in EXERCISES if not arguments.names or exercise.plugin in arguments.names]
    print("| plugin | version | what was exercised | result |\n|---|---|---|---|", flush=True)
    outcomes = []
    for exercise in chosen:
        outcomes.append(outcome(exercise, wheel, arguments.cache))
        print(outcomes[-1].row(), flush=True)
        if outcomes[-1].why:
            print(f"{exercise.plugin}: {outcomes[-1].why}", file=sys.stderr, flush=True)
    sys.exit(1 if any(each.why for each in outcomes) else 0)


if __name__ == "__main__":
    main()
