"""Environments of exercises: our wheel and one plugin each, outside the repository.

The plugin's requirement of `llm` has to be met by the wheel: afterwards there must be exactly one distribution of that
name, and it must be ours.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from downstream.exercise import Exercise

REPOSITORY = Path(__file__).parent.parent
DESCRIBE = """
import importlib.metadata as m, sys
mine = [d for d in m.distributions() if d.metadata["Name"].lower() == "llm"]
import llm
print(len(mine), mine[0].version, m.version(sys.argv[1]))
"""


class CannotInstallError(Exception):
    """The environment of a plugin could not be made; the text says why."""


def run(*words: str | Path) -> str:
    """Run a program that has to succeed, and return what it printed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotInstallError((done.stderr or done.stdout).strip()[-2000:])
    return done.stdout


def build_wheel(cache: Path) -> Path:
    """Build this package into the cache folder."""
    folder = cache / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, REPOSITORY)
    return next(folder.glob("llm-*.whl"))


def environment(exercise: Exercise, wheel: Path, cache: Path) -> Path:
    """Return the interpreter of the plugin's environment, made when it is missing, with this wheel in it."""
    folder = cache / exercise.plugin
    python = folder / "bin" / "python"
    mark, contents = folder / "wheel.sha256", hashlib.sha256(wheel.read_bytes()).hexdigest()
    install = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check")
    if not python.exists():
        run(sys.executable, "-m", "venv", "--without-pip", folder)
        run(*install, wheel, *exercise.also, *(() if exercise.without_dependencies else (exercise.plugin,)))
        if exercise.without_dependencies:
            run(*install, "--no-deps", exercise.plugin)
    elif not mark.exists() or mark.read_text(encoding="utf-8") != contents:
        run(*install, "--no-deps", "--force-reinstall", wheel)
    mark.write_text(contents, encoding="utf-8")
    return python


def installed_version(python: Path, exercise: Exercise, wheel: Path) -> str:
    """Return the plugin's version, after a look at which `llm` it came with."""
    count, ours, version = run(python, "-c", DESCRIBE, exercise.plugin).split()
    if count != "1" or f"llm-{ours}-" not in wheel.name:
        raise CannotInstallError(f"{count} distributions of llm, the first has version {ours}; expected {wheel.name}")
    return version
