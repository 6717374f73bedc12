"""Shows that the command `llm` and that of the released LLM 0.36 can use one user directory in turn.

    python -m tests.interop.commands_with_released [PYTHON]

PYTHON is an interpreter with `llm==0.36`; without it a virtual environment is made for the occasion. Both programs load
the same small plugin, take turns in one conversation, and print the same log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.interop.with_released import released_python

PLUGIN = """
import llm
from llm.parts import StreamEvent

class Counting(llm.Model):
    model_id = "counting"
    can_stream = True

    def execute(self, prompt, stream, response, conversation):
        yield StreamEvent("reasoning", "I count")
        yield f"{prompt.prompt} is message {len(prompt.messages)}"
        response.set_usage(input=len(prompt.messages), output=1)
        response.response_json = {"said": f"{prompt.prompt} is message {len(prompt.messages)}", "x": [1, None]}

@llm.hookimpl
def register_models(register):
    register(Counting(), aliases=["cnt"])
"""

LISTINGS = (
    ("logs", "list", "-n", "0"),
    ("logs", "list", "-n", "0", "--json"),
    ("logs", "list", "-c", "-u"),
    ("logs", "list", "-s", "-n", "2"),
    ("logs", "list", "-r"),
    ("logs", "list", "-q", "two"),
    ("models", "list", "-q", "counting"),
    ("keys",),
)


class Programs:
    """Both programs over one user directory, with the plugin installed."""

    def __init__(self, released: Path, folder: Path) -> None:
        self._pythons = {"ours": Path(sys.executable), "released": released}
        site = folder / "site"
        metadata = site / "llm_counting-1.0.dist-info"
        metadata.mkdir(parents=True)
        (site / "llm_counting.py").write_text(PLUGIN, encoding="utf-8")
        (metadata / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: llm-counting\nVersion: 1.0\n", encoding="utf-8"
        )
        (metadata / "entry_points.txt").write_text("[llm]\ncounting = llm_counting\n", encoding="utf-8")
        self._environment = {**os.environ, "LLM_USER_PATH": str(folder / "user"), "PYTHONPATH": str(site)}
        self._environment["LLM_LOAD_PLUGINS"] = "llm-counting"

    def run(self, side: str, *words: str) -> str:
        """Return what the program of this side prints; a failure raises."""
        done = subprocess.run(
            [self._pythons[side], "-m", "llm", *words], env=self._environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{side}: llm {' '.join(words)}: {done.stderr}")
        return done.stdout


def differences(released: Path, folder: Path) -> Iterator[str]:
    """Yield a line for each thing that differs, or is not as it should be."""
    programs = Programs(released, folder)
    programs.run("ours", "aliases", "set", "two", "counting")
    said = [
        programs.run("ours", "-m", "counting", "one", "-s", "Be short"),
        programs.run("released", "-c", "two"),
        programs.run("ours", "-c", "three"),
        programs.run("released", "-c", "four"),
        programs.run("released", "-m", "two", "another conversation"),
        programs.run("ours", "-c", "and on"),
    ]
    counts = [text.strip().rpartition(" ")[2] for text in said]
    if counts != ["2", "4", "6", "8", "1", "3"]:
        yield f"a program did not see the turns of the other: {said}"
    for words in LISTINGS:
        ours, theirs = programs.run("ours", *words), programs.run("released", *words)
        if ours != theirs:
            yield f"llm {' '.join(words)} differs:\n--- ours\n{ours}\n--- released\n{theirs}"
    rows = json.loads(programs.run("ours", "logs", "list", "-n", "0", "--json"))
    if len({row["conversation_id"] for row in rows}) != 2 or len(rows) != 6:
        yield "the log does not hold two conversations with six turns"


def main() -> None:
    """Print the differences; exit with 1 if there are any."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = Path(sys.argv[1]) if len(sys.argv) > 1 else released_python(folder / "released-environment")
        found = list(differences(python, folder))
    for line in found:
        print(line)
    print(f"{len(found) or 'No'} differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
