"""The released LLM 0.36 in an environment of its own, to measure against; it is run and never read."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

RELEASE = "llm==0.36"


def environment() -> Path:
    """Return the directory of an environment with the released program, made on first use.

    `LLM_BENCH_RELEASED` names an existing one.
    """
    path = Path(os.environ.get("LLM_BENCH_RELEASED") or Path(tempfile.gettempdir()) / "llm-bench-released")
    if not scripts(path).exists():
        venv.create(path, with_pip=True)
    if not (scripts(path) / "llm").exists() and not (scripts(path) / "llm.exe").exists():
        subprocess.run([python(path), "-m", "pip", "install", "--quiet", RELEASE], check=True)
    return path


def settings(**more: str) -> dict[str, str]:
    """Return the environment variables for a command that is measured without installed plugins."""
    return {**inherited(), "LLM_LOAD_PLUGINS": "", **more}


def inherited() -> dict[str, str]:
    """Return this process's environment variables for one that is measured: it is not compiled anew in each run."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def scripts(environment: Path) -> Path:
    """Return the directory with an environment's commands."""
    return environment / ("Scripts" if os.name == "nt" else "bin")


def python(environment: Path) -> str:
    """Return an environment's interpreter."""
    return str(scripts(environment) / ("python.exe" if os.name == "nt" else "python"))


def ours() -> Path:
    """Return the environment that runs this benchmark."""
    return Path(sys.prefix)
