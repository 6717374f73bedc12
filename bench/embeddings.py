"""Embeddings.

Searching and filling collections, on the same files.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import memory, released, report

ROWS, DIMENSIONS = 100_000, 384
MANY_ROWS = 1_000_000
TEXTS = 20_000
ROUNDS = 5
QUERIES = 30

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

#: prints the best time of a query in this process, and that of the same product in numpy, measured in turns
QUERY = """
import json, sys, time
import llm, sqlite_utils
try:
    import numpy
except ImportError:  # the released program does without
    numpy = None
collection = llm.Collection("bench", sqlite_utils.Database(sys.argv[1]), create=False)
rounds, rows, dimensions = map(int, sys.argv[2:])

def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start

times, products = [], [0.0]
if numpy and rounds > 1:
    matrix = numpy.random.default_rng(1).standard_normal((rows, dimensions), dtype="float32")
    query = matrix[7].copy()
    for _ in range(2):
        collection.similar_by_id("doc-7")
    products = []
for _ in range(rounds):
    times.append(seconds(lambda: collection.similar_by_id("doc-7")))
    if numpy and rounds > 1:
        products.append(seconds(lambda: matrix @ query))
print(json.dumps([min(times), min(products)]))
"""

#: prints by how much a search makes the process grow, in megabytes
MEMORY = (
    memory.PEAK
    + """
import sys
import llm, sqlite_utils
start = peak()
llm.Collection("bench", sqlite_utils.Database(sys.argv[1]), create=False).similar_by_id("doc-7")
print(peak() - start)
"""
)

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
    return subprocess.run(words, env=released.settings(**settings), capture_output=True, text=True, check=True).stdout


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


def make(database: Path, rows: int) -> None:
    """Make a database, and let it rest for as long as our program wants before it copies vectors."""
    run([released.python(released.ours()), "-c", MAKE, str(database), str(rows), str(DIMENSIONS)])
    time.sleep(2.5)


def without_copy(database: Path) -> None:
    """Delete our copy of the vectors."""
    shutil.rmtree(f"{database}-vectors", ignore_errors=True)


def similar(environment: Path, database: Path, prepare: Callable[[Path], object] = lambda _: None) -> float:
    """Return the time of `llm similar` as a whole process."""
    prepare(database)
    return seconds([str(released.scripts(environment) / "llm"), "similar", "bench", "doc-7", "-d", str(database)])


def searches(database: Path) -> tuple[float, float, float]:
    """Return the best times of `llm similar`: ours without a copy, ours with it, and the released one's; in turns."""
    ours, old = released.ours(), released.environment()
    without = with_copy = theirs = float("inf")
    for turn in range(ROUNDS):
        without = min(without, similar(ours, database, without_copy))
        similar(ours, database)  # makes the copy
        with_copy = min(with_copy, similar(ours, database))
        if turn < 2:
            theirs = min(theirs, similar(old, database))
    return without, with_copy, theirs


def query(environment: Path, database: Path, rounds: int) -> tuple[float, float]:
    """Return the best time of a search inside a process, and that of numpy's product."""
    words = [released.python(environment), "-c", QUERY, str(database), str(rounds), str(ROWS), str(DIMENSIONS)]
    search, product = json.loads(run(words))
    return search, product


def embed_multi(environment: Path, directory: Path) -> float:
    """Return the time of `llm embed-multi` with the free model into a fresh database."""
    source, database = directory / "texts.json", directory / "fresh.db"
    for path in directory.glob("fresh.db*"):
        path.unlink()
    words = [str(released.scripts(environment) / "llm"), "embed-multi", "texts", str(source), "-m", "free", "--store"]
    settings = {"PYTHONPATH": str(directory), "LLM_USER_PATH": str(directory), "LLM_LOAD_PLUGINS": "bench-free"}
    return seconds([*words, "-d", str(database)], **settings)


def filling(directory: Path) -> tuple[float, float]:
    """Return the best times of `llm embed-multi`, ours and the released one's, in turns."""
    texts = [{"id": n, "text": f"text {n}"} for n in range(TEXTS)]
    (directory / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    ours = theirs = float("inf")
    for _ in range(ROUNDS):
        ours = min(ours, embed_multi(released.ours(), directory))
        theirs = min(theirs, embed_multi(released.environment(), directory))
    return ours, theirs


def growth(database: Path) -> float:
    """Return by how many megabytes a first search makes our process grow."""
    without_copy(database)
    return float(run([released.python(released.ours()), "-c", MEMORY, str(database)]))


def row(what: str, ours: float, theirs: float, aim: float | None = None) -> list[str]:
    """Return a row: seconds, and how many times faster ours is."""
    times = theirs / ours
    judged = f"**{times:.1f}**" if aim and times < aim else f"{times:.1f}"
    return [what, f"{ours:.3f} s", f"{theirs:.2f} s", judged, f"{aim:.0f}" if aim else ""]


def times(directory: Path, database: Path) -> Iterator[list[str]]:
    """Yield what searching and filling take."""
    without, with_copy, theirs = searches(database)
    yield row("`llm similar`, whole process, first search", without, theirs, 12)
    yield row("`llm similar`, whole process, later searches", with_copy, theirs, 20)
    ours = query(released.ours(), database, QUERIES)[0]
    yield row("`similar_by_id` in a process, later searches", ours, query(released.environment(), database, 1)[0])
    yield row("`llm embed-multi`, whole process", *filling(directory), 5)


def others(directory: Path, database: Path) -> Iterator[list[str]]:
    """Yield what has no counterpart: the floor that numpy sets, and memory."""
    search, product = query(released.ours(), database, QUERIES)
    yield ["a later search, as a multiple of numpy's product alone", report.judged(search / product, 2), "2"]
    yield [
        f"first search among {ROWS:,}: growth of the process, MB",
        report.judged(growth(database), 300, ".0f"),
        "300",
    ]
    large = directory / "large.db"
    make(large, MANY_ROWS)
    yield [f"the same among {MANY_ROWS:,}", report.judged(growth(large), 300, ".0f"), "300"]


def tables() -> Iterator[report.Table]:
    """Yield the tables."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        install_plugin(directory)
        database = directory / "bench.db"
        make(database, ROWS)
        about = (
            f"{ROWS:,} vectors of {DIMENSIONS} numbers; for `embed-multi`, {TEXTS:,} short texts and a model that "
            "costs nothing. The aim is how many times faster than 0.36."
        )
        yield report.Table(about, ("what", "ours", "0.36", "times faster", "aim"), times(directory, database))
        about = "What 0.36 has nothing to compare with:"
        yield report.Table(about, ("what", "ours", "aim"), others(directory, database))


if __name__ == "__main__":
    report.show(tables())
