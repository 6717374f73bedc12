"""What `llm logs show` prints: one turn or one conversation, whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from llm.core.errors import UserError
from llm.features.log_markdown import MarkdownLog
from llm.features.log_views import AnnotatedRows, annotated_rows, annotated_unlogged_rows, json_array
from llm.store.filters import LogFilters

if TYPE_CHECKING:
    import sqlite3


def render_entry(conn: sqlite3.Connection, wanted: str, *, json_output: bool = False) -> Iterator[str]:
    """Yield the text of the turn or the conversation with the id `wanted`: nothing is cut, fragments are expanded.

    Raises `UserError` if there is neither.
    """
    for filters in (LogFilters(ids=(wanted,)), LogFilters(thread_id=wanted)):
        rows = _rows(conn, filters, payloads=json_output)
        first = next(rows, None)
        if first is not None:
            found: AnnotatedRows = chain([first], rows)
            return _json(found) if json_output else _markdown(found, one_conversation=filters.thread_id is not None)
    raise UserError(f"No turn or conversation found with id {wanted}. 'llm logs' shows the ids of both")


def _rows(conn: sqlite3.Connection, filters: LogFilters, *, payloads: bool) -> AnnotatedRows:
    yield from annotated_rows(conn, filters, reverse=True, payloads=payloads, expand=True)
    yield from annotated_unlogged_rows(conn, filters, payloads=payloads, expand=True)


def _json(rows: AnnotatedRows) -> Iterator[str]:
    yield from json_array(rows)
    yield "\n"


def _markdown(rows: AnnotatedRows, *, one_conversation: bool) -> Iterator[str]:
    markdown = MarkdownLog(one_conversation=one_conversation, usage=True, expand=True)
    for row, attachments in rows:
        yield markdown.entry(row, attachments)
