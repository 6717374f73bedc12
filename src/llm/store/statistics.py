"""How much has been logged."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from llm.store.reading import select


@dataclass(frozen=True, slots=True)
class LogStatistics:
    """Numbers of rows in the tables of both generations."""

    threads: int
    turns: int
    legacy_conversations: int
    legacy_responses: int


def log_statistics(conn: sqlite3.Connection) -> LogStatistics:
    """Count what is in the log."""
    [counts] = select(
        conn,
        """
        SELECT (SELECT count(*) FROM threads), (SELECT count(*) FROM turns),
               (SELECT count(*) FROM conversations), (SELECT count(*) FROM responses)
        """,
    )
    return LogStatistics(*counts)
