"""Writing finished turns to the log at the end of a command, whatever became of the command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from llm.core.errors import LogStoreError
from llm.features.log_files import logs_db_path


class TurnLog:
    """The log database of one command, opened and migrated before a model is called."""

    def __init__(self, database: str | Path | None, *, enabled: bool) -> None:
        from llm.store.database import open_log_database

        self._path = str(database or logs_db_path())
        self._enabled = enabled
        self._conn: Any = None
        try:
            self._conn = open_log_database(self._path)
        except LogStoreError as error:
            if enabled:
                raise
            click.echo(f"Warning: {error}", err=True)

    def write(self, responses: Sequence[Any]) -> None:
        """Log finished responses. Raises `LogStoreError`."""
        if not self._enabled or not responses:
            return
        from llm.store.database import Handle, naming_file

        database = Handle(self._conn)
        with naming_file(self._path):
            for response in responses:
                response.log_to_db(database)

    def close(self) -> None:
        """Close the database."""
        if self._conn is not None:
            self._conn.close()
