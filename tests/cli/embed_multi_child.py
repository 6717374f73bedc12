"""`llm embed-multi` as a process of its own, with a model that may kill it; for tests and for `embed_multi_kills`."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import llm
from llm.cli.commands.embed_multi import embed_multi

COUNT = 200  #: rows of the input
COMMAND = [sys.executable, "-m", "tests.cli.embed_multi_child", "c"]


class Model(llm.EmbeddingModel):
    """Embeds the length of a text; kills the process at the text `KILLED_BY`, and takes `SECONDS` for a batch."""

    model_id = "m"
    batch_size = 7

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        time.sleep(float(os.environ.get("SECONDS", "0")))
        for item in items:
            if item == os.environ.get("KILLED_BY"):
                os.kill(os.getpid(), signal.SIGKILL)
            yield [float(len(item)), 1.0]


class Plugin:
    """Registers the model."""

    @llm.hookimpl
    def register_embedding_models(self, register: Any) -> None:
        register(Model())


def write_rows(path: Path) -> Path:
    """Write the input and return its path."""
    path.write_text("id,text\n" + "".join(f"{n},{'x' * n}\n" for n in range(COUNT)))
    return path


def table(path: Path) -> list[tuple[Any, ...]]:
    """Return what was stored, without times."""
    with closing(sqlite3.connect(path)) as conn:
        sql = "SELECT collection_id, id, embedding, content, content_hash FROM embeddings ORDER BY id"
        return conn.execute(sql).fetchall()


if __name__ == "__main__":
    llm.pm.register(Plugin(), name="child")
    embed_multi(sys.argv[1:])
