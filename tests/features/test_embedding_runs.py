"""Embedding many items: several batches at once, and items that a model refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import sqlite_utils

import llm
from llm.embeddings import Collection
from llm.features.embedding_runs import MOST_IN_A_ROW, Outcome, embed_all
from tests.embedding_models import Broken, Lengths

PATIENCE = 20


class Meeting(Lengths):
    """Each call waits until `together` of them are running, which fails if they do not run at once."""

    def __init__(self, together: int) -> None:
        super().__init__(batch_size=1)
        self.barrier = threading.Barrier(together, timeout=PATIENCE)

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        self.barrier.wait()
        return super().embed_batch(items, key=key)


class Failing(Lengths):
    """Raises what `errors` has for an item."""

    def __init__(self, errors: dict[str, Exception], batch_size: int = 4) -> None:
        super().__init__(batch_size=batch_size)
        self.errors = errors
        self.calls = 0

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        self.calls += 1
        batch = list(items)
        for item in batch:
            if item in self.errors:
                raise self.errors[str(item)]
        return super().embed_batch(batch, key=key)


class Status(Exception):
    """As clients of web services raise it."""

    def __init__(self, status_code: int) -> None:
        super().__init__(f"status {status_code}")
        self.status_code = status_code


def collection(model: llm.EmbeddingModel) -> Collection:
    return Collection("c", sqlite_utils.Database(memory=True), model=model)


def run(target: Collection, entries: Iterable[tuple[str, str]], concurrency: int = 1) -> Outcome:
    items = target.items(((item, value, None) for item, value in entries), store=True)
    return embed_all(target, items, size=target.batch_size(100), concurrency=concurrency, key=None)


def texts(count: int) -> list[tuple[str, str]]:
    return [(str(n), f"text {n}") for n in range(count)]


def stored(target: Collection) -> list[str]:
    sql = "SELECT id FROM embeddings ORDER BY rowid"
    return [item for (item,) in target.db.execute(sql).fetchall()]


@pytest.mark.parametrize("concurrency", [1, 2, 7, 100])
def test_everything_is_stored(concurrency: int) -> None:
    """All items are embedded once, however many batches are on their way at once; a second run has nothing to do."""
    model = Lengths()
    target = collection(model)
    assert run(target, texts(95), concurrency) == Outcome(95, [])
    assert sorted(stored(target), key=int) == [str(n) for n in range(95)]
    assert len(model.seen) == 95
    assert run(target, texts(95), concurrency) == Outcome(0, [])
    assert len(model.seen) == 95


def test_batches_at_once() -> None:
    """As many batches are at the model at once as was asked for."""
    target = collection(Meeting(3))
    assert run(target, texts(9), 3).embedded == 9


def test_a_finished_batch_is_stored_while_others_run() -> None:
    """What is finished is committed, whatever the other batches do."""
    release = threading.Event()

    class Slow(Lengths):
        def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
            batch = list(items)
            if "text 0" in batch:
                assert release.wait(PATIENCE)
            return super().embed_batch(batch, key=key)

    target = collection(Slow(batch_size=1))

    def entries() -> Iterator[tuple[str, str]]:
        for n in range(6):
            if n == 5:
                assert "1" in stored(target)
                assert "0" not in stored(target)
                release.set()
            yield str(n), f"text {n}"

    assert run(target, entries(), 2).embedded == 6


def test_the_last_one_of_an_id_stays() -> None:
    """A batch with an id that is on its way waits for it, so that the last value of an id stays."""
    target = collection(Lengths(batch_size=1))
    run(target, [("a", "x" * n) for n in range(1, 30)], 8)
    [(content,)] = target.db.execute("SELECT content FROM embeddings").fetchall()
    assert content == "x" * 29


@pytest.mark.parametrize("concurrency", [1, 3])
def test_single_items_that_fail(concurrency: int) -> None:
    """An item that the model refuses is left out and reported with its id; the others of its batch are stored."""
    refused = ValueError("too long")
    model = Failing({"text 2": refused, "text 9": refused})
    target = collection(model)
    outcome = run(target, texts(12), concurrency)
    assert outcome.embedded == 10
    assert sorted((failure.id, failure.error) for failure in outcome.failures) == [("2", refused), ("9", refused)]
    assert {"2", "9"}.isdisjoint(stored(target))
    assert len(stored(target)) == 10


def test_a_failing_item_costs_few_calls() -> None:
    """The item at fault is found by halving its batch."""
    model = Failing({"text 40": ValueError("no")}, batch_size=64)
    assert run(collection(model), texts(64)).embedded == 63
    assert model.calls == 1 + 2 * 6


@pytest.mark.parametrize("status", [400, 413, 422])
def test_status_that_is_about_an_item(status: int) -> None:
    """A server that does not take an item says so by its status."""
    outcome = run(collection(Failing({"text 1": Status(status)})), texts(4))
    assert (outcome.embedded, len(outcome.failures)) == (3, 1)


class TransportError(Exception):
    """Has the name of an error of httpx."""


class ConnectFailed(TransportError):
    """One of its kinds."""


@pytest.mark.parametrize(
    "error", [Status(401), Status(429), Status(500), OSError("down"), llm.NeedsKeyException("no key"), ConnectFailed()]
)
@pytest.mark.parametrize("concurrency", [1, 3])
def test_what_would_make_all_fail(error: Exception, concurrency: int) -> None:
    """An error that no single item is to blame for ends the run at once; what was finished or on its way is stored."""
    model = Failing({"text 9": error})
    target = collection(model)
    with pytest.raises(type(error)):
        run(target, texts(400), concurrency)
    assert {str(n) for n in range(8)} <= set(stored(target))
    assert model.calls <= 3 + 2 * concurrency
    assert "9" not in stored(target)


def test_many_failures_in_a_row() -> None:
    """After ten items in a row that failed, the run ends: it is not the items."""
    model = Failing({f"text {n}": llm.ModelError("gone") for n in range(8, 400)})
    target = collection(model)
    with pytest.raises(llm.ModelError, match="gone"):
        run(target, texts(400))
    assert len(stored(target)) == 8
    assert model.calls <= 2 + 3 * MOST_IN_A_ROW


def test_failures_between_good_items() -> None:
    """However many items fail, as long as others do not, all others are stored."""
    model = Failing({f"text {n}": llm.ModelError("no") for n in range(0, 100, 3)})
    outcome = run(collection(model), texts(100))
    assert (outcome.embedded, len(outcome.failures)) == (66, 34)


def test_input_that_fails(request: pytest.FixtureRequest) -> None:
    """When the input breaks off, what was read before, and is on its way, is stored."""
    target = collection(Lengths(batch_size=2))

    def entries() -> Iterator[tuple[str, str]]:
        yield from texts(6)
        raise ValueError("the input is damaged")

    with pytest.raises(ValueError, match="damaged"):
        run(target, entries(), 3)
    assert sorted(stored(target)) == [str(n) for n in range(6)]


def test_threads_end() -> None:
    """No thread is left when a run is over, whether it succeeded or not."""
    for model in (Lengths(), Broken(batch_size=1)):
        before: Any = set(threading.enumerate())
        entries = texts(3) if not isinstance(model, Broken) else [("1", "boom")]
        run(collection(model), entries, 4)
        for thread in set(threading.enumerate()) - before:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def test_known_items_need_no_model() -> None:
    """Items that are stored but bring metadata or content are written without a call of the model."""
    model = Lengths()
    target = collection(model)
    target.embed("1", "text 1")
    model.batches.clear()
    assert run(target, [("1", "text 1")], 4) == Outcome(0, [])
    assert model.batches == []
    assert target.db.execute("SELECT content FROM embeddings").fetchall() == [("text 1",)]
