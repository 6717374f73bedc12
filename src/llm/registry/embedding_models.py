"""The embedding models that plugins offer, and finding one by name. As fresh on every call as `registry.models`."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from llm.core.errors import UnknownModelError
from llm.registry.alias_file import user_aliases
from llm.registry.lookup import aliases_of, by_name
from llm.registry.plugins import load_plugins, pm

if TYPE_CHECKING:
    from llm.engine.embedding_model import EmbeddingModel
else:
    # As in `registry.models`: the annotations have to resolve without the engine.
    EmbeddingModel = Any


@dataclass
class EmbeddingModelWithAliases:
    """What a plugin registered: an embedding model and the names it has besides its id."""

    __module__ = "llm.models"

    model: EmbeddingModel
    aliases: list[str]

    def matches(self, query: str) -> bool:
        """Tell whether an alias or the displayed name contains `query`, in any case."""
        return any(query.lower() in text.lower() for text in (*self.aliases, str(self.model)))


def get_embedding_models_with_aliases() -> list[EmbeddingModelWithAliases]:
    """Return all embedding models with their aliases, in the order of registration."""
    load_plugins()
    of_the_user = user_aliases()
    entries: list[EmbeddingModelWithAliases] = []

    def register(model: EmbeddingModel, aliases: Iterable[str] | None = None) -> None:
        entries.append(EmbeddingModelWithAliases(model, aliases_of(model.model_id, aliases, of_the_user)))

    pm.hook.register_embedding_models(register=register)
    return entries


def get_embedding_models() -> list[EmbeddingModel]:
    """Return all embedding models."""
    import llm

    return [entry.model for entry in llm.get_embedding_models_with_aliases()]


def get_embedding_model_aliases() -> dict[str, EmbeddingModel]:
    """Return the embedding models under all their names."""
    import llm

    return by_name(llm.get_embedding_models_with_aliases(), attrgetter("model"), user_aliases())


def get_embedding_model(name: str) -> EmbeddingModel:
    """Return the embedding model with this id or alias. Raises `UnknownModelError`."""
    model = get_embedding_model_aliases().get(name)
    if model is None:
        raise UnknownModelError(f"Unknown model: {name}")
    return model
