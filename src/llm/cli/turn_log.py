"""Writing finished turns to the log at the end of a command, whatever became of the command."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llm.core.errors import LogStoreError
from llm.features.log_files import logs_db_path

if TYPE_CHECKING:
    import sqlite3

    from llm.engine.worlds import Answer, AnyResponse
    from llm.store.database import HasConnection


class TurnLog:
    """The log database of one command, opened and migrated before a model is called."""

    def __init__(self, database: str | Path | None, *, enabled: bool) -> None:
        from llm.features.journaling import recover_turns
        from llm.store.database import open_log_database

        self._path = str(database or logs_db_path())
        self._enabled = enabled
        self._conn: sqlite3.Connection | None = None
        try:
            self._conn = open_log_database(self._path)
            recover_turns(self._conn)
        except LogStoreError as error:
            if enabled:
                raise
            click.echo(f"Warning: {error}", err=True)

    def keeping(self, answer: Answer) -> AbstractContextManager[None]:
        """Return a block within which `answer` is shown: whatever ends it, what came of the answer is logged then."""
        if not self._enabled or self._conn is None:
            return nullcontext()
        from llm.features.journaling import journaled

        return journaled(self._conn, self._path, answer, warn=lambda text: click.echo(text, err=True))

    @property
    def database(self) -> HasConnection:
        """What was logged, for look-ups; empty where the log cannot be opened."""
        from llm.store.database import Handle, open_log_database

        if self._conn is None:
            self._conn = open_log_database(":memory:")
        return Handle(self._conn)

    def rows_as_json(self, responses: Sequence[AnyResponse]) -> str:
        """Return the rows of finished responses, those of the log if they were logged."""
        from llm.features.answer_rows import answer_as_json

        return answer_as_json(responses, self._conn if self._enabled else None)

    def close(self) -> None:
        """Close the database."""
        if self._conn is not None:
            self._conn.close()
