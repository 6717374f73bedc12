"""The rows that an answer becomes in the log, also where nothing is logged."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from llm.engine.worlds import AnyResponse

_OUR_MODULE = "llm.engine.responses"


def log_response(response: AnyResponse, conn: sqlite3.Connection) -> None:
    """Log a finished response through its method; where a plugin replaced that, it gets a `sqlite_utils.Database`."""
    from llm.store.database import Handle, as_database

    is_ours = type(response).log_to_db.__module__ == _OUR_MODULE
    response.log_to_db(Handle(conn) if is_ours else as_database(conn))


def answer_as_json(responses: Sequence[AnyResponse], conn: sqlite3.Connection | None) -> str:
    """Return the rows of finished responses as `llm logs --json` prints them, oldest first.

    They come from the log if it took them; else they are made in a database in memory.
    """
    from llm.store.database import open_log_database

    if conn is not None and (logged := _rows_as_json(responses, conn)):
        return logged
    with closing(open_log_database(":memory:")) as memory:
        for response in responses:
            log_response(response, memory)
        return _rows_as_json(responses, memory) or "[]"


def _rows_as_json(responses: Sequence[AnyResponse], conn: sqlite3.Connection) -> str | None:
    """Return the rows as JSON, None unless all of them are there."""
    from llm.features.log_views import annotate_log_rows, log_rows_as_json
    from llm.store.database import Handle
    from llm.store.listing import merged_log_rows

    db = Handle(conn)
    rows = merged_log_rows(db, ids=[response.id for response in responses])[::-1] if responses else []
    return log_rows_as_json(rows, annotate_log_rows(db, rows)) if len(rows) == len(responses) else None
