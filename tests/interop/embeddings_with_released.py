"""Shows that a database of embeddings can be shared with the released LLM 0.36, in both directions.

    python -m tests.interop.embeddings_with_released [PYTHON]

PYTHON is an interpreter with `llm==0.36`; without it a virtual environment is made for the occasion. Both commands load
one plugin, whose model makes vectors out of hashes. First each fills a database of its own, and the tables must be the
same; then they take turns with one database, and what they print must be.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.interop.with_released import released_python

PLUGIN = """
import hashlib
import llm

class Hashed(llm.EmbeddingModel):
    model_id = "hashed"
    supports_binary = True
    batch_size = 50

    def embed_batch(self, items):
        for item in items:
            digest = hashlib.shake_256(item if isinstance(item, bytes) else item.encode()).digest(1024)
            yield [byte / 128 - 1 for byte in digest]

@llm.hookimpl
def register_embedding_models(register):
    register(Hashed(), aliases=["h"])
"""
MANY = 1200  #: with vectors of 1024 numbers enough for a copy beside the database

#: what both programs do, each with a database of its own; FOLDER has the input
FILLING = (
    ("embed", "notes", "1", "-m", "h", "-c", "hello world", "--store", "--metadata", '{"a": [1, "é"]}'),
    ("embed", "notes", "2", "-c", "goodbye world"),
    ("embed", "notes", "raw", "-i", "FOLDER/in/c.bin", "--binary", "--store"),
    ("embed-multi", "rows", "FOLDER/rows.csv", "-m", "hashed", "--store", "--prefix", "p/", "--prepend", "doc: "),
    ("embed-multi", "rows", "FOLDER/rows.json", "--store"),
    ("embed-multi", "rows", "FOLDER/rows.txt", "--format", "nl", "--batch-size", "2"),
    ("embed-multi", "files", "-m", "h", "--files", "FOLDER/in", "*.txt", "--encoding", "utf-8", "--store"),
    ("embed-multi", "bytes", "-m", "h", "--files", "FOLDER/in", "**/*", "--binary", "--store"),
    ("embed-multi", "query", "-m", "h", "--store", "--sql", "select id, content from embeddings where id like 'p/%'"),
    ("embed-multi", "many", "FOLDER/many.csv", "-m", "h", "--store"),
    ("embed-multi", "gone", "FOLDER/rows.csv", "-m", "h"),
    ("collections", "delete", "gone"),
    ("embed-models", "default", "h"),
)
#: what both programs say about one database
QUESTIONS = (
    ("collections",),
    ("collections", "list", "--json"),
    ("collections", "path"),
    ("embed-models", "list", "-q", "hashed"),
    ("embed-models", "default"),
    ("embed", "-c", "a text"),
    ("embed", "-c", "a text", "-m", "h", "-f", "hex"),
    ("embed", "-c", "a text", "-f", "base64"),
)
SEARCHES = (
    ("similar", "notes", "1"),
    ("similar", "notes", "-c", "hello world", "-n", "2"),
    ("similar", "rows", "-c", "doc: x y", "--prefix", "p/"),
    ("similar", "many", "7", "-n", "20"),
    ("similar", "many", "-c", "text number 8"),
    ("similar", "bytes", "-i", "FOLDER/in/c.bin", "--binary", "-n", "1"),
)
COLUMNS = "name, model, embeddings.id, embedding, content, content_blob, content_hash, metadata"


class Program:
    """One of the two commands, over one user directory."""

    def __init__(self, python: Path, folder: Path, user: Path) -> None:
        self._python = python
        self._folder = folder
        self.database = user / "embeddings.db"
        self._environment = {**os.environ, "LLM_USER_PATH": str(user), "PYTHONPATH": str(folder / "site")}
        self._environment["LLM_LOAD_PLUGINS"] = "llm-hashed"

    def run(self, *words: str) -> str:
        """Return what the command prints; a failure raises."""
        done = subprocess.run(
            [self._python, "-m", "llm", *(word.replace("FOLDER", str(self._folder)) for word in words)],
            env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{self._python}: llm {' '.join(words)}: {done.stderr}")
        return done.stdout


def write_input(folder: Path) -> None:
    """Write the plugin and what is embedded."""
    metadata = folder / "site" / "llm_hashed-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "site" / "llm_hashed.py").write_text(PLUGIN, encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-hashed\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[llm]\nhashed = llm_hashed\n", encoding="utf-8")
    (folder / "in" / "sub").mkdir(parents=True)
    files = {"in/a.txt": "one", "in/b.txt": "fünf", "in/sub/d.txt": "deep", "rows.csv": "id,a,b\n1,x,y\n2,,z\n"}
    files["rows.json"] = '[{"id": "j1", "t": "first"}, {"id": "j2", "t": "second", "u": null}]'
    files["rows.txt"] = "".join(f'{{"id": "n{n}", "t": "line {n}"}}\n' for n in range(5))
    files["many.csv"] = "id,text\n" + "".join(f"{n},text number {n}\n" for n in range(MANY))
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "in" / "c.bin").write_bytes(b"\xff\x00\xfe")


def differences(released: Path, folder: Path) -> Iterator[str]:
    """Yield a line for each thing that differs, or is not as it should be."""
    write_input(folder)
    pythons = {"ours": Path(sys.executable), "released": released}
    for name, python in pythons.items():
        filling = Program(python, folder, folder / name)
        for words in FILLING:
            filling.run(*words)
    yield from _compare_tables(folder / "ours" / "embeddings.db", folder / "released" / "embeddings.db")
    for name in pythons:
        ours, theirs = (Program(python, folder, folder / name) for python in pythons.values())
        yield from _taking_turns(ours, theirs, f"database made by {name}")


def _compare_tables(ours: Path, released: Path) -> Iterator[str]:
    for sql in (
        f"SELECT {COLUMNS} FROM embeddings JOIN collections ON collections.id = collection_id ORDER BY 1, 3",
        "SELECT name, model FROM collections ORDER BY name",
        "SELECT migration_set, name FROM _sqlite_migrations ORDER BY name",
        "SELECT name, sql IS NULL FROM sqlite_master WHERE type IN ('table', 'index') ORDER BY name",
        "SELECT name, type, pk FROM pragma_table_info('embeddings')",
        "SELECT name, type, pk FROM pragma_table_info('collections')",
        "SELECT name, type, pk FROM pragma_table_info('_sqlite_migrations')",
    ):
        mine, theirs = rows_of(ours, sql), rows_of(released, sql)
        if mine != theirs:
            different = [(a, b) for a, b in zip(mine, theirs, strict=False) if a != b][:2]
            yield f"{len(mine)} and {len(theirs)} rows of {sql!r} differ: {str(different)[:500]}"


def rows_of(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with closing(sqlite3.connect(database)) as conn:
        return conn.execute(sql).fetchall()


def _taking_turns(ours: Program, released: Program, what: str) -> Iterator[str]:
    for words in QUESTIONS:
        mine, theirs = ours.run(*words), released.run(*words)
        if mine != theirs:
            yield f"{what}: llm {' '.join(words)} differs: ours {mine[:200]!r}, released {theirs[:200]!r}"
    yield from _compare_searches(ours, released, what, SEARCHES)
    changes: tuple[tuple[Program, tuple[str, ...]], ...] = (
        (released, ("embed", "many", "7", "-c", "something else", "--store")),
        (ours, ("embed", "many", "new", "-c", "text number 8 changed", "--store")),
        (ours, ("embed-multi", "rows", "FOLDER/rows.json", "--store", "--prepend", "changed ")),
        (released, ("embed-multi", "rows", "FOLDER/rows.json", "--store", "--prepend", "again ")),
        (released, ("collections", "delete", "files")),
        (ours, ("collections", "delete", "query")),
    )
    for program, change in changes:
        _let_it_rest(ours.database)
        for _ in range(2):  # the second search makes the copy beside the database
            ours.run("similar", "many", "7")
        if not list(ours.database.with_name("embeddings.db-vectors").glob("*.json")):
            yield f"{what}: there is no copy of the vectors before llm {' '.join(change)}"
        program.run(*change)
        searches = [("similar", change[1], "-c", "text number 8")] if change[0] != "collections" else []
        yield from _compare_searches(ours, released, f"{what}, after llm {' '.join(change)}", searches)
    at_the_end = (("collections",), ("similar", "many", "7", "-n", "20"))
    yield from _compare_searches(ours, released, f"{what}, at the end", at_the_end)


def _let_it_rest(database: Path) -> None:
    """Have the files look as if they had not been written to for a while."""
    for path in (database, database.with_name(f"{database.name}-wal")):
        if path.exists():
            os.utime(path, (time.time() - 60, time.time() - 60))


def _compare_searches(
    ours: Program, released: Program, what: str, searches: Iterable[tuple[str, ...]]
) -> Iterator[str]:
    for words in searches:
        theirs = released.run(*words)
        for _ in range(2):  # the second time perhaps with the copy
            mine = ours.run(*words)
            if mine != theirs and (words[0] != "similar" or not _same_entries(mine, theirs)):
                yield f"{what}: llm {' '.join(words)} differs:\n--- ours\n{mine}\n--- released\n{theirs}"


def _same_entries(ours: str, released: str) -> bool:
    """Tell whether the same items were found in the same order, with the same scores within rounding."""
    mine, theirs = ([json.loads(line) for line in output.splitlines()] for output in (ours, released))
    return len(mine) == len(theirs) and all(
        math.isclose(a.pop("score"), b.pop("score"), abs_tol=1e-9) and a == b for a, b in zip(mine, theirs, strict=True)
    )


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
