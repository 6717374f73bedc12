"""`llm.Collection` as the library shows it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

import llm
from llm.embeddings import Collection, Entry
from llm.embeddings_migrations import embeddings_migrations
from tests.embedding_models import Broken, Keyed, Lengths
from tests.registry.stand_ins import embedding_plugin, only_these_plugins


@pytest.fixture
def model() -> Iterator[Lengths]:
    """A registered model."""
    one = Lengths()
    with only_these_plugins() as register:
        register(embedding_plugin("p", (one, ["len"])))
        yield one


@pytest.fixture
def db() -> sqlite_utils.Database:
    return sqlite_utils.Database(memory=True)


@pytest.fixture
def two(model: Lengths, db: sqlite_utils.Database) -> Collection:
    """A collection with two items."""
    collection = Collection("test", db, model=model)
    collection.embed("1", "hello world", store=True)
    collection.embed("2", "goodbye world", {"a": 1}, store=True)
    model.batches.clear()
    return collection


def rows(collection: Collection, *columns: str) -> list[tuple[Any, ...]]:
    sql = f"SELECT {', '.join(columns)} FROM embeddings WHERE collection_id = ? ORDER BY id"
    return collection.db.execute(sql, (collection.id,)).fetchall()


def test_import_paths() -> None:
    """The names of the contract are where programs import them from; `import llm` alone reaches `llm.embeddings`."""
    names = (
        "Collection EmbeddingModel EmbeddingModelWithAliases UnknownModelError get_embedding_model "
        "get_embedding_models get_embedding_models_with_aliases get_embedding_model_aliases "
        "get_default_embedding_model set_default_embedding_model encode decode cosine_similarity"
    )
    assert all(hasattr(llm, name) for name in names.split())
    assert (llm.embeddings.Collection, llm.embeddings.Entry) == (Collection, Entry)
    code = "import llm; print(llm.embeddings.Collection is llm.Collection)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"


# --- construction ---


def test_attributes(model: Lengths, db: sqlite_utils.Database) -> None:
    """A collection has `db`, `name`, `id` and `model_id`, also when it is new; it applies pending migrations."""
    collection = Collection("new", db, model=model)
    assert (collection.db, collection.name, collection.id, collection.model_id) == (db, "new", 1, "lengths")
    assert embeddings_migrations.pending(db) == []
    assert db.execute("SELECT name, model FROM collections").fetchall() == [("new", "lengths")]


def test_in_memory(model: Lengths) -> None:
    """Without a database the collection is in one of its own, in memory."""
    first, second = Collection("c", model=model), Collection("c", model=model)
    first.embed("1", "x")
    assert isinstance(first.db, sqlite_utils.Database)
    assert (first.count(), second.count()) == (1, 0)
    for collection in (first, second):
        collection.db.close()


def test_model_id_is_resolved_and_wins(model: Lengths, db: sqlite_utils.Database) -> None:
    """`model_id` may be an alias, the real id is stored, and it wins over `model`."""
    collection = Collection("c", db, model=Lengths("other"), model_id="len")
    assert collection.model_id == "lengths"
    assert collection.model() is model


def test_unknown_model(model: Lengths, db: sqlite_utils.Database) -> None:
    """An unknown model id raises UnknownModelError, and no row is made."""
    with pytest.raises(llm.UnknownModelError):
        Collection("c", db, model_id="zork")
    assert not Collection.exists(db, "c")


def test_no_model(db: sqlite_utils.Database) -> None:
    """A new collection without a model raises ValueError."""
    with pytest.raises(ValueError, match="model"):
        Collection("c", db)


def test_not_created(db: sqlite_utils.Database) -> None:
    """With `create=False` a missing collection raises `Collection.DoesNotExist`, a plain Exception."""
    with pytest.raises(Collection.DoesNotExist, match="'c' does not exist"):
        Collection("c", db, create=False)
    assert Collection.DoesNotExist.__bases__ == (Exception,)


def test_existing(two: Collection, model: Lengths) -> None:
    """An existing collection keeps its id and model, whatever `model_id` says; the model is looked up once."""
    again = Collection("test", two.db, model_id="ignored")
    assert (again.id, again.model_id) == (two.id, "lengths")
    assert again.model() is model
    assert again.model() is model


def test_another_model_object(two: Collection) -> None:
    """A model object that is passed for an existing collection is used; another id is worth a warning."""
    other = Lengths("other")
    with pytest.warns(UserWarning, match="'lengths'.*'other'"):
        collection = Collection("test", two.db, model=other)
    assert (collection.model(), collection.model_id) == (other, "lengths")


def test_exists_migrates_nothing(db: sqlite_utils.Database) -> None:
    """`exists` is False where there are no tables, and makes none."""
    assert not Collection.exists(db, "c")
    assert db.table_names() == []


def test_read_only(two: Collection, tmp_path: Path) -> None:
    """An older database that is open for reading only can be searched as it is."""
    path = tmp_path / "old.db"
    old = sqlite_utils.Database(path)
    embeddings_migrations.apply(old, stop_before="m004_store_content_hash")
    old.execute("INSERT INTO collections VALUES (1, 'c', 'lengths')")
    old.execute("INSERT INTO embeddings (collection_id, id, embedding) VALUES (1, 'a', ?)", (llm.encode([1, 0]),))
    old.conn.commit()
    old.close()
    reading = sqlite_utils.Database(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True))
    assert Collection("c", reading, create=False).similar_by_vector([1, 0]) == [Entry("a", 1.0)]
    reading.close()


def test_foreign_keys_are_not_enforced(model: Lengths, db: sqlite_utils.Database) -> None:
    """Rows whose collection is missing can be written, and stay."""
    Collection("c", db, model=model)
    db.execute("INSERT INTO embeddings (collection_id, id, embedding) VALUES (77, 'x', x'0000803f')")
    db.conn.commit()
    Collection("d", db, model=model).delete()
    assert db.execute("PRAGMA foreign_keys").fetchone() == (0,)
    assert db.execute("SELECT collection_id, id FROM embeddings").fetchall() == [(77, "x")]


# --- storing ---


def test_content_hash() -> None:
    """Content is recognised by the MD5 of its bytes, of the UTF-8 form of text."""
    assert Collection.content_hash(b"\x00\x01\x02").hex() == "b95f67f61ebb03619622d798f45fc2d3"
    assert Collection.content_hash("é") == md5("é".encode()).digest()


def test_row(model: Lengths, db: sqlite_utils.Database) -> None:
    """A row has the encoded vector, the kept content as text or bytes, hash, metadata as JSON, and the time."""
    collection = Collection("c", db, model=model)
    collection.embed("a", "ab c", {"k": "é"}, store=True)
    collection.embed("b", b"ab", {}, store=True)
    collection.embed("c", "not kept")
    vector = llm.encode([2, 1] + [0] * 14)
    assert rows(collection, "id", "content", "content_blob", "metadata") == [
        ("a", "ab c", None, '{"k": "\\u00e9"}'), ("b", None, b"ab", None), ("c", None, None, None),
    ]  # fmt: skip
    assert rows(collection, "embedding", "content_hash")[0] == (vector, md5(b"ab c").digest())
    assert all(isinstance(time, int) and time > 1_700_000_000 for (time,) in rows(collection, "updated"))


def test_known_content_is_not_embedded(two: Collection, model: Lengths) -> None:
    """Repeating an id with unchanged content calls no model and writes nothing."""
    before = rows(two, "*", "rowid")
    two.embed("1", "hello world")
    assert (model.batches, rows(two, "*", "rowid")) == ([], before)


def test_known_content_under_another_id(two: Collection, model: Lengths) -> None:
    """Known content under another id gets the stored vector, without a call of the model."""
    two.embed("3", "hello world", {"b": 2})
    two.embed("2", "hello world")
    assert model.batches == []
    vector = llm.encode([5, 5] + [0] * 14)
    assert rows(two, "id", "embedding", "metadata", "content") == [
        ("1", vector, None, "hello world"), ("2", vector, None, None), ("3", vector, '{"b": 2}', None),
    ]  # fmt: skip


@pytest.mark.parametrize("multi", [False, True])
def test_known_item_gets_metadata_and_content(two: Collection, model: Lengths, multi: bool) -> None:
    """New metadata, and content that was not kept before, are added to a known item without a call of the model."""
    two.embed("3", "third")
    model.batches.clear()
    if multi:
        two.embed_multi_with_metadata([("3", "third", {"x": 1}), ("2", "goodbye world", None)], store=True)
    else:
        two.embed("3", "third", {"x": 1}, store=True)
        two.embed("2", "goodbye world")
    assert model.batches == []
    assert rows(two, "id", "content", "metadata")[1:] == [
        ("2", "goodbye world", '{"a": 1}'), ("3", "third", '{"x": 1}'),
    ]  # fmt: skip


def test_another_collection(two: Collection, model: Lengths) -> None:
    """The same content in another collection is embedded again."""
    Collection("other", two.db, model=model).embed("1", "hello world")
    assert model.seen == ["hello world"]


def test_many_with_known_ones(two: Collection, model: Lengths) -> None:
    """Of many entries only those that are not stored unchanged are embedded."""
    two.embed_multi([("1", "hello world"), ("2", "goodbye world"), ("3", "this is new")])
    assert model.seen == ["this is new"]
    assert two.count() == 3


def test_pairs_of_id_and_hash(two: Collection, model: Lengths) -> None:
    """An entry is known by id and content together: swapped contents are embedded again."""
    two.embed_multi([("1", "goodbye world"), ("2", "hello world")])
    assert model.seen == ["goodbye world", "hello world"]
    assert rows(two, "content_hash") == [(md5(b"goodbye world").digest(),), (md5(b"hello world").digest(),)]


def test_all_known(model: Lengths, db: sqlite_utils.Database) -> None:
    """If everything is known, the model is not called at all, so that no key is needed."""
    keyed = Keyed(batch_size=None)
    collection = Collection("c", db, model=keyed)
    collection.embed_multi([("1", "a")], key="k")
    collection.embed_multi([("1", "a")])
    with pytest.raises(llm.NeedsKeyException):
        collection.embed_multi([("1", "b")])


def test_numbers_as_ids(two: Collection, model: Lengths) -> None:
    """Ids that are numbers are stored and recognised as text."""
    two.embed_multi([(1, "hello world"), (2.5, "new"), (True, "hello world")])  # type: ignore[list-item]
    two.embed(2, "goodbye world")  # type: ignore[arg-type]
    assert model.seen == ["new"]
    assert [item for (item,) in rows(two, "id")] == ["1", "2", "2.5"]


def test_repeated_ids_and_content(two: Collection, model: Lengths) -> None:
    """Equal content twice in one batch is embedded twice; of a repeated id the last entry stays, also a known one."""
    two.embed_multi([("x", "same"), ("y", "same"), ("1", "changed"), ("1", "hello world")])
    assert model.seen == ["same", "same", "changed", "hello world"]
    assert rows(two, "content_hash")[0] == (md5(b"hello world").digest(),)


@pytest.mark.parametrize(
    ("count", "model_size", "argument", "calls"),
    [(1000, 10, {}, 100), (1000, 10, {"batch_size": 5}, 200), (100, 10, {"batch_size": 8}, 13), (250, None, {}, 3)],
)
def test_batches(
    model: Lengths, db: sqlite_utils.Database, count: int, model_size: int | None, argument: Any, calls: int
) -> None:
    """A batch is as large as the model and the argument allow."""
    one = Lengths(batch_size=model_size)
    Collection("c", db, model=one).embed_multi(((str(n), f"text {n}") for n in range(count)), **argument)
    assert len(one.batches) == calls
    assert [len(batch) for batch in one.batches[:-1]] == [len(one.batches[0])] * (calls - 1)


def test_more_items_than_sqlite_takes(model: Lengths, db: sqlite_utils.Database) -> None:
    """A batch may be larger than the number of values SQLite takes in one statement."""
    one = Lengths(batch_size=None)
    collection = Collection("c", db, model=one)
    for _ in range(2):
        collection.embed_multi([(str(n), f"text {n}") for n in range(3000)], batch_size=3000)
    assert (collection.count(), len(one.batches)) == (3000, 1)


def test_entries_are_taken_lazily(model: Lengths, db: sqlite_utils.Database) -> None:
    """Entries are consumed a batch at a time, and each batch is committed before the next one is embedded."""
    collection = Collection("c", db, model=model)
    stored: list[int] = []

    def entries() -> Iterator[tuple[str, str]]:
        for n in range(25):
            stored.append(collection.count())
            yield str(n), f"text {n}"

    collection.embed_multi(entries())
    assert stored == [0] * 10 + [10] * 10 + [20] * 5
    assert not db.conn.in_transaction


def test_earlier_batches_stay(db: sqlite_utils.Database) -> None:
    """When a batch fails, those before it stay, and a second run goes on where the first one stopped."""
    one = Broken(batch_size=2)
    collection = Collection("c", db, model=one)
    entries = [("1", "a"), ("2", "b"), ("3", "boom"), ("4", "c")]
    with pytest.raises(llm.ModelError):
        collection.embed_multi(entries)
    assert collection.count() == 2
    one.batches.clear()
    collection.embed_multi([(item, value.replace("boom", "fine")) for item, value in entries])
    assert one.seen == ["fine", "c"]


@pytest.mark.parametrize("size", [0, -1])
def test_impossible_batch_size(two: Collection, size: int) -> None:
    """A batch size below one raises ValueError."""
    with pytest.raises(ValueError, match="batch_size"):
        two.embed_multi([("9", "x")], batch_size=size)


@pytest.mark.parametrize("returned", [0, 1, 3])
def test_number_of_vectors(db: sqlite_utils.Database, returned: int) -> None:
    """A model that returns more or fewer vectors than it got items raises ValueError, and nothing is written."""

    class Wrong(Lengths):
        def embed_batch(self, items: Any, *, key: str | None = None) -> Iterator[list[float]]:
            yield from [[1.0]] * returned

    collection = Collection("c", db, model=Wrong())
    with pytest.raises(ValueError, match=f"{returned} vectors for 2 items"):
        collection.embed_multi([("1", "a"), ("2", "b")])
    assert collection.count() == 0


def test_model_that_returns_nothing(db: sqlite_utils.Database) -> None:
    """A model that returns no vector for one value raises ValueError."""

    class Silent(Lengths):
        def embed_batch(self, items: Any, *, key: str | None = None) -> Iterator[list[float]]:
            return iter(())

    with pytest.raises(ValueError, match="no vector"):
        Collection("c", db, model=Silent()).embed("1", "a")


@pytest.mark.parametrize(
    "call",
    [
        lambda collection: collection.embed("1", b"x"),
        lambda collection: collection.similar(b"x"),
        lambda collection: collection.embed_multi([("1", b"x")]),
    ],
)
def test_wrong_kind_of_value(db: sqlite_utils.Database, call: Callable[[Collection], object]) -> None:
    """A kind of value that the model does not take raises ValueError."""
    collection = Collection("c", db, model=Lengths(supports_binary=False))
    with pytest.raises(ValueError, match="binary"):
        call(collection)


def test_commit(model: Lengths, tmp_path: Path) -> None:
    """What a call wrote is seen by another connection when the call returns."""
    db = sqlite_utils.Database(tmp_path / "e.db")
    collection = Collection("c", db, model=model)
    collection.embed("1", "x")
    other = sqlite_utils.Database(tmp_path / "e.db")
    assert other.execute("SELECT count(*) FROM embeddings").fetchone() == (1,)
    db.close()
    other.close()


def test_open_transaction(two: Collection) -> None:
    """A transaction that the caller has open stays open."""
    two.db.execute("BEGIN")
    two.embed("9", "x")
    assert two.db.conn.in_transaction
    two.db.execute("ROLLBACK")
    assert two.count() == 2


def test_own_hash(model: Lengths, db: sqlite_utils.Database) -> None:
    """All hashing goes through `content_hash`, which a subclass may override."""

    class AnyCase(Collection):
        @staticmethod
        def content_hash(input: str | bytes) -> bytes:  # noqa: A002 - the name of the contract
            return Collection.content_hash(input.lower())

    collection = AnyCase("c", db, model=model)
    collection.embed("1", "Text")
    collection.embed("1", "TEXT")
    collection.embed_multi([("1", "tExt")])
    assert model.seen == ["Text"]
