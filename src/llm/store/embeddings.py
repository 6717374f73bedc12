"""Reading and writing collections of embeddings, as rows.

Which content is new, and what a model makes of it, is decided elsewhere; here is the SQL for that. Ids are looked up in
chunks, because SQLite limits the number of values in one statement.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from llm.store.connection import HasConnection, execute, executemany, has_table, writing
from llm.store.migrations.embedding_steps import apply_to_current_table, is_current

ItemId = str | bytes | None  #: numbers were made text before they got here

_CHUNK = 500
_PAGES_IN_LOG = 16_000  #: 64 MB
_CACHE_KILOBYTES = 32_000
_ROWS_AT_ONCE = 100  #: 800 values; older versions of SQLite take 999
_UPDATE = """
    UPDATE embeddings SET content = coalesce(?, content), content_blob = coalesce(?, content_blob),
        metadata = coalesce(?, metadata), updated = ?
    WHERE collection_id = ? AND id IS ? AND content_hash = ?
    """
_LIST = """
    SELECT name, model, (SELECT count(*) FROM embeddings WHERE collection_id = collections.id)
    FROM collections ORDER BY name
    """


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A row of `collections`."""

    id: int
    name: str
    model: str


class Item(NamedTuple):
    """A value with its id, and what is stored of it beside the vector. (A tuple, as there may be a million of them.)"""

    id: ItemId
    value: str | bytes
    content_hash: bytes
    metadata: str | None = None  #: JSON
    is_kept: bool = False  #: the value is stored too

    @property
    def content(self) -> str | None:
        """The text, if that is stored."""
        return self.value if self.is_kept and isinstance(self.value, str) else None

    @property
    def content_blob(self) -> bytes | None:
        """The bytes, if those are stored."""
        return self.value if self.is_kept and isinstance(self.value, bytes) else None


@dataclass(frozen=True, slots=True)
class KnownItem:
    """What is there about an item: by what its content is recognised, whether that was kept, and the metadata."""

    content_hash: bytes
    has_content: bool
    metadata: str | None


def prepare_to_fill(conn: sqlite3.Connection) -> None:
    """Make writing many batches faster. For a connection of our own, as it changes settings.

    The hashes of new items fall all over their index, so nearly every batch changes all its pages. They are copied from
    the write-ahead log into the file less often, and kept in memory.
    """
    execute(conn, f"PRAGMA wal_autocheckpoint = {_PAGES_IN_LOG}").fetchall()
    execute(conn, f"PRAGMA cache_size = -{_CACHE_KILOBYTES}").fetchall()


def migrate(db: HasConnection) -> None:
    """Bring the tables of embeddings up to date. Raises what SQLite raises."""
    if not is_current(db.conn) and not apply_to_current_table(db):
        from sqlite_utils import Database

        from llm.store.migrations.embeddings import embeddings_migrations

        # Without these arguments the settings of a connection that may be somebody else's would be changed.
        embeddings_migrations.apply(
            db if isinstance(db, Database) else Database(db.conn, recursive_triggers=False, execute_plugins=False)
        )


def migrate_if_writable(db: HasConnection) -> None:
    """Bring the tables up to date, unless the file is open for reading only; old tables can be read as they are."""
    try:
        migrate(db)
    except sqlite3.OperationalError as error:
        if "readonly" not in str(error):
            raise


def find_collection(conn: sqlite3.Connection, name: str) -> CollectionRow | None:
    """Return the collection with this name, None also if there is no table of collections."""
    if not has_table(conn, "collections"):
        return None
    row = execute(conn, "SELECT id, name, model FROM collections WHERE name = ?", (name,)).fetchone()
    return None if row is None else CollectionRow(*row)


