"""Listings of the log: turns and legacy responses together, in one order.

`iter_rows` streams and is what commands use; the other functions return lists and are public.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from llm.store.database import HasConnection
from llm.store.filters import LogFilters
from llm.store.legacy_rows import legacy_rows
from llm.store.reading import connection_of, in_batches, without_collecting
from llm.store.rows import Row, TurnRows
from llm.store.search import Hit, find_entries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llm.store.logstore import LogStore

_BATCH = 100
_SEQUENCES = ("fragment_hashes", "tool_names", "ids")


def iter_rows(
    conn: sqlite3.Connection, filters: LogFilters, *, reverse: bool = False, payloads: bool = True
) -> Iterator[Row]:
    """Yield the rows of all matching turns and legacy responses, with memory for their ids and a few rows.

    They come newest first, or best match first; with `reverse` the other way round. Without `payloads` the raw
    payloads of turns (`response_json`) are not looked up and None. What is logged meanwhile is not listed.
    """
    hits = find_entries(conn, filters)
    if reverse:
        hits.reverse()
    yield from _rows(conn, hits, payloads=payloads)


def last_row(conn: sqlite3.Connection, filters: LogFilters, *, reverse: bool = False) -> Row | None:
    """Return the last of the rows that `iter_rows` yields, without its raw payload."""
    hits = find_entries(conn, filters)
    return next(_rows(conn, hits[:1] if reverse else hits[-1:], payloads=False), None)


def merged_log_rows(store: LogStore | HasConnection, **filters: Any) -> list[Row]:
    """Return turns and those legacy responses that are no turns, newest first.

    `filters` are the fields of `LogFilters`: `count`, `query`, `latest`, `model_id`, `thread_id`, `fragment_hashes`,
    `tool_names`, `any_tools`, `schema_id`, `id_gt`, `id_gte`, `ids`. All of them must hold. With a `query` the best
    match comes first, unless `latest` is given.

    Raises `UserError` for a query that FTS5 does not understand, and `TypeError` for an unknown filter.
    """
    conn = connection_of(store)
    return list(iter_rows(conn, _filters(filters)))


def log_rows(store: LogStore | HasConnection, **filters: Any) -> list[Row]:
    """Return what `merged_log_rows` does, turns only."""
    conn = connection_of(store)
    return list(_rows(conn, find_entries(conn, _filters(filters), legacy=False)))


def legacy_log_rows(db: LogStore | HasConnection, **filters: Any) -> list[Row]:
    """Return what `merged_log_rows` does, legacy responses only."""
    conn = connection_of(db)
    return list(_rows(conn, find_entries(conn, _filters(filters), turns=False)))


def _filters(wanted: dict[str, Any]) -> LogFilters:
    sequences = {name: tuple(wanted[name]) for name in _SEQUENCES if name in wanted}
    return LogFilters(**{**wanted, **sequences})


def _rows(conn: sqlite3.Connection, hits: list[Hit], *, payloads: bool = True) -> Iterator[Row]:
    turns = TurnRows(conn, payloads=payloads)
    for batch in in_batches(hits, _BATCH):
        with without_collecting():
            new = turns.rows([hit for hit in batch if not hit.legacy])
            old = legacy_rows(conn, [hit for hit in batch if hit.legacy])
        for hit in batch:
            row = (old if hit.legacy else new).get(hit.id)
            if row is not None:
                yield row


for _function in (merged_log_rows, log_rows, legacy_log_rows):
    _function.__module__ = "llm.logs"
