"""Which log a command reads: the one it is given, or the user's own, which has to be there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import sqlite3

_FILE = click.Path(readable=True, exists=True, dir_okay=False)

database_option = click.option(
    "-d", "--database", type=_FILE, help="Log database to read instead of the default one"
)  # fmt: skip
path_option = click.option("path", "-p", "--path", type=_FILE, hidden=True, help="Old name of --database")


@contextmanager
def log_to_read(given: str | None) -> Iterator[sqlite3.Connection]:
    """Open a log database. Raises `click.ClickException` if none is given and the user has none."""
    from llm.store.readonly import open_to_read

    with open_to_read(given or existing_log(), own=not given) as conn:
        yield conn


def existing_log() -> Path:
    """Return where the user's own log is. Raises `click.ClickException` if there is none yet."""
    from llm.features.log_files import logs_db_path

    path = logs_db_path()
    if not path.exists():
        raise click.ClickException(f"No log database found at {path}")
    return path
