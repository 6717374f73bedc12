"""OpenAI's embedding models, and the rows by which they are registered.

They are not in `catalog`, because commands about embeddings would load everything about chat models with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from llm.core.errors import ModelError
from llm.engine.embedding_model import EmbeddingModel
from llm.providers.openai import PLUGIN


class OpenAIEmbeddingModel(EmbeddingModel):
    """A model behind `/embeddings`. `dimensions` shortens the vectors, for models that can do so."""

    __module__ = PLUGIN

    needs_key: str | None = "openai"
    key_env_var: str | None = "OPENAI_API_KEY"
    batch_size: int | None = 100

    def __init__(self, model_id: str, openai_model_id: str, dimensions: int | None = None) -> None:
        self.model_id = model_id
        self.openai_model_id = openai_model_id
        self.dimensions = dimensions

    def embed_batch(self, items: Iterable[str | bytes], *, key: str | None = None) -> Iterator[list[float]]:
        """Return the vectors of texts, in their order. Raises `ModelError` if one is missing."""
        from llm.providers.openai.access import new_client
        from llm.providers.openai.failures import explaining

        texts = list(items)
        arguments: dict[str, Any] = {"input": texts, "model": self.openai_model_id}
        if self.dimensions:
            arguments["dimensions"] = self.dimensions
        with explaining(self):
            entries = new_client({"api_key": key}).embeddings.create(**arguments).data
        if len(entries) != len(texts):
            raise ModelError(
                f"Embedding model '{self.model_id}' returned {len(entries)} vectors for {len(texts)} texts"
            )
        return iter([[float(number) for number in entry.embedding] for entry in _in_order(entries)])


class EmbeddingRow(NamedTuple):
    """One embedding model, with the name the API knows it by and the length of its vectors if that is cut."""

    model_id: str
    openai_model_id: str
    aliases: tuple[str, ...]
    dimensions: int | None = None


EMBEDDINGS = (
    EmbeddingRow("text-embedding-ada-002", "text-embedding-ada-002", ("ada", "ada-002")),
    EmbeddingRow("text-embedding-3-small", "text-embedding-3-small", ("3-small",)),
    EmbeddingRow("text-embedding-3-large", "text-embedding-3-large", ("3-large",)),
    EmbeddingRow("text-embedding-3-small-512", "text-embedding-3-small", ("3-small-512",), 512),
    EmbeddingRow("text-embedding-3-large-256", "text-embedding-3-large", ("3-large-256",), 256),
    EmbeddingRow("text-embedding-3-large-1024", "text-embedding-3-large", ("3-large-1024",), 1024),
)


def register_embedding_models(register: Callable[..., None]) -> None:
    """Register OpenAI's embedding models."""
    for row in EMBEDDINGS:
        register(OpenAIEmbeddingModel(row.model_id, row.openai_model_id, row.dimensions), aliases=row.aliases)


def _in_order(entries: list[Any]) -> list[Any]:
    """Sort by index, where all entries have one: servers may answer in any order."""
    if not all(isinstance(getattr(entry, "index", None), int) for entry in entries):
        return entries
    return sorted(entries, key=lambda entry: int(entry.index))
