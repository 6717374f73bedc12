"""How a database file is opened, and how anything is written to it.

Several processes write to one log at the same time, and a turn that was paid for must not be lost to a lock. So there
is one way to open a file and one way to write, and both wait for others. The connection may also come from a caller,
with settings of its own, which are never changed here.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from llm.core.errors import LogStoreError

BUSY_SECONDS = 30.0
_RETRY_SECONDS = 0.02
_LOCK_CODES = {5, 6}  # SQLITE_BUSY, SQLITE_LOCKED


class HasConnection(Protocol):
    """Anything that holds a connection: a `sqlite_utils.Database` or a `Handle`."""

    @property
    def conn(self) -> sqlite3.Connection:
        """The connection."""
        ...


class Handle:
    """A connection in the shape the store takes, where a `sqlite_utils.Database` would cost its import."""

    __slots__ = ("__weakref__", "conn")

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn: sqlite3.Connection = conn


def open_connection(path: str | os.PathLike[str], *, read_only: bool = False) -> sqlite3.Connection:
    """Open the database file `path`, which is created (with its directories, private to the user) unless `read_only`.

    The file is put into WAL mode, so that readers and a writer do not shut each other out; where that fails, because
    somebody is reading right now or the file system cannot do it, the present mode stays. With WAL, `synchronous` is
    NORMAL: a crashed or killed program loses nothing, only a power failure may take the last turns with it, never the
    file; for that, a turn is saved without waiting for the disk. Foreign keys stay unenforced.

    Raises `LogStoreError`, which names the file.
    """
    name = os.fspath(path)
    with naming_file(name):
        if read_only:
            return _open_to_read(name)
        if name != ":memory:":
            _create_private(Path(name))
        connection = sqlite3.connect(name, timeout=0.1)
        return _checked(connection, _prepare_to_write)


class UnstorableValueError(LogStoreError, ValueError):
    """A value has no form in the database."""


@contextlib.contextmanager
def naming_file(path: str) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into a `LogStoreError` that names the file and the next step."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise LogStoreError(f"Cannot use the database {path}: {error}. {_next_step(error)}") from error


@contextlib.contextmanager
def writing(conn: sqlite3.Connection) -> Iterator[None]:
    """Run the block as one transaction, or as a savepoint of the transaction that is already open.

    The write lock is taken at the start, and waited for: a transaction that begins by reading would be refused at once
    when another one writes in between. On an error everything is undone and the error goes on unchanged. Works with any
    `isolation_level` and leaves the settings and the transaction state of the connection as they were.
    """
    if _in_transaction(conn):
        with _savepoint(conn):
            yield
        return
    _patiently(conn, "BEGIN IMMEDIATE")
    try:
        yield
        if _in_transaction(conn):  # a migration of a plugin may have committed by itself
            _patiently(conn, "COMMIT")
    except BaseException:
        if _in_transaction(conn):  # some errors have already rolled back
            conn.execute("ROLLBACK")
        raise


def execute(conn: sqlite3.Connection, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
    """Execute one statement; rows come as tuples, whatever `row_factory` the connection has.

    Raises `UnstorableValueError` for a parameter that SQLite has no form for.
    """
    cursor = conn.cursor()
    cursor.row_factory = None
    with _naming_values():
        return cursor.execute(sql, parameters)


@contextlib.contextmanager
def _naming_values() -> Iterator[None]:
    """Turn what Python's module says of values that it cannot hand to SQLite into an `UnstorableValueError`."""
    try:
        yield
    except UnicodeEncodeError as error:
        what = f"{error.object!a} is no text: it holds bytes that are not UTF-8"
        raise UnstorableValueError(what) from error
    except OverflowError as error:
        raise UnstorableValueError("A number is too large: the database holds 64 bits") from error
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError) as error:
        if "binding parameter" not in str(error):
            raise
        raise UnstorableValueError(f"A value has no form in the database: {error}") from error


