"""`EmbeddingModel`: the base class of models that turn text or bytes into vectors."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import islice

from llm.engine.calling import accepted
from llm.engine.keyed import Keyed

_locks_guard = threading.Lock()


class EmbeddingBase(Keyed):
    """What blocking and async embedding models share."""

    supports_text: bool = True
    supports_binary: bool = False
    batch_size: int | None = None

    def _size(self, batch_size: int | None) -> int | None:
        size = self.batch_size if batch_size is None else batch_size
        if size is not None and size < 1:
            raise ValueError(f"batch_size must be at least 1, not {size}")
        return size

    def _check_kind(self, item: str | bytes) -> None:
        if isinstance(item, str) and not self.supports_text:
            raise ValueError(f"Embedding model '{self.model_id}' does not support text")
        if isinstance(item, bytes) and not self.supports_binary:
            raise ValueError(f"Embedding model '{self.model_id}' does not support binary data")

    def _no_vector(self) -> ValueError:
        return ValueError(f"Embedding model '{self.model_id}' returned no vector")

    def __repr__(self) -> str:
        return f"<{self}>"


class EmbeddingModel(EmbeddingBase, ABC):
    """Base of embedding models; a plugin implements `embed_batch`."""

    __module__ = "llm.models"

    @abstractmethod
    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterable[list[float]]:
        """Return one vector (a list of floats) per item, in order. Plugins may leave `key` out."""

    def embed(self, item: str | bytes, *, key: str | None = None) -> list[float]:
        """Return the vector of one text or binary value.

        Raises `ValueError` for a kind of item the model does not take, or if it returns no vector, and
        `NeedsKeyException` if it needs a key and there is none.
        """
        self._check_kind(item)
        for vector in self._embedded([item], key):
            return vector
        raise self._no_vector()

    def embed_multi(
        self, items: Iterable[str | bytes], batch_size: int | None = None, *, key: str | None = None
    ) -> Iterator[list[float]]:
        """Yield the vectors of many items, which are consumed lazily, `batch_size` at a time.

        Without a batch size, here or on the model, all items go to `embed_batch` as one iterable. Raises as `embed`.
        """
        size = self._size(batch_size)
        checked = self._checked(items)
        if size is None:
            yield from self._embedded(checked, key)
            return
        while batch := list(islice(checked, size)):
            yield from self._embedded(batch, key)

    def _checked(self, items: Iterable[str | bytes]) -> Iterator[str | bytes]:
        for item in items:
            self._check_kind(item)
            yield item

    def _embedded(self, items: Iterable[str | bytes], key: str | None) -> Iterator[list[float]]:
        resolved = self.get_key(key)
        if accepted(self.embed_batch, ["key"]):
            yield from self.embed_batch(items, key=resolved)
        elif resolved is None:
            yield from self.embed_batch(items)
        else:
            yield from self._embedded_with_own_key(items, resolved)

    def _embedded_with_own_key(self, items: Iterable[str | bytes], key: str) -> list[list[float]]:
        # Older plugins read self.key: it holds the resolved key for the length of the call, for one caller at a time.
        # A list, because a consumer that takes its time over the vectors must not keep the others out.
        with self._key_lock():
            before, self.key = self.key, key
            try:
                return list(self.embed_batch(items))
            finally:
                self.key = before

    def _key_lock(self) -> threading.RLock:
        with _locks_guard:
            lock: threading.RLock = self.__dict__.setdefault("_embedding_key_lock", threading.RLock())
            return lock

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.model_id}"
