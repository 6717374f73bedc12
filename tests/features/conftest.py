"""Fixtures for the tests of use cases."""

from __future__ import annotations

import io
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from llm.store.database import Handle, open_log_database
from tests.engine.faces import AsyncFace, BlockingFace, Face
from tests.registry.stand_ins import only_these_plugins


@pytest.fixture
def register_plugins() -> Iterator[Callable[..., None]]:
    """A registry without plugins, and the function that puts some in."""
    with only_these_plugins() as register:
        yield register


@pytest.fixture(params=[BlockingFace, AsyncFace], ids=["blocking", "async"])
def face(request: pytest.FixtureRequest) -> Iterator[Face]:
    """The engine in ordinary code and on an event loop."""
    made: Face = request.param()
    yield made
    made.close()


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a new log database."""
    with closing(open_log_database(tmp_path / "logs.db")) as connection:
        yield connection


@pytest.fixture
def db(conn: sqlite3.Connection) -> Handle:
    """The same in the shape that use cases take."""
    return Handle(conn)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def substitution() -> Iterator[Callable[[bytes], str]]:
    """The function that names a pipe with these bytes, as a shell does for `<(command)`."""
    ends: list[int] = []

    def put(content: bytes) -> str:
        end, other = os.pipe()
        ends.append(end)
        os.write(other, content)
        os.close(other)
        return f"/dev/fd/{end}"

    if not Path("/dev/fd").exists():
        pytest.skip("names no pipes")
    yield put
    for end in ends:
        os.close(end)


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """The function that puts bytes on standard input."""

    def put(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))

    return put
