"""What `llm logs list` shows: from what was asked for to pieces of text, streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llm.core.errors import UnknownModelError, UserError
from llm.features.log_formats import data_array, data_items, first_code_block, short_entry
from llm.features.log_markdown import MarkdownLog
from llm.features.log_views import AnnotatedRows, Row, annotated_rows, annotated_unlogged_rows, json_array
from llm.store.database import Handle
from llm.store.filters import LogFilters
from llm.store.listing import iter_rows, last_row
from llm.store.search import newest_conversation

if TYPE_CHECKING:
    import sqlite3

_DEFAULT_COUNT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LogListing:
    """What to list and how. Names as on the command line."""

    count: int | None = None
    model: str | None = None
    query: str | None = None
    latest: bool = False
    fragments: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    any_tools: bool = False
    schema_input: str | None = None
    schema_multi: str | None = None
    current: bool = False
    conversation_id: str | None = None
    id_gt: str | None = None
    id_gte: str | None = None
    data: bool = False
    data_array: bool = False
    data_key: str | None = None
    data_ids: bool = False
    json_output: bool = False
    extract: bool = False
    extract_last: bool = False
    response: bool = False
    short: bool = False
    usage: bool = False
    truncate: bool = False
    expand: bool = False

    @property
    def shows_data(self) -> bool:
        """Whether the data of structured responses is wanted."""
        return bool(self.data or self.data_array or self.data_key or self.data_ids)

    @property
    def selects_conversation(self) -> bool:
        """Whether the entries of one conversation are asked for: then all of them are shown."""
        return bool(self.current or self.conversation_id or self.response)

    @property
    def oldest_first(self) -> bool:
        """Whether the newest entry stands at the end, where a terminal shows it."""
        return not self.query and not self.data


def render(conn: sqlite3.Connection, listing: LogListing) -> Iterator[str]:
    """Yield the text of a listing.

    Raises `UserError` for options that exclude each other, a query that FTS5 does not understand, a fragment or schema
    that cannot be found, and where the current conversation is asked for and there is none.
    """
    _check(listing)
    source = _Source(conn, listing, _filters(conn, listing))
    if listing.shows_data:
        return _data(source)
    if listing.json_output:
        return _json(source)
    return _text(source)


class _Source:
    """The rows of one listing, in the order in which they are shown."""

    def __init__(self, conn: sqlite3.Connection, listing: LogListing, filters: LogFilters) -> None:
        self._conn = conn
        self._filters = filters
        self.listing = listing

    @property
    def one_conversation(self) -> bool:
        """Whether all rows belong to one conversation."""
        return self._filters.thread_id is not None

    def rows(self) -> Iterator[Row]:
        """Yield the rows without what surrounds them."""
        return iter_rows(self._conn, self._filters, reverse=self.listing.oldest_first, payloads=False)

    def last(self) -> Row | None:
        """Return the last of these rows."""
        return last_row(self._conn, self._filters, reverse=self.listing.oldest_first)

    def annotated(self, *, payloads: bool = False) -> AnnotatedRows:
        """Yield the complete rows with their attachments, and after them those of turns that are not logged yet."""
        shown = {"expand": self.listing.expand, "truncate": self.listing.truncate, "payloads": payloads}
        yield from annotated_rows(self._conn, self._filters, reverse=self.listing.oldest_first, **shown)
        yield from annotated_unlogged_rows(self._conn, replace(self._filters, count=None), **shown)


def _check(listing: LogListing) -> None:
    others = [name for name, given in (("--json", listing.json_output), ("--response", listing.response)) if given]
    if listing.short and others:
        raise UserError(f"Cannot use --short and {' or '.join(others)} together")


def _filters(conn: sqlite3.Connection, listing: LogListing) -> LogFilters:
    filters = LogFilters(
        count=_count(listing),
        query=listing.query,
        latest=listing.latest,
        model_id=_model_id(listing.model) if listing.model else None,
        fragment_hashes=_fragment_hashes(conn, listing.fragments),
        tool_names=tuple(listing.tools),
        any_tools=listing.any_tools,
        schema_id=_schema_id(conn, listing),
        id_gt=listing.id_gt,
        id_gte=listing.id_gte,
    )
    return _within_conversation(conn, listing, filters)


def _count(listing: LogListing) -> int | None:
    if listing.count is None and not listing.selects_conversation:
        return _DEFAULT_COUNT
    return listing.count


def _model_id(name: str) -> str:
    """Return the id of a model; a name that no model has is taken as it is, as its plugin may be gone."""
    from llm.registry.finding import find_model

    try:
        return str(find_model(name).model_id)
    except UnknownModelError:
        return name


def _fragment_hashes(conn: sqlite3.Connection, fragments: Sequence[str]) -> tuple[str, ...]:
    if not fragments:
        return ()
    from llm.features.fragments import fragment_hashes

    return tuple(fragment_hashes(Handle(conn), fragments))


def _schema_id(conn: sqlite3.Connection, listing: LogListing) -> str | None:
    given = listing.schema_multi or listing.schema_input
    if not given:
        return None
    from llm.features.schemas import resolved_schema_id
    from llm.features.template_files import load_template

    return resolved_schema_id(Handle(conn), given, load_template, multi=bool(listing.schema_multi))


def _within_conversation(conn: sqlite3.Connection, listing: LogListing, filters: LogFilters) -> LogFilters:
    """Return the filters with the conversation that is asked for.

    A response alone is that of the current conversation, or the last one of all that the other filters let through.
    """
    if not listing.current and (listing.conversation_id or not listing.response):
        return replace(filters, thread_id=listing.conversation_id)
    current = newest_conversation(conn)
    if current is None:
        raise UserError("No conversations found")
    narrowed = filters != LogFilters(count=filters.count, latest=filters.latest)
    return filters if narrowed and not listing.current else replace(filters, thread_id=current)


def _data(source: _Source) -> Iterator[str]:
    listing = source.listing
    rows = source.rows()
    items = (item for row in rows for item in data_items(row, key=listing.data_key, ids=listing.data_ids))
    if listing.data_array:
        yield from data_array(items)
        yield "\n"
        return
    for item in items:
        yield json.dumps(item) + "\n"


def _json(source: _Source) -> Iterator[str]:
    yield from json_array(source.annotated(payloads=True))
    yield "\n"


def _text(source: _Source) -> Iterator[str]:
    """Yield a single text if one is asked for and found, else the entries."""
    listing = source.listing
    text = None
    if listing.extract or listing.extract_last:
        text = first_code_block(source.rows(), last=listing.extract_last)
    elif listing.response:
        row = source.last()
        text = None if row is None else row["response"] or ""
    if text is None:
        yield from _entries(source)
    else:
        yield f"{text}\n"


def _entries(source: _Source) -> Iterator[str]:
    listing = source.listing
    markdown = MarkdownLog(one_conversation=source.one_conversation, usage=listing.usage, expand=listing.expand)
    for row, attachments in source.annotated():
        if listing.short:
            yield short_entry(row, attachments, usage=listing.usage)
        else:
            yield markdown.entry(row, attachments)
