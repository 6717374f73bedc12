"""Historical import path of the embeddings database's migrations."""

from typing import TYPE_CHECKING

from llm._lazy import attach

_HOMES = {
    "embeddings_migrations": "llm.store.migrations.embeddings",
}

if TYPE_CHECKING:
    from llm.store.migrations.embeddings import embeddings_migrations as embeddings_migrations
else:
    __getattr__, __dir__ = attach(__name__, _HOMES)
