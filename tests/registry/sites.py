"""Environments with installed plugins that note when they are imported, and the command `llm` run in them."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tests.registry.stand_ins import install

#: what a plugin begins with, so that it can be seen whether it was imported
NOTE = """
import os
with open(os.environ["IMPORT_LOG"], "a") as log:
    log.write(__name__ + "\\n")
import llm
"""
HOOK = "\n@llm.hookimpl\n"


def command(name: str, says: str = "") -> str:
    """The source of a hook that adds a command."""
    text = says or f"{name} runs"
    return (
        f"{HOOK}def register_commands(cli):\n"
        f"    @cli.command('{name}')\n    def run():\n        'Run {name}.'\n        print('{text}')\n"
    )


def models(*names: str) -> str:
    """The source of a hook that registers models, each given as `id` or `id,alias,alias`; they answer with their id."""
    lines = []
    for one in names:
        model_id, *aliases = one.split(",")
        lines.append(f"    register(Answering('{model_id}', __name__), aliases={aliases!r})")
    return f"{ANSWERING}{HOOK}def register_models(register):\n" + "\n".join(lines) + "\n"


ANSWERING = """
class Answering(llm.Model):
    def __init__(self, model_id, of):
        self.model_id, self.of = model_id, of
    def execute(self, prompt, stream, response, conversation):
        yield f"{self.model_id} of {self.of}"
"""


@dataclass
class Site:
    """A folder of installed plugins and a user directory."""

    folder: Path

    @property
    def cache(self) -> Path:
        """The folder of manifests."""
        return self.folder / "user" / "plugin-cache"

    def install(self, name: str, source: str = "", *, version: str = "1.0", note: bool = True) -> None:
        """Install a plugin `NAME` of the distribution `llm-NAME`."""
        install(self.folder, f"llm-{name}", version, **{name: (NOTE if note else "") + source})

    def edit(self, name: str, source: str) -> None:
        """Change an installed plugin in place."""
        (self.folder / f"{name}.py").write_text(NOTE + source)

    def llm(self, *words: str, fails: bool = False, **environment: str) -> Ran:
        """Run the command `llm`."""
        return self.python(str(llm_script()), *words, fails=fails, **environment)

    def python(self, *words: str, fails: bool = False, **environment: str) -> Ran:
        """Run Python."""
        log = self.folder / "imported"
        log.write_text("")
        settings = {name: value for name, value in os.environ.items() if not name.startswith(("LLM_", "PYTHON"))}
        settings |= {"PYTHONPATH": str(self.folder), "LLM_USER_PATH": str(self.folder / "user")}
        settings |= {"IMPORT_LOG": str(log), "PYTHONDONTWRITEBYTECODE": "1", **environment}
        done = subprocess.run(
            [sys.executable, *words],
            env=settings,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return Ran(done.stdout, done.stderr, log.read_text().split())


@dataclass
class Ran:
    """What a command printed, and which plugins it imported."""

    out: str
    err: str
    imported: list[str]


def llm_script() -> Path:
    """The installed command `llm`."""
    return Path(sysconfig.get_path("scripts")) / ("llm.exe" if os.name == "nt" else "llm")
