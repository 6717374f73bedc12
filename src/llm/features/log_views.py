"""The log as people and programs want to see it: rows with everything that belongs to them.

`annotated_rows` streams; the functions for lists are public and stand on the same steps.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from llm.core.indented import indented_json
from llm.core.text import truncate_string
from llm.store.database import HasConnection
from llm.store.filters import LogFilters
from llm.store.legacy_extras import legacy_log_row_extras
from llm.store.listing import iter_rows, merged_log_rows
from llm.store.orphans import journal_entries
from llm.store.reading import connection_of, decoded, in_batches
from llm.store.row_extras import Extras, turn_extras

if TYPE_CHECKING:
    import sqlite3

    from llm.store.logstore import LogStore

Row: TypeAlias = dict[str, Any]
Attachments: TypeAlias = list[dict[str, Any]]
AnnotatedRows: TypeAlias = Iterator[tuple[Row, Attachments]]

_BATCH = 100
_JSON = ("options_json", "schema_json", "prompt_json", "response_json")
_TRUNCATED = ("prompt", "response")
_INTERNAL = ("_legacy", "_search_rank", "_input_parts", "_output_parts")
_OWN_KEYS = ("state", "error")  #: of turns that are not complete; other programs do not know them, so they come last


def annotated_rows(
    conn: sqlite3.Connection,
    filters: LogFilters,
    *,
    reverse: bool = False,
    payloads: bool = True,
    expand: bool = False,
    truncate: bool = False,
) -> AnnotatedRows:
    """Yield each matching row, as `annotate_log_rows` leaves it, with its attachments.

    `reverse` and `payloads` are those of `iter_rows`.
    """
    for rows in in_batches(iter_rows(conn, filters, reverse=reverse, payloads=payloads), _BATCH):
        attachments = annotate_log_rows(conn, rows, expand=expand, truncate=truncate)
        for row in rows:
            yield row, attachments[row["id"]]


def annotated_unlogged_rows(conn: sqlite3.Connection, filters: LogFilters, **shown: bool) -> AnnotatedRows:
    """Yield the matching rows, oldest first, of turns that are running or whose process was killed."""
    if not journal_entries(conn, now=time.time()):
        return
    from llm.engine.recording import messages_so_far
    from llm.store.journaled import unlogged_turns

    with unlogged_turns(conn, messages_so_far) as memory:
        if memory is not None:
            yield from annotated_rows(memory, filters, reverse=True, **shown)


def annotate_log_rows(
    db: LogStore | HasConnection | sqlite3.Connection, rows: Sequence[Row], expand: bool = False, truncate: bool = False
) -> dict[str, Attachments]:
    """Complete rows of `merged_log_rows` in place, and return their attachments by the id of the row.

    Columns that hold JSON are decoded (a damaged text stays text), and the keys `prompt_fragments`,
    `system_fragments`, `tools`, `tool_calls` and `tool_results` are added. The content of fragments is cut to 100
    characters unless `expand`. `truncate` cuts prompt and response likewise, and removes columns that hold JSON.
    """
    conn = connection_of(db)
    turns = [row for row in rows if not row.get("_legacy")]
    legacy = [row["id"] for row in rows if row.get("_legacy")]
    extras = {**(turn_extras(conn, turns) if turns else {}), **(legacy_log_row_extras(conn, legacy) if legacy else {})}
    for row in rows:
        _complete(row, extras[row["id"]], expand=expand, truncate=truncate)
    return {row["id"]: extras[row["id"]]["attachments"] for row in rows}


def log_rows_as_json(rows: Iterable[Row], attachments_by_id: Mapping[str, Attachments]) -> str:
    """Return annotated rows and their attachments as a JSON array."""
    return "".join(json_array((row, attachments_by_id.get(row["id"], [])) for row in rows))


def logs_json_for_response_ids(db: LogStore | HasConnection, ids: Sequence[str]) -> str:
    """Return the rows of these turns, oldest first, as `llm logs --json` prints them."""
    rows = merged_log_rows(db, ids=ids)[::-1] if ids else []
    return log_rows_as_json(rows, annotate_log_rows(db, rows))


def json_array(rows: Iterable[tuple[Row, Attachments]]) -> Iterator[str]:
    """Yield the pieces of a JSON array of rows, each with its attachments as the last key."""
    opening = "[\n"
    for row, attachments in rows:
        # What is no JSON (a program may have put it there) is shown in words.
        shown = {**row, "attachments": attachments}
        for key in _OWN_KEYS:
            if key in shown:
                shown[key] = shown.pop(key)
        yield f"{opening}  {indented_json(shown, '  ')}"
        opening = ",\n"
    yield "[]" if opening == "[\n" else "\n]"


def _complete(row: Row, extras: Extras, *, expand: bool, truncate: bool) -> None:
    for key in _INTERNAL:
        row.pop(key, None)
    for key in _JSON:
        text = row[key]
        if text is not None and truncate:
            del row[key]
        elif text is not None:
            row[key] = decoded(text, text)
    if truncate:
        row.update({key: truncate_string(row[key] or "") for key in _TRUNCATED})
    for kind in ("prompt_fragments", "system_fragments"):
        row[kind] = [_fragment(fragment, expand=expand) for fragment in extras[kind]]
    for kind in ("tools", "tool_calls", "tool_results"):
        row[kind] = extras[kind]


def _fragment(fragment: Mapping[str, Any], *, expand: bool) -> dict[str, Any]:
    content = fragment["content"]
    return {
        "hash": fragment["hash"],
        "content": content if expand else truncate_string(content),
        "aliases": decoded(fragment["aliases"], []),
    }


for _function in (annotate_log_rows, log_rows_as_json, logs_json_for_response_ids):
    _function.__module__ = "llm.cli"
