"""Commands that show that an installed `llm` works: each is one row, and later ones build on earlier ones."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llm._version import __version__

PLUGIN = Path(__file__).parent / "plugin"


@dataclass(frozen=True, slots=True)
class Step:
    """A command line, and what has to be in what it prints; `local` needs the optional part of that name."""

    words: tuple[str, ...]
    expected: str
    exit_code: int = 0
    local: bool = False
    program: tuple[str, ...] = ("llm",)


STEPS = (
    Step(("--version",), f"llm, version {__version__}"),
    Step(("-m", "llm", "--version"), f"version {__version__}", program=("python",)),
    Step(("--help",), "Usage: llm"),
    Step(("plugins",), "[]"),
    Step(("models",), "OpenAI Chat: gpt-4o"),
    Step(("-m", "gpt-4o", "hi"), "No key found", exit_code=1),
    Step(("keys", "set", "there", "--value", "secret"), ""),
    Step(("keys", "get", "there"), "secret"),
    Step(("completion", "bash"), "complete"),
    Step(("completion", "powershell"), "Register-ArgumentCompleter"),
    Step(("install", "./plugin"), "llm-smoke"),
    Step(("plugins",), '"name": "llm-smoke"'),
    Step(("smoke",), "smoke is there"),
    Step(("-m", "smoke", "hi"), "You said: hi"),
    Step(("-c", "more"), "You said: more"),
    Step(("logs", "-n", "1"), "You said: more"),
    Step(("logs", "-q", "hi", "--json"), '"prompt": "hi"'),
    Step(("-m", "smoke", "-s", "to $who", "--save", "letter"), ""),
    Step(("templates", "show", "letter"), "system: to $who"),
    Step(("-t", "letter", "-p", "who", "Ada", "hello"), "You said: hello (to Ada)"),
    Step(("fragments", "set", "note", "./plugin/pyproject.toml"), ""),
    Step(("-m", "smoke", "-f", "note"), 'name = "llm-smoke"'),
    Step(("tools",), "whisper(text"),
    Step(("schemas", "dsl", "name, age int"), '"integer"'),
    Step(("embed", "-m", "smoke-embed", "letters", "one", "-c", "aaa"), ""),
    Step(("embed", "-m", "smoke-embed", "letters", "two", "-c", "ooo"), ""),
    Step(("similar", "letters", "-c", "a", "-n", "1"), '"id": "one"'),
    Step(("embed", "-m", "wordllama", "-c", "a pelican", "-f", "hex"), "", local=True),
    Step(("local", "list"), "smollm2"),
    Step(("-m", "smollm2", "-o", "max_tokens", "8", "Say hello"), "", local=True),
    Step(("logs", "-n", "1", "--json"), '"model": "smollm2"', local=True),
    Step(("uninstall", "-y", "llm-smoke"), ""),
    Step(("plugins",), "[]"),
)
#: instead of the steps for the optional part `local`, where it is not installed
WITHOUT_LOCAL = (Step(("-m", "smollm2", "hi"), "llm install 'llm[local]'", exit_code=1),)


def steps(*, local: bool) -> tuple[Step, ...]:
    """Return the steps for an installation with or without the optional part."""
    return STEPS if local else (*(step for step in STEPS if not step.local), *WITHOUT_LOCAL)


def failures(binaries: Path, folder: Path, *, local: bool) -> Iterator[str]:
    """Run the steps with the programs in `binaries`, in a new user directory; yield what is wrong with each."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LLM_", "PYTHON", "OPENAI_"))}
    environment = {**kept, "LLM_USER_PATH": str(folder / "user"), "PATH": f"{binaries}{os.pathsep}{kept['PATH']}"}
    shutil.copytree(PLUGIN, folder / "plugin")  # building leaves files behind
    for step in steps(local=local):
        command = [str(binaries / step.program[0]), *step.program[1:], *step.words]
        done = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        if done.returncode != step.exit_code or step.expected not in said or "Traceback" in said:
            expected = f"exit code {done.returncode}, expected {step.exit_code} and: {step.expected}"
            yield f"{' '.join(command)}\n{expected}\n{said}"
