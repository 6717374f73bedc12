"""Historical import path of embedding collections."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "Collection": "llm.features.collections",
    "Entry": "llm.features.collections",
    # Homes are elsewhere, but programs have imported them from here.
    "EmbeddingModel": "llm.engine.embedding_model",
}

if TYPE_CHECKING:
    from llm.engine.embedding_model import EmbeddingModel as EmbeddingModel
    from llm.features.collections import Collection as Collection
    from llm.features.collections import Entry as Entry
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
