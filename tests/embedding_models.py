"""Embedding models for tests: the lengths of words as numbers, and a record of what they were asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import llm


class Lengths(llm.EmbeddingModel):
    """The lengths of the first 16 words."""

    model_id = "lengths"
    batch_size: int | None = 10
    supports_binary = True

    def __init__(self, model_id: str = "lengths", **attributes: Any) -> None:
        self.model_id = model_id
        self.batches: list[list[str | bytes]] = []
        vars(self).update(attributes)

    @property
    def seen(self) -> list[str | bytes]:
        """All items so far."""
        return [item for batch in self.batches for item in batch]

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        batch = list(items)
        self.batches.append(batch)
        for item in batch:
            words: list[Any] = list(item.split())
            vector: list[float] = [len(word) for word in words]
            yield (vector + [0] * 16)[:16]


class Broken(Lengths):
    """Fails at the word `boom`."""

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        batch = list(items)
        if any("boom" in str(item) for item in batch):
            raise llm.ModelError("the provider hung up")
        return super().embed_batch(batch, key=key)


class Keyed(Lengths):
    """Needs a key and shows it in the vector."""

    needs_key = "demo"
    key_env_var = "DEMO_KEY"

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        assert key is not None
        for _ in items:
            yield [float(len(key)), 1.0]
