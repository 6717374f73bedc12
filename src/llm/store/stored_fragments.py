"""Fragments that users name: their aliases, finding one, and listing them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from llm.core.fragments import Fragment
from llm.store.database import execute, writing
from llm.store.fragments import fragment_id
from llm.store.reading import select, stream
from llm.store.substring import contained, contains

_NAMED = """
    SELECT content, source FROM fragment_aliases JOIN fragments ON fragments.id = fragment_aliases.fragment_id
    WHERE alias = ?
    UNION ALL SELECT content, source FROM fragments WHERE hash = ?
    LIMIT 1
    """
_SET_ALIAS = """
    INSERT INTO fragment_aliases (alias, fragment_id) VALUES (?, ?)
    ON CONFLICT (alias) DO UPDATE SET fragment_id = excluded.fragment_id
    """
_ALIASES = """
    (SELECT json_group_array(CAST(alias AS TEXT)) FROM (
        SELECT alias FROM fragment_aliases WHERE fragment_aliases.fragment_id = fragments.id ORDER BY alias))
    """
_ALIASES_HERE = "SELECT alias FROM fragment_aliases WHERE fragment_aliases.fragment_id = fragments.id"
_MATCHES = f"(hash = ? OR ? IN ({_ALIASES_HERE}) OR {contains('source')} OR {contains('content')})"


def stored_fragment(conn: sqlite3.Connection, name: str) -> Fragment | None:
    """Return the fragment with this alias or full hash, or None."""
    for content, source in select(conn, _NAMED, (name, name)):
        return Fragment(content or "", source or "")
    return None


def set_fragment_alias(conn: sqlite3.Connection, alias: str, fragment: str) -> None:
    """Store a fragment unless it is there already, and point an alias at it, away from where it may point now."""
    with writing(conn):
        execute(conn, _SET_ALIAS, (alias, fragment_id(conn, fragment)))


def remove_fragment_alias(conn: sqlite3.Connection, alias: str) -> None:
    """Remove an alias, if there is one of that name; the fragment stays."""
    with writing(conn):
        execute(conn, "DELETE FROM fragment_aliases WHERE alias = ?", (alias,))


def list_fragments(
    conn: sqlite3.Connection,
    queries: Sequence[str] = (),
    *,
    with_alias: bool = False,
    content_length: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the stored fragments, oldest first, as `hash`, `aliases`, `datetime_utc`, `source` and `content`.

    Each query has to be the hash or an alias, or occur in source or content. `with_alias` leaves out those without
    one; `content_length` is how much of each content is wanted, all of it if None.
    """
    conditions = [_MATCHES] * len(queries)
    variables = [variable for query in queries for variable in (query, query, contained(query), contained(query))]
    if with_alias:
        conditions.append(f"EXISTS ({_ALIASES_HERE})")
    content = "content" if content_length is None else f"substr(content, 1, {int(content_length)})"
    where = " AND ".join(conditions) or "1"
    columns = f"hash, {_ALIASES}, datetime_utc, source, {content}"
    sql = f"SELECT {columns} FROM fragments WHERE {where} ORDER BY datetime_utc, id"
    for digest, aliases, datetime_utc, source, text in stream(conn, sql, variables):
        yield {
            "hash": digest,
            "aliases": json.loads(aliases),
            "datetime_utc": datetime_utc,
            "source": source,
            "content": text,
        }
