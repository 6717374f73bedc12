"""What `llm -m MODEL hi` costs as a process, and each chunk on its way to a pipe: ours against the released program.

The model is that of a plugin and answers at once.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import released

CHUNKS = 100_000
ROUNDS = 5

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
    """Seconds of one process: on the wall, and of the processor."""

    wall: float
    processor: float


def main() -> None:
    """Print the costs and how they compare."""
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(Path(folder))
        bare = _best([sys.executable, "-c", "pass"], environment)
        few = {side: _best(_command(python, 1), environment) for side, python in _sides().items()}
        many = {side: _best(_command(python, CHUNKS), environment) for side, python in _sides().items()}
    ours, theirs = few["ours"], few["0.36"]
    print("| `llm -m quick`, whole process | ours | 0.36 | ratio | x bare Python |")
    print("|---|---|---|---|---|")
    for name in ("wall", "processor"):
        mine, other, base = getattr(ours, name), getattr(theirs, name), getattr(bare, name)
        print(f"| {name}, ms | {mine * 1e3:.0f} | {other * 1e3:.0f} | {mine / other:.2f} | {mine / base:.1f} |")
    print(f"\n| each of {CHUNKS:,} chunks to a pipe | ours | 0.36 | ratio |")
    print("|---|---|---|---|")
    for name in ("wall", "processor"):
        each = {side: (getattr(many[side], name) - getattr(few[side], name)) / (CHUNKS - 1) * 1e6 for side in few}
        print(f"| {name}, µs | {each['ours']:.1f} | {each['0.36']:.1f} | {each['ours'] / each['0.36']:.2f} |")


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
    return Cost(min(cost.wall for cost in costs), min(cost.processor for cost in costs))


def _run(command: Sequence[str], environment: dict[str, str]) -> Cost:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    main()