def list_collections(conn: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """Return name, model id and number of items of each collection, by name."""
    return execute(conn, _LIST).fetchall()


def add_collection(conn: sqlite3.Connection, name: str, model_id: str) -> CollectionRow:
    """Make a collection and return it, or the one with that name which somebody else made meanwhile."""
    with writing(conn):
        execute(conn, "INSERT OR IGNORE INTO collections (name, model) VALUES (?, ?)", (name, model_id))
        row = execute(conn, "SELECT id, name, model FROM collections WHERE name = ?", (name,)).fetchone()
    return CollectionRow(*row)


def collection_is_there(conn: sqlite3.Connection, collection: CollectionRow) -> bool:
    """Tell whether the collection still exists. (Its id alone may have been given to another one.)"""
    sql = "SELECT 1 FROM collections WHERE id = ? AND name = ?"
    return bool(execute(conn, sql, (collection.id, collection.name)).fetchall())


def delete_collection(conn: sqlite3.Connection, collection: CollectionRow) -> bool:
    """Delete a collection with its items; tell whether it was there."""
    from llm.store.vector_cache import drop_cache

    with writing(conn):
        if not collection_is_there(conn, collection):
            return False
        execute(conn, "DELETE FROM embeddings WHERE collection_id = ?", (collection.id,))
        execute(conn, "DELETE FROM collections WHERE id = ?", (collection.id,))
    drop_cache(conn, collection.id)
    return True


def delete_if_empty(conn: sqlite3.Connection, collection: CollectionRow) -> None:
    """Delete a collection that has no items."""
    sql = """
        DELETE FROM collections WHERE id = ? AND name = ?
        AND NOT EXISTS (SELECT 1 FROM embeddings WHERE collection_id = collections.id)
        """
    with writing(conn):
        execute(conn, sql, (collection.id, collection.name))


def count_items(conn: sqlite3.Connection, collection_id: int) -> int:
    """Return how many items a collection has."""
    [(count,)] = execute(conn, "SELECT count(*) FROM embeddings WHERE collection_id = ?", (collection_id,)).fetchall()
    return int(count)


def known_items(conn: sqlite3.Connection, collection_id: int, ids: Sequence[ItemId]) -> dict[ItemId, KnownItem]:
    """Return what is there about those of the given ids that are in the collection."""
    found: dict[ItemId, KnownItem] = {}
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        sql = f"""
            SELECT id, content_hash, coalesce(content, content_blob) IS NOT NULL, metadata
            FROM embeddings WHERE collection_id = ? AND id IN ({", ".join("?" * len(chunk))})
            """
        for item_id, content_hash, has_content, metadata in execute(conn, sql, (collection_id, *chunk)):
            found[item_id] = KnownItem(content_hash, bool(has_content), metadata)
    return found


def vector_of_id(conn: sqlite3.Connection, collection_id: int, item_id: ItemId) -> bytes | None:
    """Return the stored vector of an item, None if there is no such item."""
    return _vector(conn, "collection_id = ? AND id IS ?", (collection_id, item_id))


def vector_of_content(conn: sqlite3.Connection, collection_id: int, content_hash: bytes) -> bytes | None:
    """Return the stored vector of any item with this content, None if there is none."""
    # The `+` keeps SQLite from walking through the whole collection: few rows share a hash.
    return _vector(conn, "+collection_id = ? AND content_hash = ?", (collection_id, content_hash))


def write_items(conn: sqlite3.Connection, collection_id: int, items: Sequence[tuple[Item, bytes]]) -> None:
    """Write items with their vectors, replacing those with the same id; of several with one id the last one stays.

    Many rows go into one statement, which is faster than one statement run for each.
    """
    now = int(time.time())
    for start in range(0, len(items), _ROWS_AT_ONCE):
        rows, vectors = zip(*items[start : start + _ROWS_AT_ONCE], strict=True)
        columns = _columns(rows) | {"embedding": list(map(bytearray, vectors))}
        columns |= {"collection_id": [collection_id] * len(rows), "updated": [now] * len(rows)}
        values = chain.from_iterable(zip(*columns.values(), strict=True))
        execute(conn, _insertion(tuple(columns), len(rows)), list(values))


def update_items(conn: sqlite3.Connection, collection_id: int, items: Iterable[Item]) -> None:
    """Add content and metadata, where given, to items that are stored with the same content."""
    now = int(time.time())
    executemany(
        conn,
        _UPDATE,
        (
            (item.content, item.content_blob, item.metadata, now, collection_id, item.id, item.content_hash)
            for item in items
        ),
    )  # fmt: skip


def _columns(items: Sequence[Item]) -> dict[str, list[Any]]:
    """Return what items have for each column but those of all rows; columns for which none has anything are left out.

    Binding a None or bytes takes several times as long as a text or bytearray: Python looks for an adapter first.
    """
    kept = [item.value if item.is_kept else None for item in items]
    columns: dict[str, list[Any]] = {
        "id": [item.id for item in items],
        "content_hash": [bytearray(item.content_hash) for item in items],
        "content": [value if isinstance(value, str) else None for value in kept],
        "content_blob": [value if isinstance(value, bytes) else None for value in kept],
        "metadata": [item.metadata for item in items],
    }
    return {name: values for name, values in columns.items() if any(value is not None for value in values)}


@cache
def _insertion(columns: tuple[str, ...], rows: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT OR REPLACE INTO embeddings ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"


def _vector(conn: sqlite3.Connection, condition: str, parameters: Sequence[object]) -> bytes | None:
    row = execute(conn, f"SELECT embedding FROM embeddings WHERE {condition} LIMIT 1", parameters).fetchone()
    return None if row is None else row[0]
