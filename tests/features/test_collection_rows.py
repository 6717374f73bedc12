"""What the methods of a `llm.Collection` take, and which rows they leave in the table."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

import llm
from llm.embeddings import Collection
from tests.embedding_models import Lengths

NOTHING = inspect.Parameter.empty


@pytest.fixture
def model() -> Lengths:
    return Lengths()


@pytest.fixture
def collection(model: Lengths) -> Iterator[Collection]:
    db = sqlite_utils.Database(memory=True)
    yield Collection("c", db, model=model)
    db.close()


def row(target: Collection, item: str) -> dict[str, Any]:
    [found] = target.db.query("SELECT * FROM embeddings WHERE collection_id = ? AND id = ?", (target.id, item))
    return found


@pytest.mark.parametrize(
    ("method", "positional", "named"),
    [
        ("__init__", {"name": NOTHING, "db": None}, {"model": None, "model_id": None, "create": True}),
        ("model", {}, {}),
        ("count", {}, {}),
        ("embed", {"id": NOTHING, "value": NOTHING, "metadata": None, "store": False}, {"key": None}),
        ("embed_multi", {"entries": NOTHING, "store": False, "batch_size": 100}, {"key": None}),
        ("embed_multi_with_metadata", {"entries": NOTHING, "store": False, "batch_size": 100}, {"key": None}),
        ("similar", {"value": NOTHING, "number": 10, "prefix": None}, {"key": None}),
        ("similar_by_id", {"id": NOTHING, "number": 10, "prefix": None}, {}),
        ("similar_by_vector", {"vector": NOTHING, "number": 10, "skip_id": None, "prefix": None}, {}),
        ("delete", {}, {}),
        ("content_hash", {"input": NOTHING}, {}),
    ],
)
def test_parameters(method: str, positional: dict[str, Any], named: dict[str, Any]) -> None:
    """The methods have these parameters, in this order, with these defaults; those after a star only by name."""
    parameters = inspect.signature(getattr(Collection, method)).parameters.values()
    given = [one for one in parameters if one.name != "self"]
    by_name = [one for one in given if one.kind is inspect.Parameter.KEYWORD_ONLY]
    assert [(one.name, one.default) for one in given if one not in by_name] == list(positional.items())
    assert [(one.name, one.default) for one in by_name] == list(named.items())


def test_nothing_is_returned(collection: Collection) -> None:
    """The methods that write return None."""
    methods: Any = collection
    assert methods.embed("1", "x") is None
    assert methods.embed_multi([("1", "x")]) is None
    assert methods.embed_multi_with_metadata([("1", "x", None)]) is None
    assert methods.delete() is None


@pytest.mark.parametrize("multi", [False, True])
def test_a_row_is_replaced_as_a_whole(collection: Collection, multi: bool) -> None:
    """Other content under an id replaces the row: metadata and content that were kept before do not stay."""
    collection.embed("1", "hello world", {"a": 1}, store=True)
    if multi:
        collection.embed_multi([("1", "other")])
    else:
        collection.embed("1", "other")
    found = row(collection, "1")
    assert (found["content"], found["content_blob"], found["metadata"]) == (None, None, None)
    assert (found["embedding"], found["content_hash"]) == (llm.encode([5] + [0] * 15), md5(b"other").digest())
    assert collection.count() == 1


def test_rows_of_many(collection: Collection) -> None:
    """Entries of embed_multi_with_metadata() are stored with their metadata, None and `{}` as NULL, and content."""
    entries: list[Any] = [("a", "text", {"n": [1, None]}), ("b", b"bytes", {}), ("c", "x", None)]
    collection.embed_multi_with_metadata(entries, store=True)
    found = [row(collection, item) for item in "abc"]
    assert [one["metadata"] for one in found] == ['{"n": [1, null]}', None, None]
    assert [(one["content"], one["content_blob"]) for one in found] == [("text", None), (None, b"bytes"), ("x", None)]


def test_known_content_in_many(collection: Collection, model: Lengths) -> None:
    """embed_multi() embeds content that is known under another id, or in another collection, and stores it."""
    collection.embed("1", "hello world")
    other = Collection("other", collection.db, model=model)
    model.batches.clear()
    collection.embed_multi([("2", "hello world")])
    other.embed_multi([("1", "hello world")])
    assert model.seen == ["hello world", "hello world"]
    assert (collection.count(), other.count()) == (2, 1)


def test_one_call_of_the_model_a_batch(collection: Collection) -> None:
    """What is new in a batch goes to the model by one call of its `embed_multi`, which a plugin may override."""
    calls: list[list[str | bytes]] = []

    class Own(Lengths):
        def embed_multi(
            self, items: Iterable[str | bytes], batch_size: int | None = None, *, key: str | None = None
        ) -> Iterator[list[float]]:
            calls.append(list(items))
            return iter([[1.0]] * len(calls[-1]))

    target = Collection("own", collection.db, model=Own(batch_size=2))
    target.embed_multi([("1", "a"), ("2", "b"), ("3", "c")])
    target.embed_multi([("1", "a"), ("2", "new"), ("3", "c")])
    assert calls == [["a", "b"], ["c"], ["new"]]


def test_no_lock_stays(model: Lengths, tmp_path: Path) -> None:
    """What any method wrote is committed when it returns: others see it, and can write at once."""
    db = sqlite_utils.Database(tmp_path / "e.db")
    other = sqlite_utils.Database(tmp_path / "e.db")
    other.execute("PRAGMA busy_timeout = 0")
    collection = Collection("c", db, model=model)
    for number, write in enumerate(
        (
            lambda: collection.embed("1", "x"),
            lambda: collection.embed("1", "x", {"a": 1}),
            lambda: collection.embed_multi([("2", "y")]),
            collection.delete,
        )
    ):
        write()
        before = list(db.execute("SELECT id, metadata FROM embeddings"))
        assert list(other.execute("SELECT id, metadata FROM embeddings")) == before
        other.table("unrelated").insert({"n": number})
    db.close()
    other.close()
