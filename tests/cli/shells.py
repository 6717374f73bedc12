"""Real shells on a terminal of their own, in which a test types.

The `llm` that they find completes like the real one, and writes down with which words it is called otherwise.
"""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE = 60.0
READY = "all set> "

_LLM = """#!/bin/sh
if [ "$1" = completion ]; then exec {python} -m llm "$@"; fi
printf '%s\\n' "$@" >> {calls}.part
mv {calls}.part {calls}
"""
# In a session of its own, the first terminal that a process opens becomes its controlling one.
_ON_TERMINAL = """
import os, sys
os.setsid()
terminal = os.open(sys.argv[1], os.O_RDWR)
for descriptor in range(3):
    os.dup2(terminal, descriptor)
os.execvp(sys.argv[2], sys.argv[2:])
"""
_BASH = f"""
PS1='{READY}'
eval "$(llm completion bash)"
"""
_ZSH = f"""
PROMPT='{READY}'
unsetopt beep
autoload -Uz compinit
compinit -u -d "$ZDOTDIR/dump"
eval "$(llm completion zsh)"
"""


def needs(shell: str) -> pytest.MarkDecorator:
    """Skip where a shell is not installed."""
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"needs {shell}")


class Shells:
    """Shells in a folder of their own."""

    def __init__(self, folder: Path, user_path: Path) -> None:
        self._folder = folder
        self._calls = folder / "calls"
        program = folder / "bin" / "llm"
        program.parent.mkdir()
        program.write_text(_LLM.format(python=sys.executable, calls=self._calls))
        program.chmod(0o755)
        (folder / "bashrc").write_text(_BASH)
        (folder / ".zshrc").write_text(_ZSH)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))},
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "ZDOTDIR": str(folder),
            "LLM_USER_PATH": str(user_path),
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
        }

    def type(self, shell: str, keys: str) -> list[str]:
        """Type keys, and return after them; give the words with which the shell then called `llm`."""
        command = {
            "bash": ["bash", "--noprofile", "--rcfile", str(self._folder / "bashrc"), "-i"],
            "zsh": ["zsh", "-i"],
        }[shell]
        parent, child = pty.openpty()
        running = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, os.ttyname(child), *command],
            cwd=self._folder, env=self._environment,
        )  # fmt: skip
        try:
            screen = _Screen(parent)
            screen.wait_for(READY)
            os.write(parent, f"{keys}\n".encode())
            return screen.wait_for_file(self._calls)
        finally:
            running.kill()
            running.wait()
            os.close(parent)
            os.close(child)  # not before: a terminal that nobody has open cannot be read

    def run(self, *command: str) -> str:
        """Run a script in a shell, and return what it prints."""
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout


class _Screen:
    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._shown = b""
        self._give_up_at = time.monotonic() + PATIENCE

    def wait_for(self, text: str) -> None:
        while text.encode() not in self._shown:
            self._read()

    def wait_for_file(self, path: Path) -> list[str]:
        while not path.exists():
            self._read()
        return path.read_text().splitlines()

    def _read(self) -> None:
        assert time.monotonic() < self._give_up_at, self._shown.decode(errors="replace")
        if select.select([self._terminal], [], [], 0.05)[0]:
            self._shown += os.read(self._terminal, 65536)
