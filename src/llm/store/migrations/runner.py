"""Which migrations there are, and applying those that a database lacks.

The table `_llm_migrations` says which names were applied. LLM 0.36 works with the same table and the same thirty
names, so these are fixed for ever; what this program adds of its own has other names, which 0.36 ignores. Commands
that start together on a new file must not get in each other's way: everything pending is applied under the write lock.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any

from llm.store.connection import Handle, HasConnection, execute, writing
from llm.store.migrations import indexes, legacy, own_tables, turns
from llm.store.migrations.tables import foreign_keys_off

Migration = Callable[[Any], None]

_SHARED: tuple[Migration, ...] = (*legacy.MIGRATIONS, *turns.MIGRATIONS)
_OWN: tuple[Migration, ...] = (indexes.llm_indexes_1, own_tables.llm_own_tables_1)

#: The migrations that are shared with LLM 0.36, in order, and after them what plugins appended. Each takes the database
#: and is known by its `__name__`.
MIGRATIONS: list[Migration] = [*_SHARED]


def migration(function: Migration) -> Migration:
    """Append `function` to the migrations; it is called with a `sqlite_utils.Database`, once for each database."""
    MIGRATIONS.append(function)
    return function


def migrate(db: HasConnection) -> None:
    """Bring a database up to date: apply each migration whose name is not recorded, and record it.

    Raises what SQLite raises; then nothing was applied (of those that plugins appended: only the ones before).
    """
    conn = db.conn
    if _pending(conn, _listed()):
        with foreign_keys_off(conn):
            _apply_listed(db)
    if _pending(conn, _OWN) and not _pending(conn, _SHARED):
        # A file that cannot be written to right now is good enough without them.
        with contextlib.suppress(sqlite3.OperationalError), writing(conn):
            _apply(conn, _OWN)


def ensure_migrations_table(db: HasConnection) -> None:
    """Create the table of applied migrations if the database has none."""
    execute(db.conn, "CREATE TABLE IF NOT EXISTS _llm_migrations (name TEXT PRIMARY KEY, applied_at TEXT)")


def is_current(conn: sqlite3.Connection) -> bool:
    """Tell whether the tables are in their final form, so that the database can be read as it is."""
    return not _pending(conn, _listed())


def _listed() -> list[Migration]:
    """Return the list as it is now; other programs may also put another list in its public place."""
    listed: list[Migration] = getattr(sys.modules.get("llm.migrations"), "MIGRATIONS", MIGRATIONS)
    return listed


def _pending(conn: sqlite3.Connection, steps: Iterable[Migration]) -> list[Migration]:
    applied = _applied(conn)
    return [step for step in steps if step.__name__ not in applied]


def _applied(conn: sqlite3.Connection) -> set[str]:
    if not execute(conn, "SELECT 1 FROM sqlite_master WHERE name = '_llm_migrations'").fetchall():
        return set()
    return {name for (name,) in execute(conn, "SELECT name FROM _llm_migrations").fetchall()}


def _apply_listed(db: HasConnection) -> None:
    with writing(db.conn):
        ensure_migrations_table(db)
        # What is pending is read again: another process may have migrated the file while the lock was waited for.
        _apply(db.conn, [step for step in _listed() if step in _SHARED])
    for step in _pending(db.conn, [step for step in _listed() if step not in _SHARED]):
        _apply_foreign(db, step)


def _apply(conn: sqlite3.Connection, steps: Iterable[Migration]) -> None:
    for step in _pending(conn, steps):
        step(Handle(conn))
        _record(conn, step)


def _record(conn: sqlite3.Connection, step: Migration) -> None:
    applied_at = str(datetime.now(timezone.utc))
    execute(conn, "INSERT INTO _llm_migrations (name, applied_at) VALUES (?, ?)", (step.__name__, applied_at))


def _apply_foreign(db: HasConnection, step: Migration) -> None:
    """Apply a migration of a plugin: it expects the full `sqlite_utils.Database`."""
    with writing(db.conn):
        if _pending(db.conn, [step]):
            step(_as_sqlite_utils(db))
            _record(db.conn, step)


def _as_sqlite_utils(db: HasConnection) -> Any:
    loaded = sys.modules.get("sqlite_utils")
    if loaded is not None and isinstance(db, loaded.Database):
        return db
    import sqlite_utils

    # Without these two arguments it would change settings of a connection that belongs to somebody else.
    return sqlite_utils.Database(db.conn, recursive_triggers=False, execute_plugins=False)


for _public in (migrate, migration, ensure_migrations_table):
    _public.__module__ = "llm.migrations"
