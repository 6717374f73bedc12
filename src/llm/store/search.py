"""Which turns and legacy responses a listing shows, in which order: their ids alone.

The rows themselves are read afterwards, a batch at a time, so that a listing of everything needs memory for ids only.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import NamedTuple

from llm.core.errors import UserError
from llm.store.connection import has_table, is_lock_error
from llm.store.filters import Condition, LogFilters
from llm.store.reading import select

#: bm25 weights: a match in the prompt counts ten times one in the response.
_RANK = "bm25({table}, 10.0, 1.0)"
_FTS5_SYNTAX = "https://www.sqlite.org/fts5.html#full_text_query_syntax"

# The fourth column settles the order of equally good matches: as they were logged.
_TURNS = "SELECT turns.id, 0, NULL, 0 FROM turns"
_RANKED_TURNS = f"""
    SELECT turns.id, 0, {_RANK.format(table="turn_search_fts")}, turn_search_fts.rowid FROM turn_search_fts
    CROSS JOIN turn_search ON turn_search.id = turn_search_fts.rowid
    CROSS JOIN turns ON turns.id = turn_search.turn_id"""
# To look up a hundred thousand turns takes as long as to rank them. The id is NULL where a turn was deleted by hand.
_BEST_TURNS = f"""
    SELECT turns.id, 0, best.score, best.number FROM (
        SELECT turn_search_fts.rowid AS number, {_RANK.format(table="turn_search_fts")} AS score FROM turn_search_fts
        WHERE turn_search_fts MATCH ? ORDER BY 2, 1 LIMIT ?) AS best
    LEFT JOIN turn_search ON turn_search.id = best.number
    LEFT JOIN turns ON turns.id = turn_search.turn_id"""
_RESPONSES = "SELECT responses.id, 1, NULL, 0 FROM responses"
_RANKED_RESPONSES = f"""
    SELECT responses.id, 1, {_RANK.format(table="responses_fts")}, responses_fts.rowid FROM responses_fts
    CROSS JOIN responses ON responses.rowid = responses_fts.rowid"""
_NOT_A_TURN: Condition = ("NOT EXISTS (SELECT 1 FROM turns WHERE turns.id = responses.id)", ())

#: So many turns are looked at first where results of tools are asked for.
_NEWEST = 250


class Hit(NamedTuple):
    """One entry of a listing."""

    id: str
    legacy: bool
    rank: float | None  #: search score, smaller is better


def find_entries(
    conn: sqlite3.Connection, filters: LogFilters, *, turns: bool = True, legacy: bool = True
) -> list[Hit]:
    """Return what matches, newest first, or best match first when `filters` are ranked.

    `turns` and `legacy` choose the generations of tables. A legacy response that has become a turn is not listed
    twice. Raises `UserError` for a search query that FTS5 does not understand.
    """
    if turns and filters.wants_newest_results:
        newest = _among_newest(conn, filters, legacy=legacy)
        if len(newest) == filters.limit:
            return newest
    if turns and filters.wants_best_matches:
        best = _find(conn, filters, turns=True, legacy=legacy, few=True)
        if all(hit.id for hit in best):
            return best
    return _find(conn, filters, turns=turns, legacy=legacy)


def _among_newest(conn: sqlite3.Connection, filters: LogFilters, *, legacy: bool) -> list[Hit]:
    """Return what matches among the newest turns: mostly that is enough, and the rest need not be looked at."""
    sql = "SELECT id FROM turns ORDER BY id DESC LIMIT 1 OFFSET ?"
    oldest = next((found for (found,) in select(conn, sql, (_NEWEST,))), None)
    if oldest is None:
        return []
    newest = replace(filters, id_gt=max(oldest, filters.id_gt or ""))
    return _find(conn, newest, turns=True, legacy=legacy, few=True)


def _find(conn: sqlite3.Connection, filters: LogFilters, *, turns: bool, legacy: bool, few: bool = False) -> list[Hit]:
    query = _understood_query(conn, filters.query) if filters.query else None
    selects: list[Condition] = []
    if turns:
        selects += _turns_sql(filters, query, few=few)
    if legacy and (query is None or has_table(conn, "responses_fts")):
        selects += _responses_sql(filters, query)
    if not selects:
        return []
    order = "3, 2, 4" if filters.ranked else "1 DESC"
    sql = " UNION ALL ".join(sql for sql, _ in selects) + f" ORDER BY {order} LIMIT ?"
    params = [value for _, values in selects for value in values]
    return [
        Hit(found, bool(is_legacy), rank) for found, is_legacy, rank, _ in select(conn, sql, (*params, filters.limit))
    ]


def newest_conversation(conn: sqlite3.Connection) -> str | None:
    """Return the id of the conversation that was used last: that of the newest turn or legacy response."""
    newest = select(
        conn,
        """
        SELECT * FROM (SELECT id, thread_id FROM turns WHERE thread_id IS NOT NULL ORDER BY id DESC LIMIT 1)
        UNION ALL
        SELECT * FROM (SELECT id, conversation_id FROM responses WHERE conversation_id IS NOT NULL
                       ORDER BY id DESC LIMIT 1)
        ORDER BY 1 DESC LIMIT 1
        """,
    )
    return newest[0][1] if newest else None


def _turns_sql(filters: LogFilters, query: str | None, *, few: bool) -> list[Condition]:
    if few and query is not None:
        return [(_BEST_TURNS, (query, filters.limit))]
    match: list[Condition] = [] if query is None else [("turn_search_fts MATCH ?", (query,))]
    table = _TURNS if query is None else _RANKED_TURNS
    return [_where(table, [*match, *conditions]) for conditions in filters.turn_conditions(few=few)]


def _responses_sql(filters: LogFilters, query: str | None) -> list[Condition]:
    match: list[Condition] = [] if query is None else [("responses_fts MATCH ?", (query,))]
    table = _RESPONSES if query is None else _RANKED_RESPONSES
    return [_where(table, [*match, _NOT_A_TURN, *conditions]) for conditions in filters.legacy_conditions()]


def _where(sql: str, conditions: list[Condition]) -> Condition:
    if conditions:
        sql += " WHERE " + " AND ".join(condition for condition, _ in conditions)
    return sql, tuple(value for _, values in conditions for value in values)


def _understood_query(conn: sqlite3.Connection, query: str) -> str:
    """Return `query`, or its words in quotes if FTS5 takes their punctuation for syntax (`c++`, `it's`, `3.11`)."""
    error = _syntax_error(conn, query)
    if error is None:
        return query
    quoted = " ".join(f'"{word}"' for word in query.split())
    if '"' in query or not quoted or _syntax_error(conn, quoted) is not None:
        raise UserError(f"Invalid search query: {error}. How to write one: {_FTS5_SYNTAX}") from error
    return quoted


def _syntax_error(conn: sqlite3.Connection, query: str) -> sqlite3.OperationalError | None:
    try:
        select(conn, "SELECT 1 FROM turn_search_fts WHERE turn_search_fts MATCH ? LIMIT 1", (query,))
    except sqlite3.OperationalError as error:
        if is_lock_error(error):
            raise
        return error
    return None
