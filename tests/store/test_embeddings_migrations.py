"""Bringing the tables of embeddings up to date, from every state in which a database may be."""

from __future__ import annotations

import sqlite3
import threading
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from sqlite_utils.migrations import Migrations

from llm.embeddings_migrations import embeddings_migrations
from llm.store.connection import Handle
from llm.store.embeddings import migrate

NAMES = [
    "m001_create_tables",
    "m002_foreign_key",
    "m003_add_updated",
    "m004_store_content_hash",
    "m005_add_content_blob",
]
EMBEDDINGS = [
    ("collection_id", "INTEGER", 1),
    ("id", "TEXT", 2),
    ("embedding", "BLOB", 0),
    ("content", "TEXT", 0),
    ("content_blob", "BLOB", 0),
    ("content_hash", "BLOB", 0),
    ("metadata", "TEXT", 0),
    ("updated", "INTEGER", 0),
]


def columns(db: sqlite_utils.Database, table: str) -> list[tuple[str, str, int]]:
    return [(name, kind, key) for _, name, kind, _, _, key in db.execute(f"PRAGMA table_info({table})").fetchall()]


def applied(db: sqlite_utils.Database) -> list[str]:
    return [name for (name,) in db.execute("SELECT name FROM _sqlite_migrations ORDER BY rowid").fetchall()]


def check_schema(db: sqlite_utils.Database) -> None:
    assert columns(db, "collections") == [("id", "INTEGER", 1), ("name", "TEXT", 0), ("model", "TEXT", 0)]
    assert columns(db, "embeddings") == EMBEDDINGS
    indexes = {
        (name, unique) for _, name, unique, *_ in db.execute("PRAGMA index_list(collections)").fetchall()
    } | {(name, unique) for _, name, unique, *_ in db.execute("PRAGMA index_list(embeddings)").fetchall()}  # fmt: skip
    assert {("idx_collections_name", 1), ("idx_embeddings_content_hash", 0)} <= indexes
    [(_, _, table, column, target, on_update, on_delete, _)] = db.execute(
        "PRAGMA foreign_key_list(embeddings)"
    ).fetchall()
    assert (table, column, target, on_update, on_delete) == (
        "collections", "collection_id", "id", "NO ACTION", "NO ACTION",
    )  # fmt: skip


def with_rows(stop_before: str) -> sqlite_utils.Database:
    """A database as an early release left it, with rows; one of them has no collection."""
    db = sqlite_utils.Database(memory=True)
    embeddings_migrations.apply(db, stop_before=stop_before)
    db.execute("INSERT INTO collections VALUES (1, 'c', 'm')")
    for collection, item, content in ((1, "z", "text"), (1, "a", None), (9, "b", "é")):
        db.execute(
            "INSERT INTO embeddings (collection_id, id, embedding, content) VALUES (?, ?, x'0000803f', ?)",
            (collection, item, content),
        )
    db.conn.commit()
    return db


def test_the_public_object() -> None:
    """`embeddings_migrations` is a `Migrations` of sqlite-utils for the set `llm.embeddings`, with the five steps."""
    assert isinstance(embeddings_migrations, Migrations)
    assert embeddings_migrations.name == "llm.embeddings"
    db = sqlite_utils.Database(memory=True)
    assert [step.name for step in embeddings_migrations.pending(db)] == NAMES
    embeddings_migrations.apply(db)
    assert (embeddings_migrations.pending(db), applied(db)) == ([], NAMES)


@pytest.mark.parametrize("apply", [embeddings_migrations.apply, migrate], ids=["public", "own"])
def test_schema(apply: Any) -> None:
    """The final tables have these columns, types, keys and indexes in this order, also in a database with others."""
    db = sqlite_utils.Database(memory=True)
    db.execute("CREATE TABLE unrelated (a)")
    apply(db)
    check_schema(db)
    assert applied(db) == NAMES
    assert columns(db, "_sqlite_migrations") == [
        ("id", "INTEGER", 1), ("migration_set", "TEXT", 0), ("name", "TEXT", 0), ("applied_at", "TEXT", 0),
    ]  # fmt: skip
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('llm.embeddings', 'm002_foreign_key')")


@pytest.mark.parametrize("apply", [embeddings_migrations.apply, migrate], ids=["public", "own"])
def test_applying_twice(apply: Any) -> None:
    """Applying twice changes nothing."""
    db = sqlite_utils.Database(memory=True)
    apply(db)
    before = list(db.conn.iterdump())
    apply(db)
    assert list(db.conn.iterdump()) == before


@pytest.mark.parametrize("apply", [embeddings_migrations.apply, migrate], ids=["public", "own"])
@pytest.mark.parametrize("name", NAMES[1:])
def test_stopping_and_going_on(name: str, apply: Any) -> None:
    """`stop_before` leaves a step and all later ones for another `apply`; rows stay, in their order."""
    db = with_rows(name)
    assert applied(db) == NAMES[: NAMES.index(name)]
    apply(db)
    check_schema(db)
    rows = db.execute("SELECT collection_id, id, embedding, content FROM embeddings ORDER BY rowid").fetchall()
    vector = bytes.fromhex("0000803f")
    assert rows == [(1, "z", vector, "text"), (1, "a", vector, None), (9, "b", vector, "é")]


