"""A log database for each test."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from llm.store.database import Handle, open_connection, open_log_database
from llm.store.logstore import LogStore


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    """The path of a log database that is not there yet."""
    return tmp_path / "logs.db"


@pytest.fixture
def empty(log_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to an empty database."""
    with closing(open_connection(log_path)) as conn:
        yield conn


@pytest.fixture
def conn(log_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a new log database."""
    with closing(open_log_database(log_path)) as connection:
        yield connection


@pytest.fixture
def store(conn: sqlite3.Connection) -> LogStore:
    """The store on that connection."""
    return LogStore(Handle(conn))
