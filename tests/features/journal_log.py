"""A log database for tests of the journal, and what is asked of it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from llm.features.journaling import journaled
from llm.store.database import Handle
from llm.store.listing import merged_log_rows


class Log:
    """A log database, and what was warned of."""

    def __init__(self, path: Path, conn: sqlite3.Connection) -> None:
        self.path = path
        self.conn = conn
        self.warnings: list[str] = []

    def journaled(self, answer: Any) -> contextlib.AbstractContextManager[None]:
        return journaled(self.conn, self.path, answer, warn=self.warnings.append)

    def turns(self) -> list[tuple[str, str | None, str | None]]:
        """Return response, state and error of all turns, oldest first."""
        rows = merged_log_rows(Handle(self.conn))[::-1]
        return [(row["response"], row.get("state"), row.get("error")) for row in rows]

    def count(self, table: str) -> int:
        found: int = self.conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return found


def upper(text: str) -> str:
    """Make text loud."""
    return text.upper()
