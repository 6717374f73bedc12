"""Searching and filling collections of embeddings: ours against the released program, on the same files."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from bench import released

ROWS, DIMENSIONS = 100_000, 384
TEXTS = 20_000
ROUNDS = 3

#: makes a collection of random vectors; run with our interpreter, as both programs read the same file
MAKE = """
import os, sys
import numpy
import llm, sqlite_utils
path, rows, dimensions = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

class Random(llm.EmbeddingModel):
    model_id = "random"
    def embed_batch(self, items, *, key=None):
        return numbers.standard_normal((len(list(items)), dimensions)).astype("<f4")

numbers = numpy.random.default_rng(1)
collection = llm.Collection("bench", sqlite_utils.Database(path), model=Random())
ids = numbers.permutation(rows).tolist()
collection.embed_multi(((f"doc-{n}", f"text number {n} " * 5) for n in ids), store=True, batch_size=1000)
"""

#: prints the best time of a query in this process, and for ours that of the same product in numpy
QUERY = """
import json, sys, time
import llm, sqlite_utils
collection = llm.Collection("bench", sqlite_utils.Database(sys.argv[1]), create=False)

def best(function, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)

print(json.dumps(best(lambda: collection.similar_by_id("doc-7"), int(sys.argv[2]))))
"""

#: prints by how much a search makes the process grow, in megabytes
MEMORY = """
import resource, sys
import llm, sqlite_utils
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
llm.Collection("bench", sqlite_utils.Database(sys.argv[1]), create=False).similar_by_id("doc-7")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) / 1024)
"""

#: a model that costs nothing, as an installed plugin
PLUGIN = """
import llm

class Free(llm.EmbeddingModel):
    model_id = "free"
    batch_size = 100
    def embed_batch(self, items, *, key=None):
        for item in items:
            yield [float(len(item))] * 16

@llm.hookimpl
def register_embedding_models(register):
    register(Free())
"""


def run(words: list[str], **settings: str) -> str:
    """Run a command and return what it printed."""
    environment = {**os.environ, **settings}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout


def seconds(words: list[str], **settings: str) -> float:
    """Return how long a process takes."""
    start = time.perf_counter()
    run(words, **settings)
    return time.perf_counter() - start


def install_plugin(directory: Path) -> None:
    """Make the free model an installed plugin for whoever has the directory on its path."""
    metadata = directory / "bench_free-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-free\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[llm]\nbench_free = bench_free\n", encoding="utf-8")
    (directory / "bench_free.py").write_text(PLUGIN, encoding="utf-8")


def similar(environment: Path, database: Path, rounds: int) -> float:
    """Return the best time of `llm similar` as a whole process."""
    words = [str(released.scripts(environment) / "llm"), "similar", "bench", "doc-7", "-d", str(database)]
    return min(seconds(words, LLM_LOAD_PLUGINS="") for _ in range(rounds))


def query(environment: Path, database: Path, rounds: int) -> float:
    """Return the best time of a search inside a process."""
    found: float = json.loads(run([released.python(environment), "-c", QUERY, str(database), str(rounds)]))
    return found


def embed_multi(environment: Path, directory: Path) -> float:
    """Return the best time of `llm embed-multi` with the free model, each into a fresh database."""
    source = directory / "texts.json"
    source.write_text(json.dumps([{"id": n, "text": f"text {n}"} for n in range(TEXTS)]), encoding="utf-8")
    times = []
    for _ in range(ROUNDS):
        database = directory / "fresh.db"
        database.unlink(missing_ok=True)
        program = str(released.scripts(environment) / "llm")
        words = [program, "embed-multi", "texts", str(source), "-m", "free", "--store", "-d", str(database)]
        times.append(seconds(words, PYTHONPATH=str(directory), LLM_USER_PATH=str(directory)))
    return min(times)


def main() -> None:
    """Print the table."""
    ours, old = released.ours(), released.environment()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        install_plugin(directory)
        database = directory / "bench.db"
        run([released.python(ours), "-c", MAKE, str(database), str(ROWS), str(DIMENSIONS)])
        rows = {
            "llm similar, whole process": (similar(ours, database, ROUNDS), similar(old, database, 1)),
            "similar_by_id in a process": (query(ours, database, ROUNDS), query(old, database, 1)),
            "embed-multi, free model": (embed_multi(ours, directory), embed_multi(old, directory)),
        }
        grown = float(run([released.python(ours), "-c", MEMORY, str(database)]))
    print(f"{ROWS:,} vectors of {DIMENSIONS} numbers; {TEXTS:,} short texts\n")
    print(f"{'seconds':32}{'ours':>8}{'0.36':>8}{'0.36/ours':>11}")
    for what, (our_time, their_time) in rows.items():
        print(f"{what:32}{our_time:8.2f}{their_time:8.2f}{their_time / our_time:11.1f}")
    print(f"\na search makes our process grow by {grown:.0f} MB")


if __name__ == "__main__":
    main()
