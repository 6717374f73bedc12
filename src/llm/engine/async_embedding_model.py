"""Embedding in async code: the base class for models that can, and how all others do it nevertheless."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable
from itertools import islice

from llm.engine.embedding_model import EmbeddingBase, EmbeddingModel
from llm.engine.host import in_thread, is_awaitable

Vectors = Iterable[list[float]] | AsyncIterable[list[float]]


class AsyncEmbeddingModel(EmbeddingBase, ABC):
    """Base of async embedding models; a plugin implements `embed_batch`.

    It registers one beside the blocking model: `register(model, aliases=..., async_model=...)`.
    """

    __module__ = "llm.models"

    @abstractmethod
    def embed_batch(self, items: list[str | bytes], *, key: str | None = None) -> Awaitable[Vectors] | Vectors:
        """Return one vector per item, in order. This may be a coroutine function or an async generator."""

    async def embed(self, item: str | bytes, *, key: str | None = None) -> list[float]:
        """Return the vector of one text or binary value. Raises as `EmbeddingModel.embed`."""
        self._check_kind(item)
        async for vector in self._embedded([item], key):
            return vector
        raise self._no_vector()

    async def embed_multi(
        self,
        items: Iterable[str | bytes] | AsyncIterable[str | bytes],
        batch_size: int | None = None,
        *,
        key: str | None = None,
    ) -> AsyncIterator[list[float]]:
        """Yield the vectors of many items, which are consumed lazily, `batch_size` at a time.

        Without a batch size, here or on the model, all items are one batch. Raises as `embed`.
        """
        size = self._size(batch_size)
        async for batch in _batches(items, size):
            for item in batch:
                self._check_kind(item)
            async for vector in self._embedded(batch, key):
                yield vector

    async def _embedded(self, items: list[str | bytes], key: str | None) -> AsyncIterator[list[float]]:
        found = self.embed_batch(items, key=self.get_key(key))
        vectors = await found if is_awaitable(found) else found
        if isinstance(vectors, AsyncIterable):
            async for vector in vectors:
                yield vector
        else:
            for vector in vectors:
                yield vector

    def __str__(self) -> str:
        return f"{type(self).__name__} (async): {self.model_id}"


class ThreadedEmbeddingModel(AsyncEmbeddingModel):
    """Runs a blocking model in a thread, so that the event loop goes on meanwhile."""

    def __init__(self, model: EmbeddingModel) -> None:
        self.model = model
        self.model_id: str = model.model_id
        self.supports_text: bool = model.supports_text
        self.supports_binary: bool = model.supports_binary
        self.batch_size: int | None = model.batch_size

    async def embed_batch(self, items: list[str | bytes], *, key: str | None = None) -> list[list[float]]:
        """Return what the blocking model makes of the items. The model looks after its key."""
        return await in_thread(lambda: list(self.model.embed_multi(items, len(items), key=key)))

    def get_key(self, explicit_key: str | None = None) -> str | None:
        """Return the explicit key."""
        return explicit_key

    def __str__(self) -> str:
        return str(self.model)


def get_async_embedding_model(name: str) -> AsyncEmbeddingModel:
    """Return the embedding model with this id or alias, for async code. Raises `UnknownModelError`.

    Where a plugin has no async variant, the blocking model is run in a thread.
    """
    from llm.registry.embedding_models import embedding_model_entry

    entry = embedding_model_entry(name)
    variant: AsyncEmbeddingModel | None = getattr(entry, "async_model", None)  # a plugin may have put others there
    return variant or ThreadedEmbeddingModel(entry.model)


async def _batches(
    items: Iterable[str | bytes] | AsyncIterable[str | bytes], size: int | None
) -> AsyncIterator[list[str | bytes]]:
    if isinstance(items, AsyncIterable):
        batch: list[str | bytes] = []
        async for item in items:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch
        return
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
