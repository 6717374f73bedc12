"""Running a prompt.

A whole process, and each chunk on its way to a pipe. The model is that of a plugin and answers at once.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import released, report

CHUNKS = 100_000
ROUNDS = 5
KINDS = (("wall", "wall"), ("cpu", "CPU"))

PLUGIN = """
import llm

class Quick(llm.Model):
    model_id = "quick"
    can_stream = True

    def execute(self, prompt, stream, response, conversation):
        for _ in range(int(prompt.prompt)):
            yield "word "

@llm.hookimpl
def register_models(register):
    register(Quick())
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one process."""

    wall: float
    cpu: float


def tables() -> Iterator[report.Table]:
    """Yield the table."""
    about = (
        "`llm -m quick`, where the model of a plugin answers at once: with one chunk, and what each of many more costs."
    )
    yield report.Table(about, ("what", "ours", "0.36", "ratio", "ours, x bare Python"), _rows())


def _rows() -> Iterator[list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(Path(folder))
        bare = _best([sys.executable, "-c", "pass"], environment)
        few = {side: _best(_command(python, 1), environment) for side, python in _sides().items()}
        many = {side: _best(_command(python, CHUNKS), environment) for side, python in _sides().items()}
    for name, what in KINDS:
        ours, theirs, base = (getattr(cost, name) * 1e3 for cost in (few["ours"], few["0.36"], bare))
        yield [f"whole process, {what} time", *_compared(ours, theirs, "ms", ".0f"), f"{ours / base:.1f}"]
    for name, what in KINDS:
        ours, theirs = (
            (getattr(many[side], name) - getattr(few[side], name)) / (CHUNKS - 1) * 1e6 for side in ("ours", "0.36")
        )
        yield [f"each of {CHUNKS:,} chunks to a pipe, {what} time", *_compared(ours, theirs, "µs", ".1f"), ""]


def _compared(ours: float, theirs: float, unit: str, form: str) -> list[str]:
    return [f"{ours:{form}} {unit}", f"{theirs:{form}} {unit}", f"{ours / theirs:.2f}"]


def _sides() -> dict[str, str]:
    return {"ours": sys.executable, "0.36": released.python(released.environment())}


def _command(python: str, chunks: int) -> list[str]:
    return [python, "-m", "llm", "-m", "quick", str(chunks)]


def _environment(folder: Path) -> dict[str, str]:
    """Make the plugin as if it were installed; return the variables under which both programs find it."""
    metadata = folder / "site" / "llm_quick-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "site" / "llm_quick.py").write_text(PLUGIN, encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-quick\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[llm]\nquick = llm_quick\n", encoding="utf-8")
    return {**released.inherited(), "LLM_USER_PATH": str(folder / "user"), "PYTHONPATH": str(folder / "site")}


def _best(command: Sequence[str], environment: dict[str, str]) -> Cost:
    """Return the least that a process took, of several; a reader at the other end of the pipe throws the text away."""
    costs = [_run(command, environment) for _ in range(ROUNDS)]
    return Cost(min(cost.wall for cost in costs), min(cost.cpu for cost in costs))


def _run(command: Sequence[str], environment: dict[str, str]) -> Cost:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    report.show(tables())