@pytest.mark.parametrize(
    ("next_step", "missing", "has_foreign_key"),
    [
        ("m002_foreign_key", {"updated", "content_hash", "content_blob"}, False),
        ("m003_add_updated", {"updated", "content_hash", "content_blob"}, True),
        ("m004_store_content_hash", {"content_hash", "content_blob"}, True),
        ("m005_add_content_blob", {"content_blob"}, True),
    ],
)
def test_effects_of_the_steps(next_step: str, missing: set[str], has_foreign_key: bool) -> None:
    """Each step adds what its name says: the foreign key, `updated`, `content_hash` with its index, `content_blob`."""
    db = with_rows(next_step)
    names = {name for name, _, _ in columns(db, "embeddings")}
    assert names == {name for name, _, _ in EMBEDDINGS} - missing
    assert [key for *_, key in columns(db, "embeddings") if key] == [1, 2]
    assert bool(db.execute("PRAGMA foreign_key_list(embeddings)").fetchall()) == has_foreign_key
    indexes = [name for _, name, *_ in db.execute("PRAGMA index_list(embeddings)").fetchall()]
    assert ("idx_embeddings_content_hash" in indexes) == ("content_hash" in names)
    db.execute("INSERT INTO collections VALUES (2, 'other', 'm')")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO collections VALUES (3, 'c', 'm')")


def test_stopping_before_what_was_applied() -> None:
    """`stop_before` with a name that is applied already raises ValueError."""
    db = with_rows("m004_store_content_hash")
    with pytest.raises(ValueError, match="m002_foreign_key"):
        embeddings_migrations.apply(db, stop_before="m002_foreign_key")


def test_hashes_of_old_rows() -> None:
    """Rows with content get its MD5; the others each a random value of 16 bytes of their own."""
    db = with_rows("m004_store_content_hash")
    db.execute("INSERT INTO embeddings (collection_id, id) VALUES (1, 'second without content')")
    db.conn.commit()
    embeddings_migrations.apply(db)
    hashes = dict(db.execute("SELECT id, content_hash FROM embeddings").fetchall())
    assert (hashes["z"], hashes["b"]) == (md5(b"text").digest(), md5("é".encode()).digest())
    assert hashes["a"] != hashes["second without content"]
    assert {len(value) for value in hashes.values()} == {16}


def test_updated_of_old_rows() -> None:
    """Rows that are there when the column `updated` comes get the current time."""
    db = with_rows("m003_add_updated")
    embeddings_migrations.apply(db)
    times = {time for (time,) in db.execute("SELECT updated FROM embeddings").fetchall()}
    assert len(times) == 1
    assert times.pop() > 1_700_000_000


def test_rows_without_a_collection_survive_where_foreign_keys_are_enforced() -> None:
    """No step drops or rejects a row whose collection is missing, whatever the connection says about foreign keys."""
    db = with_rows("m002_foreign_key")
    db.execute("PRAGMA foreign_keys = ON")
    embeddings_migrations.apply(db)
    assert db.execute("SELECT count(*) FROM embeddings WHERE collection_id = 9").fetchone() == (1,)
    assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)


@pytest.mark.parametrize("apply", [embeddings_migrations.apply, migrate], ids=["public", "own"])
def test_old_table_of_applied_steps(apply: Any) -> None:
    """A `_sqlite_migrations` of older releases, without `id`, is upgraded in place."""
    db = with_rows("m004_store_content_hash")
    db.conn.executescript(
        """
        CREATE TABLE old (migration_set TEXT, name TEXT, applied_at TEXT, PRIMARY KEY (migration_set, name));
        INSERT INTO old SELECT migration_set, name, applied_at FROM _sqlite_migrations;
        DROP TABLE _sqlite_migrations;
        ALTER TABLE old RENAME TO _sqlite_migrations;
        """
    )
    apply(db)
    check_schema(db)
    assert applied(db) == NAMES
    assert [name for name, _, key in columns(db, "_sqlite_migrations") if key] == ["id"]


def test_starting_together(tmp_path: Path) -> None:
    """Programs that open one new file at the same time wait for each other."""
    barrier = threading.Barrier(4)
    errors: list[Exception] = []

    def start() -> None:
        conn = sqlite3.connect(tmp_path / "new.db", timeout=30)
        barrier.wait()
        try:
            migrate(Handle(conn))
        except Exception as error:
            errors.append(error)
        finally:
            conn.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    db = sqlite_utils.Database(tmp_path / "new.db")
    check_schema(db)
    assert applied(db) == NAMES
    db.close()
