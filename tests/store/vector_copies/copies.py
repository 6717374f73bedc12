"""A database of vectors to search, with or without a copy of them, and a look at that copy."""

from __future__ import annotations

import os
import sqlite3
import time
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from llm.core.vectors import encode
from llm.store.embeddings import Item, write_items
from llm.store.vector_cache import SWITCH
from llm.store.vectors import Neighbour, nearest

DIMENSIONS = 4
ROWS = 40
_numbers = np.random.default_rng(1)
_ticks = count(1)


def vector() -> list[float]:
    return [float(number) for number in _numbers.standard_normal(DIMENSIONS)]


def write(conn: sqlite3.Connection, items: dict[str, list[float]], collection: int = 1) -> None:
    write_items(
        conn, collection, [(Item(name, name, b"", None, True), encode(numbers)) for name, numbers in items.items()]
    )
    conn.commit()


def rest(path: Path) -> None:
    """Let the files of a database look as if nobody had written to them for a while."""
    for file in (path, path.with_name(f"{path.name}-wal")):
        if file.exists():
            past = time.time_ns() - 60_000_000_000 + next(_ticks)
            os.utime(file, ns=(past, past))


def folder(path: Path) -> Path:
    return path.with_name(f"{path.name}-vectors")


def files(path: Path) -> set[str]:
    return {file.name for file in folder(path).iterdir()} if folder(path).exists() else set()


def search(conn: sqlite3.Connection, **arguments: object) -> list[Neighbour]:
    return nearest(conn, 1, [1, 2, 3, 4], **{"number": 5, **arguments})  # type: ignore[arg-type]


def definition(conn: sqlite3.Connection, **arguments: object) -> list[Neighbour]:
    """What is found without a copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SWITCH, "0")
        return search(conn, **arguments)


def reads_the_table(conn: sqlite3.Connection) -> bool:
    """Tell whether the next search does, instead of using the copy."""
    statements: list[str] = []
    conn.set_trace_callback(statements.append)
    search(conn)
    conn.set_trace_callback(None)
    return any("rowid, embedding" in statement for statement in statements)
