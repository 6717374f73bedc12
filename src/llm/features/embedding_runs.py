"""Embedding many items into a collection: several batches at once, and single items that a model refuses.

What a model did was paid for, so each batch is stored when it is finished, whatever happens to the others. Only the
calls of the model run in threads; the database is used by the thread of the caller.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from queue import SimpleQueue

from llm.core.errors import NeedsKeyException, UserError
from llm.features.embedding_items import Plan, Target, plan_batch, vectors_of, write_batch
from llm.store.embeddings import Item, ItemId

MOST_IN_A_ROW = 10  #: items that fail one after the other before it is no longer put down to the items
_STATUS_OF_ITEMS = {400, 413, 422}  #: HTTP: what a server answers to input it does not take
_OF_THE_CONNECTION = {"APIConnectionError", "TransportError"}  #: of openai and httpx, which are not imported here


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that the model could not embed."""

    id: ItemId
    error: Exception


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the items: how many were embedded, and which failed."""

    embedded: int
    failures: list[Failure]


@dataclass(slots=True)
class _Finished:
    """A batch that a model is done with; `error` is why nothing else should be tried."""

    plan: Plan
    embedded: list[tuple[Item, bytes]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    error: BaseException | None = None


def embed_all(target: Target, items: Iterator[Item], *, size: int, concurrency: int, key: str | None) -> Outcome:
    """Embed and store items, `size` at a time, with up to `concurrency` batches at the model at once.

    An item that fails is left out, and tried alone before that. What would make every item fail is raised, after the
    batches that are on their way have been stored: a missing key, a lost connection, or `MOST_IN_A_ROW` failures.
    """
    embed = _Embedding(target, key)
    crew = _Threads(embed, concurrency) if concurrency > 1 else _Caller(embed)
    run = _Run(target, crew)
    try:
        while batch := list(islice(items, size)):
            run.take(batch, concurrency)
        run.settle(0)
    except Exception:
        run.rescue()
        raise
    finally:
        crew.close()
    return Outcome(run.embedded, run.failures)


class _Embedding:
    """Has a model embed a plan's items, alone where they fail together."""

    def __init__(self, target: Target, key: str | None) -> None:
        self._target = target
        self._key = key
        self._failed_in_a_row = 0

    def __call__(self, plan: Plan) -> _Finished:
        finished = _Finished(plan)
        try:
            self._embed(plan.to_embed, finished)
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            finished.error = error
        return finished

    def _embed(self, items: Sequence[Item], finished: _Finished) -> None:
        if not items:
            return
        try:
            vectors = vectors_of(self._target.model(), items, self._key)
        except Exception as error:
            if _concerns_all(error):
                raise
            if len(items) == 1:
                self._failed(Failure(items[0].id, error), finished)
                return
        else:
            self._failed_in_a_row = 0
            finished.embedded += zip(items, vectors, strict=True)
            return
        middle = len(items) // 2
        self._embed(items[:middle], finished)
        self._embed(items[middle:], finished)

    def _failed(self, failure: Failure, finished: _Finished) -> None:
        finished.failures.append(failure)
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= MOST_IN_A_ROW:
            raise failure.error


class _Caller:
    """Embeds in the thread of the caller, when a batch is given to it."""

    def __init__(self, embed: Callable[[Plan], _Finished]) -> None:
        self._embed = embed
        self._finished: list[_Finished] = []

    def start(self, plan: Plan) -> None:
        self._finished.append(self._embed(plan))

    def next_finished(self) -> _Finished:
        return self._finished.pop()

    def close(self) -> None:
        """Nothing is open."""


class _Threads:
    """Embeds in threads. They do not keep the process alive: nobody waits for a model after Ctrl-C."""

    def __init__(self, embed: Callable[[Plan], _Finished], count: int) -> None:
        self._embed = embed
        self._count = count
        self._plans: SimpleQueue[Plan | None] = SimpleQueue()
        self._finished: SimpleQueue[_Finished] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._work, name=f"llm-embed-{number}", daemon=True).start()

    def start(self, plan: Plan) -> None:
        self._plans.put(plan)

    def next_finished(self) -> _Finished:
        return self._finished.get()

    def close(self) -> None:
        for _ in range(self._count):
            self._plans.put(None)

    def _work(self) -> None:
        while (plan := self._plans.get()) is not None:
            self._finished.put(self._embed(plan))


class _Run:
    """The batches that are on their way, and the sum of those that are done."""

    def __init__(self, target: Target, crew: _Caller | _Threads) -> None:
        self._target = target
        self._crew = crew
        self._ids: dict[int, set[ItemId]] = {}  #: those of each plan that is on its way
        self.embedded = 0
        self.failures: list[Failure] = []

    def take(self, batch: list[Item], most: int) -> None:
        self.settle(most - 1)
        ids = {item.id for item in batch}
        while not all(ids.isdisjoint(others) for others in self._ids.values()):  # the later one of an item has to stay
            self.settle(len(self._ids) - 1)
        plan = plan_batch(self._target, batch)
        if plan.to_embed:
            self._ids[id(plan)] = ids
            self._crew.start(plan)
        else:
            write_batch(self._target, [], plan.to_update)

    def settle(self, most: int) -> None:
        """Store finished batches until at most so many are on their way."""
        while len(self._ids) > most:
            finished = self._crew.next_finished()
            self._store(finished)
            if finished.error is not None:
                raise finished.error

    def rescue(self) -> None:
        """Store what else comes back, although the run has failed."""
        while self._ids:
            self._store(self._crew.next_finished())

    def _store(self, finished: _Finished) -> None:
        del self._ids[id(finished.plan)]
        self.embedded += len(finished.embedded)
        self.failures += finished.failures
        write_batch(self._target, finished.embedded, finished.plan.to_update)


def _concerns_all(error: Exception) -> bool:
    """Tell whether an error has nothing to do with the item that was being embedded."""
    if isinstance(error, (NeedsKeyException, UserError, OSError)):
        return True
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status not in _STATUS_OF_ITEMS
    return any(base.__name__ in _OF_THE_CONNECTION for base in type(error).__mro__)
