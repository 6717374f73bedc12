"""Reading what is to be embedded: how much of it is in memory, and how often it is read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

from llm.embeddings import Collection
from llm.features.embedding_input import entries_of_rows, file_source, text_source
from llm.features.embedding_runs import embed_all
from tests.embedding_models import Lengths

_MOST_AHEAD = 1 << 20  #: bytes that may have been read and not yet embedded

FORMATS: dict[str, Callable[[int], str]] = {
    "csv": lambda n: f"{n},text {n} {'word ' * 20}\n",
    "tsv": lambda n: f"{n}\ttext {n} {'word ' * 20}\n",
    "nl": lambda n: json.dumps({"id": n, "text": f"text {n} {'word ' * 20}"}) + "\n",
    "json": lambda n: ("[" if n == 0 else ", ") + json.dumps({"id": n, "text": f"text {n} {'word ' * 20}"}),
}


class Endless(io.RawIOBase):
    """A file without an end, made as it is read; it counts what was read of it."""

    def __init__(self, rows: Iterator[str]) -> None:
        self._rows = rows
        self._left = b""
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(self._left) < len(buffer):
            self._left += next(self._rows).encode()
        buffer[:], self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        self.taken += len(buffer)
        assert self.taken < 16 * _MOST_AHEAD, "nobody stops reading"
        return len(buffer)


@pytest.mark.parametrize("form", FORMATS)
def test_memory_is_bounded(form: str) -> None:
    """Input without an end is read only a little ahead of what is embedded and stored, in each format."""
    file = Endless(map(FORMATS[form], count()))
    ahead: list[int] = []

    class Watching(Lengths):
        def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
            batch = list(items)
            self.batches.append(batch)
            ahead.append(file.taken - sum(len(text) for taken in self.batches for text in taken))
            return iter([[1.0]] * len(batch))

    target = Collection("c", sqlite_utils.Database(memory=True), model=Watching(batch_size=1000))
    source = text_source(io.BufferedReader(file), "endless", form)
    entries = ((item, text, None) for item, text in islice(source.entries, 30_000))
    embed_all(target, target.items(entries, store=False), size=1000, concurrency=1, key=None)
    assert target.count() == 30_000
    assert file.taken > 3 * _MOST_AHEAD
    overhead = len(FORMATS[form](29_999)) - len(f"text 29999 {'word ' * 20}")
    assert max(seen - overhead * 1000 * number for number, seen in enumerate(ahead, start=1)) < _MOST_AHEAD


@pytest.mark.parametrize("form", FORMATS)
def test_input_is_read_once(form: str) -> None:
    """Input is read from its beginning to its end, once: a pipe will do, and recognising the format costs nothing."""

    class Once(io.BytesIO):
        taken = 0

        def seekable(self) -> bool:
            return False

        def read1(self, size: int | None = -1, /) -> bytes:
            found = super().read1(size)
            self.taken += len(found)
            return found

        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            self.taken += len(found)
            return found

    rows = [FORMATS[form](n) for n in range(5_000)]
    if form in {"csv", "tsv"}:
        rows.insert(0, "id\ttext\n" if form == "tsv" else "id,text\n")
    content = ("".join(rows) + ("]" if form == "json" else "")).encode()
    file = Once(content)
    assert sum(1 for _ in text_source(file, "pipe", "nl" if form == "nl" else None).entries) == 5_000
    assert file.taken == len(content)


def test_rows_are_taken_lazily() -> None:
    """Rows of a query are taken one at a time, as entries are asked for."""
    rows = ((n, "text", None, 1) for n in count())
    entries = entries_of_rows(rows)
    assert next(entries) == ("0", "text  1")
    assert next(rows)[0] == 1


def test_files_are_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, without directories, are counted by one look at each folder; each is read when it is asked for."""
    (tmp_path / "d.txt").mkdir()
    for name in ("b.txt", "a.txt", "c.md"):
        (tmp_path / name).write_text(name)
    looks: list[str] = []
    original: Callable[..., Any] = Path.glob

    def glob(self: Path, pattern: str) -> Any:
        looks.append(pattern)
        return original(self, pattern)

    monkeypatch.setattr(Path, "glob", glob)
    read: list[str] = []

    def content(path: Path) -> str:
        read.append(path.name)
        return path.read_text()

    source = file_source([(str(tmp_path), "*.txt"), (str(tmp_path), "*.md")], content)
    assert (source.total, read) == (3, [])
    assert next(source.entries) == ("a.txt", "a.txt")
    assert (source.done and source.done(), read) == (1, ["a.txt"])
    assert [item for item, _ in source.entries] == ["b.txt", "c.md"]
    assert looks == ["*.txt", "*.md"]
