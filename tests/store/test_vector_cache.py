"""The copy of a collection's vectors beside the database: it must never be noticed, but by the time a search takes."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from llm.core.vectors import encode
from llm.store import embeddings, vector_cache, vector_segments, vectors
from llm.store.connection import Handle
from llm.store.embeddings import CollectionRow, Item, add_collection, delete_collection, migrate, write_items
from llm.store.vector_cache import SWITCH, cache_of
from llm.store.vectors import Neighbour, nearest

DIMENSIONS = 4
ROWS = 40
_numbers = np.random.default_rng(1)
_ticks = count(1)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have copies of small collections, in files of ten rows."""
    monkeypatch.setattr(vector_cache, "WORTH_IT", 0)
    monkeypatch.setattr(vector_cache, "COPY_AT_ONCE", True)
    monkeypatch.setattr(vector_segments, "SEGMENT_BYTES", 10 * 4 * DIMENSIONS)
    monkeypatch.setattr(vectors, "_BLOCK_BYTES", 3 * 4 * DIMENSIONS)
    yield
    vector_cache._copies.clear()


@pytest.fixture(params=["delete", "wal"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database of the rows `0` to `39`, in either journal mode."""
    path = tmp_path / "e.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute(f"PRAGMA journal_mode = {request.param}")
        migrate(Handle(conn))
        add_collection(conn, "c", "m")
        write(conn, {str(n): vector() for n in range(ROWS)})
    rest(path)
    return path


@pytest.fixture
def conn(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as conn:
        yield conn


def vector() -> list[float]:
    return [float(number) for number in _numbers.standard_normal(DIMENSIONS)]


def write(conn: sqlite3.Connection, items: dict[str, list[float]], collection: int = 1) -> None:
    write_items(
        conn, collection, [(Item(name, name, b"", None, True), encode(numbers)) for name, numbers in items.items()]
    )
    conn.commit()


def rest(path: Path) -> None:
    """Let the files of a database look as if nobody had written to them for a while."""
    for file in (path, path.with_name(f"{path.name}-wal")):
        if file.exists():
            past = time.time_ns() - 60_000_000_000 + next(_ticks)
            os.utime(file, ns=(past, past))


def folder(path: Path) -> Path:
    return path.with_name(f"{path.name}-vectors")


def files(path: Path) -> set[str]:
    return {file.name for file in folder(path).iterdir()} if folder(path).exists() else set()


def search(conn: sqlite3.Connection, **arguments: object) -> list[Neighbour]:
    return nearest(conn, 1, [1, 2, 3, 4], **{"number": 5, **arguments})  # type: ignore[arg-type]


def definition(conn: sqlite3.Connection, **arguments: object) -> list[Neighbour]:
    """What is found without a copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SWITCH, "0")
        return search(conn, **arguments)


def reads_the_table(conn: sqlite3.Connection) -> bool:
    """Tell whether the next search does, instead of using the copy."""
    statements: list[str] = []
    conn.set_trace_callback(statements.append)
    search(conn)
    conn.set_trace_callback(None)
    return any("rowid, embedding" in statement for statement in statements)


def test_the_second_search_uses_the_copy(conn: sqlite3.Connection) -> None:
    """The first search makes the copy, the next ones read it instead of the table, and find the same to the bit."""
    expected = definition(conn)
    assert reads_the_table(conn)
    assert not reads_the_table(conn)
    assert search(conn) == expected
    vector_cache._copies.clear()  # as another process
    assert not reads_the_table(conn)
    assert search(conn) == expected


def test_only_what_is_searched_again_is_copied(
    conn: sqlite3.Connection, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the second search of a state of the database that makes or renews the copy; the first one takes a note."""
    monkeypatch.setattr(vector_cache, "COPY_AT_ONCE", False)
    for change in ({"new": vector()}, {"3": vector()}):
        write(conn, change)
        rest(path)
        assert [reads_the_table(conn) for _ in range(4)] == [True, True, False, False]
        assert search(conn) == definition(conn)
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder(path).iterdir()} == {0o600}
    assert delete_collection(conn, CollectionRow(1, "c", "m"))
    assert not folder(path).exists()


@pytest.mark.parametrize(
    "arguments", [{"skip_id": "7"}, {"prefix": "3"}, {"prefix": "3", "skip_id": "33"}, {"prefix": "x"}, {"number": -1}]
)
@pytest.mark.parametrize("kept", [1 << 20, 0])
def test_filters(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, object], kept: int
) -> None:
    """Prefix, left out item and number do the same with the copy, whether it is kept in memory or not."""
    monkeypatch.setattr(vector_cache, "_KEPT_BYTES", kept)
    search(conn)
    assert not reads_the_table(conn)
    assert search(conn, **arguments) == definition(conn, **arguments)
    assert bool(vector_cache._copies) == bool(kept)


def renumber(conn: sqlite3.Connection) -> None:
    conn.execute("DELETE FROM embeddings WHERE id < '3'")
    conn.commit()
    conn.execute("VACUUM")


CHANGES: dict[str, Callable[[sqlite3.Connection], object]] = {
    "a new item": lambda conn: write(conn, {"new": [1, 2, 3, 4]}),
    "a new vector": lambda conn: write(conn, {"5": [1, 2, 3, 4]}),
    "the last item again": lambda conn: write(conn, {"39": [1, 2, 3, 4]}),
    "update by plain SQL": lambda conn: conn.execute(
        "UPDATE embeddings SET embedding = ? WHERE id = '12'", (encode([1, 2, 3, 4]),)
    ),
    "deletion by plain SQL": lambda conn: conn.execute("DELETE FROM embeddings WHERE id > '3'"),
    "swapped ids": lambda conn: [
        conn.execute("UPDATE embeddings SET id = ? WHERE id = ?", swap) for swap in (("t", "1"), ("1", "2"), ("2", "t"))
    ],
    "swapped vectors": lambda conn: conn.execute(
        "UPDATE embeddings SET embedding = (SELECT embedding FROM embeddings AS other "
        "WHERE other.id = CASE embeddings.id WHEN '1' THEN '2' ELSE '1' END) WHERE id IN ('1', '2')"
    ),
    "another row under a rowid": lambda conn: conn.executescript(
        "DELETE FROM embeddings WHERE id = '39'; INSERT INTO embeddings (rowid, collection_id, id, embedding) "
        "SELECT 40, 1, 'heir', embedding FROM embeddings WHERE id = '3'"
    ),
    "rows in between": lambda conn: conn.executescript(
        "INSERT INTO embeddings (rowid, collection_id, id, embedding) SELECT rowid - 100, 1, id || '-', embedding "
        "FROM embeddings; UPDATE embeddings SET rowid = rowid * 2 WHERE rowid < 0"
    ),
    "another collection": lambda conn: write(conn, {"x": [1, 2, 3, 4]}, collection=2),
    "all gone": lambda conn: conn.execute("DELETE FROM embeddings"),
    "vacuum after deletion": renumber,
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_by_others(
    conn: sqlite3.Connection, path: Path, change: Callable[[sqlite3.Connection], object]
) -> None:
    """Whoever changes the rows, the next search finds what is there now, and renews the copy."""
    search(conn)
    with closing(sqlite3.connect(path)) as other:
        change(other)
        other.commit()
        assert search(conn) == definition(conn)
    rest(path)
    assert search(conn) == definition(conn)  # renews the copy
    assert search(conn) == definition(conn)
    vector_cache._copies.clear()
    assert search(conn) == definition(conn)


def test_changes_of_ones_own(conn: sqlite3.Connection, path: Path) -> None:
    """What the connection itself wrote is found at once, committed or not."""
    search(conn)
    write_items(conn, 1, [(Item("mine", "", b""), encode([1, 2, 3, 4]))])
    assert conn.in_transaction
    assert search(conn)[0].id == "mine"
    conn.rollback()
    assert search(conn) == definition(conn)
    write(conn, {"mine": [1, 2, 3, 4]})
    assert search(conn)[0].id == "mine"


@pytest.mark.parametrize("seed", range(4))
def test_random_changes(conn: sqlite3.Connection, path: Path, seed: int) -> None:
    """After any sequence of changes a search finds what one without a copy finds."""
    choose = np.random.default_rng(seed)
    with closing(sqlite3.connect(path)) as other:
        for _ in range(25):
            item = str(choose.integers(60))
            if choose.random() < 0.4:
                other.execute("DELETE FROM embeddings WHERE id = ?", (item,))
                other.commit()
            else:
                write(other, {item: vector()})
            if choose.random() < 0.7:
                rest(path)
            assert search(conn) == definition(conn)


def test_no_copy_of_a_moving_file(conn: sqlite3.Connection, path: Path) -> None:
    """While the file was changed a moment ago no copy is made: a second change might not show in its time."""
    os.utime(path)
    search(conn)
    assert files(path) == set()


def test_change_while_the_table_is_read(conn: sqlite3.Connection, path: Path) -> None:
    """A copy of a table that was changed while it was copied is not used, not even once."""
    cache = cache_of(conn, 1)
    assert cache is not None
    blocks = vectors._scanned(conn.execute("SELECT rowid, embedding FROM embeddings"), DIMENSIONS)
    copied = cache.keeping(blocks, rows=ROWS, dimensions=DIMENSIONS)
    next(copied)
    os.utime(path, ns=(1, 1))
    assert len(list(copied)) > 1
    assert files(path) == set()


def test_change_before_the_transaction(conn: sqlite3.Connection, path: Path) -> None:
    """A change between the look at the file and the beginning of the transaction is noticed."""
    cache = cache_of(conn, 1)
    assert cache is not None
    assert cache.is_unmoved()
    os.utime(path, ns=(1, 1))
    assert not cache.is_unmoved()


def test_private(conn: sqlite3.Connection, path: Path) -> None:
    """Only the user can read the copy: texts can be guessed from their vectors."""
    path.chmod(0o644)
    search(conn)
    assert files(path)
    assert stat.S_IMODE(folder(path).stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder(path).iterdir()} == {0o600}


def test_only_what_changed_is_written(conn: sqlite3.Connection, path: Path) -> None:
    """The files of rows that are as they were stay; those of changed and of new rows are written anew."""
    search(conn)
    before = files(path)
    assert len(before) == 5  # four of ten rows, and their list
    write(conn, {"new": vector()})
    conn.execute("UPDATE embeddings SET embedding = ? WHERE id = '12'", (encode(vector()),))
    conn.commit()
    rest(path)
    search(conn)
    after = files(path)
    assert len(after - before) == 2  # the second ten, and one row more
    assert len(before & after) == 4
    assert not reads_the_table(conn)


def damage_list(path: Path) -> None:
    (folder(path) / "1.json").write_text("{")


def older_format(path: Path) -> None:
    file = folder(path) / "1.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 0}))


def empty(path: Path) -> None:
    for file in folder(path).iterdir():
        file.unlink()


def a_file(path: Path) -> Path:
    return next(folder(path).glob("1-*"))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "everything": empty,
    "the folder": lambda path: folder(path).rename(path.with_name("elsewhere")),
    "a file": lambda path: a_file(path).unlink(),
    "half a file": lambda path: os.truncate(a_file(path), 10),
    "all of a file": lambda path: os.truncate(a_file(path), 0),
    "the list": damage_list,
    "an older form": older_format,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_removal_and_damage(conn: sqlite3.Connection, path: Path, damage: Callable[[Path], object]) -> None:
    """The copy may be removed, as a whole or in part, at any time; it is made again."""
    search(conn)
    vector_cache._copies.clear()
    damage(path)
    assert reads_the_table(conn)
    assert search(conn) == definition(conn)
    assert not reads_the_table(conn)


def test_removal_while_it_is_in_use(conn: sqlite3.Connection, path: Path) -> None:
    """A process that has the copy in memory goes on with it."""
    search(conn)
    search(conn)
    empty(path)
    assert not reads_the_table(conn)
    assert search(conn) == definition(conn)


def test_several_at_once(path: Path) -> None:
    """Processes that make the copy at the same time do not harm each other, and leave nothing half done."""
    barrier, wrong = threading.Barrier(4), []

    def work() -> None:
        with closing(sqlite3.connect(path)) as conn:
            expected = definition_without_environment(conn)
            barrier.wait()
            for _ in range(5):
                vector_cache._copies.clear()
                if search(conn) != expected:
                    wrong.append(conn)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not [name for name in files(path) if name.startswith(".")]


def definition_without_environment(conn: sqlite3.Connection) -> list[Neighbour]:
    conn.execute("BEGIN")
    found = search(conn)  # within a transaction there is no copy
    conn.rollback()
    return found


def test_leftovers(conn: sqlite3.Connection, path: Path) -> None:
    """What a killed process left is deleted when it is an hour old, as is the copy of a collection that is gone."""
    search(conn)
    fresh, old, gone = (folder(path) / name for name in (".unfinished-1", ".unfinished-2", "77-1.vectors"))
    for file in (fresh, old, gone):
        file.touch()
    os.utime(old, (1, 1))
    write(conn, {"new": vector()})
    rest(path)
    search(conn)
    assert [file.exists() for file in (fresh, old, gone)] == [True, False, False]


def test_deleted_collection(conn: sqlite3.Connection, path: Path) -> None:
    """With a collection its copy goes, and with the last one the folder."""
    search(conn)
    assert delete_collection(conn, CollectionRow(1, "c", "m"))
    assert not folder(path).exists()


def test_after_a_restart_of_the_machine(conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were not forced to the disk may have lost content in a crash: after a restart they are compared."""
    search(conn)
    vector_cache._copies.clear()
    monkeypatch.setattr(vector_cache, "boot", lambda: "another")
    assert reads_the_table(conn)
    assert not reads_the_table(conn)


def test_where_restarts_are_not_told(conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not tell when it was started, files are forced to the disk before they are listed."""
    synced: list[int] = []
    monkeypatch.setattr(vector_cache, "boot", lambda: "")
    monkeypatch.setattr(os, "fsync", synced.append)
    search(conn)
    assert len(synced) == 4
    assert not reads_the_table(conn)


@pytest.mark.skipif(os.name != "posix", reason="files have no owners there")
@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_folder_of_others(conn: sqlite3.Connection, path: Path, mode: int) -> None:
    """A folder to which others may write is neither trusted nor used."""
    search(conn)
    vector_cache._copies.clear()
    folder(path).chmod(mode)
    before = files(path)
    assert reads_the_table(conn)
    assert reads_the_table(conn)
    assert files(path) == before


@pytest.mark.skipif(os.name != "posix", reason="files have no owners there")
def test_database_of_others(conn: sqlite3.Connection, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searching somebody else's database leaves no files beside it."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    search(conn)
    assert files(path) == set()


def refuse_files(patch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    patch.setattr(vector_segments._Run, "_write", full)


OBSTACLES: dict[str, Callable[[pytest.MonkeyPatch], object]] = {
    "switched off": lambda patch: patch.setenv(SWITCH, "0"),
    "too small to be worth it": lambda patch: patch.setattr(vector_cache, "WORTH_IT", 1 << 20),
    "hardly any space": lambda patch: patch.setattr(vector_cache, "_SPARE", 1 << 60),
    "no space": refuse_files,
    "no stamp": lambda patch: patch.setattr(vector_cache, "stamp_of", lambda _: None),
}


@pytest.mark.parametrize("obstacle", OBSTACLES.values(), ids=OBSTACLES)
def test_no_copy(
    conn: sqlite3.Connection,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    obstacle: Callable[[pytest.MonkeyPatch], object],
) -> None:
    """Where no copy can be made, or is not worth it, a search works all the same and leaves nothing behind."""
    expected = definition(conn)
    obstacle(monkeypatch)
    assert search(conn) == search(conn) == expected
    assert files(path) == set()


def test_other_databases_of_a_connection(conn: sqlite3.Connection, path: Path) -> None:
    """A connection with attached databases uses no copy, as the rows may be those of another file."""
    conn.execute("ATTACH DATABASE ':memory:' AS other")
    search(conn)
    assert files(path) == set()


def test_memory() -> None:
    """A database in memory has no copy."""
    with closing(sqlite3.connect(":memory:")) as conn:
        migrate(Handle(conn))
        assert cache_of(conn, 1) is None


def test_another_length(conn: sqlite3.Connection) -> None:
    """A query of another length is refused with a copy as without one."""
    search(conn)
    with pytest.raises(ValueError, match=r"4 numbers.* has 2"):
        nearest(conn, 1, [1, 0], number=1)
    embeddings.write_items(conn, 1, [(Item("odd", "", b""), encode([1, 0]))])
    conn.commit()
    with pytest.raises(ValueError, match=r"2 numbers.* has 4"):
        search(conn)


def test_few_copies_are_kept(conn: sqlite3.Connection, path: Path) -> None:
    """A process keeps the copies of few collections in memory, those used last."""
    for number in range(2, 8):
        add_collection(conn, f"c{number}", "m")
        write(conn, {"a": [1, 2, 3, 4], "b": [4, 3, 2, 1]}, number)
    rest(path)
    for number in range(2, 8):
        for _ in range(2):
            nearest(conn, number, [1, 2, 3, 4], number=1)
    assert [copied.name for copied in vector_cache._copies] == ["4.json", "5.json", "6.json", "7.json"]
