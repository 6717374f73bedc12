"""Searching a `llm.Collection`, and deleting it."""

from __future__ import annotations

import sqlite3
import typing
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlite_utils

import llm
from llm.embeddings import Collection, Entry
from tests.embedding_models import Keyed, Lengths


@pytest.fixture
def model() -> Lengths:
    return Lengths()


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


def test_similar_by_id(two: Collection, model: Lengths) -> None:
    """The stored vector is compared, without a call of the model, and the item itself is left out."""
    [entry] = two.similar_by_id("1")
    assert (entry.id, entry.content, entry.metadata) == ("2", "goodbye world", {"a": 1})
    assert entry.score == pytest.approx(0.98639392)
    assert model.batches == []


def test_similar(two: Collection, model: Lengths) -> None:
    """A value is embedded and compared with all items, itself included; best first."""
    found = two.similar("hello world")
    assert [entry.id for entry in found] == ["1", "2"]
    assert found[0].score == pytest.approx(1)
    assert model.seen == ["hello world"]
    assert [entry.id for entry in two.similar("hello world", 1)] == ["1"]
    assert [entry.id for entry in two.similar("hello world", prefix="2")] == ["2"]


def test_similar_by_vector(two: Collection) -> None:
    """A vector is compared as it is; `skip_id` and `prefix` narrow the items down."""
    vector = [7, 5] + [0] * 14
    assert [entry.id for entry in two.similar_by_vector(vector)] == ["2", "1"]
    assert [entry.id for entry in two.similar_by_vector(vector, 10, "2")] == ["1"]
    assert [entry.id for entry in two.similar_by_vector(vector, prefix="1")] == ["1"]


def test_unknown_id(two: Collection) -> None:
    """An id that is not there raises `Collection.DoesNotExist`."""
    with pytest.raises(Collection.DoesNotExist):
        two.similar_by_id("zork")


def test_blob_is_no_content(model: Lengths, db: sqlite_utils.Database) -> None:
    """`content` of an entry is kept text, never kept bytes."""
    collection = Collection("c", db, model=model)
    collection.embed("1", b"bytes", store=True)
    assert collection.similar(b"bytes")[0].content is None


def test_key(db: sqlite_utils.Database) -> None:
    """A key may be given to each method that calls the model."""
    collection = Collection("c", db, model=Keyed())
    collection.embed("1", "x", key="abc")
    collection.embed_multi([("2", "y")], key="abc")
    assert [entry.id for entry in collection.similar("z", key="abc")] == ["1", "2"]
    assert db.execute("SELECT embedding FROM embeddings").fetchall() == [(llm.encode([3, 1]),)] * 2


def test_key_of_a_search(db: sqlite_utils.Database, user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`similar` embeds with the key in the environment, or the stored one; bytes for a model of texts: ValueError."""
    collection = Collection("c", db, model=Keyed(supports_binary=False))
    collection.embed("1", "x", key="abc")
    with pytest.raises(llm.NeedsKeyException):
        collection.similar("z")
    monkeypatch.setenv("DEMO_KEY", "abc")
    assert collection.similar("z")[0].score == pytest.approx(1)
    (user_path / "keys.json").write_text('{"demo": "stored-one"}')
    assert collection.similar("z")[0].score == pytest.approx(llm.cosine_similarity([3, 1], [10, 1]))
    with pytest.raises(ValueError, match="binary"):
        collection.similar(b"z")


def test_entry() -> None:
    """`Entry` is a dataclass compared by value, in this order of fields, whose annotations can be resolved."""
    assert Entry("a", 0.5) == Entry(id="a", score=0.5, content=None, metadata=None)
    assert list(typing.get_type_hints(Entry)) == ["id", "score", "content", "metadata"]
    assert (Entry.__module__, Collection.__module__) == ("llm.embeddings", "llm.embeddings")


def test_delete(two: Collection, model: Lengths) -> None:
    """The collection and its items go, and nothing of others."""
    other = Collection("other", two.db, model=model)
    other.embed("1", "x")
    two.delete()
    assert not Collection.exists(two.db, "test")
    assert two.db.execute("SELECT DISTINCT collection_id FROM embeddings").fetchall() == [(other.id,)]


def test_delete_is_one_transaction(two: Collection) -> None:
    """Where the collection cannot be deleted, its items stay too."""
    two.db.execute("CREATE TRIGGER keep BEFORE DELETE ON collections BEGIN SELECT raise(ABORT, 'kept'); END")
    with pytest.raises(sqlite3.IntegrityError, match="kept"):
        two.delete()
    assert (two.count(), Collection.exists(two.db, "test"), two.db.conn.in_transaction) == (2, True, False)


def test_after_deletion(two: Collection, model: Lengths) -> None:
    """A deleted collection refuses to be written to, before the model is called, also if its id is taken again."""
    two.delete()
    assert Collection("heir", two.db, model=model).id == two.id
    writes: list[Callable[[], None]] = [
        lambda: two.embed("1", "x"),
        lambda: two.embed_multi([("1", "x")]),
        two.delete,
    ]
    for write in writes:
        with pytest.raises(Collection.DoesNotExist):
            write()
    assert model.batches == []
    assert Collection.exists(two.db, "heir")