def executemany(conn: sqlite3.Connection, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
    """Execute one statement for each of `parameters`. Raises `UnstorableValueError` like `execute`."""
    with _naming_values():
        conn.cursor().executemany(sql, parameters)


def has_table(conn: sqlite3.Connection, name: str) -> bool:
    """Tell whether the database has the table `name`."""
    return bool(execute(conn, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).fetchall())


def patiently(conn: sqlite3.Connection, action: Callable[[], object]) -> None:
    """Do something, again and again while another connection holds the lock, however short one's own timeout is.

    Given up is when nobody has written anything for `BUSY_SECONDS`: as long as others get their turn, so will this one.
    """
    seen, deadline = _last_change(conn), time.monotonic() + BUSY_SECONDS
    while True:
        try:
            action()
        except sqlite3.OperationalError as error:
            if not is_lock_error(error):
                raise
            if (now := _last_change(conn)) != seen:
                seen, deadline = now, time.monotonic() + BUSY_SECONDS
            elif time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _last_change(conn: sqlite3.Connection) -> list[tuple[int, int]]:
    """Return what differs after each write of anybody: time and size of the database and of its log."""
    path = execute(conn, "PRAGMA database_list").fetchone()[2]
    changes = []
    for name in (path, f"{path}-wal"):
        with contextlib.suppress(OSError):
            found = os.stat(name)  # noqa: PTH116 - on the way of every command
            changes.append((found.st_mtime_ns, found.st_size))
    return changes


def is_lock_error(error: BaseException) -> bool:
    """Tell whether `error` says that another connection holds the lock."""
    if not isinstance(error, sqlite3.OperationalError):
        return False
    code = getattr(error, "sqlite_errorcode", None)  # since Python 3.11
    if code is not None:
        return code & 0xFF in _LOCK_CODES
    return "locked" in str(error)


def _open_to_read(path: str) -> sqlite3.Connection:
    uri = Path(path).absolute().as_uri()
    try:
        return _checked(sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=BUSY_SECONDS), _probe)
    except sqlite3.OperationalError:
        if not _is_unchanging(Path(path)):
            raise
        return _checked(sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True), _probe)


def _is_unchanging(path: Path) -> bool:
    """Tell whether the file is on a read-only medium, and nobody is writing to it.

    In WAL mode SQLite needs side files even for reading, which cannot be made there.
    """
    if not path.exists() or path.with_name(f"{path.name}-wal").exists():
        return False
    return not (os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK))


def _prepare_to_write(conn: sqlite3.Connection) -> None:
    mode = ""
    with contextlib.suppress(sqlite3.OperationalError):
        (mode,) = execute(conn, "PRAGMA journal_mode = WAL").fetchone()
    conn.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    if mode == "wal":
        conn.execute("PRAGMA synchronous = NORMAL")
    conn.execute("PRAGMA foreign_keys = OFF")
    _probe(conn)


def _probe(conn: sqlite3.Connection) -> None:
    """Read the header: a damaged or unreadable file shows itself only now."""
    conn.execute("PRAGMA schema_version").fetchone()


def _checked(conn: sqlite3.Connection, check: Any) -> sqlite3.Connection:
    """Return the connection after `check(conn)`, or close it if that fails."""
    try:
        check(conn)
    except BaseException:
        conn.close()
        raise
    return conn


def _create_private(path: Path) -> None:
    """Create a missing file with mode 0600 and its missing directories with 0700; what exists is not touched.

    SQLite gives the side files the mode of the database. The file is never opened when it exists: closing it again
    would drop the locks that this process holds on it.
    """
    if path.exists():
        return
    for directory in reversed(path.absolute().parents):
        if not directory.exists():
            directory.mkdir(mode=0o700, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


@contextlib.contextmanager
def _savepoint(conn: sqlite3.Connection) -> Iterator[None]:
    conn.execute("SAVEPOINT llm_writing")
    try:
        yield
    except BaseException:
        if _in_transaction(conn):
            conn.execute("ROLLBACK TO llm_writing")
            conn.execute("RELEASE llm_writing")
        raise
    if _in_transaction(conn):
        conn.execute("RELEASE llm_writing")


def _in_transaction(conn: sqlite3.Connection) -> bool:
    return conn.in_transaction


def _patiently(conn: sqlite3.Connection, sql: str) -> None:
    """Execute `sql`, trying again while another connection holds the lock, however short its own timeout is."""
    patiently(conn, lambda: conn.execute(sql))


def _next_step(error: BaseException) -> str:
    text = str(error)
    if is_lock_error(error):
        return "Another process is writing to it: try again when that has finished."
    if "not a database" in text or "malformed" in text:
        return "Move the file away to start a new one, or restore a backup."
    if "full" in text:
        return "Free some disk space."
    return "Check that the file and its directory exist and that you may write there."
