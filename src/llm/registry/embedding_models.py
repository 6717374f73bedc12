"""The embedding models that plugins offer, and finding one by name. As fresh on every call as `registry.models`."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from llm.core.errors import UnknownModelError
from llm.registry.alias_file import user_aliases
from llm.registry.lookup import aliases_of, by_name
from llm.registry.offers import ask_plugins
from llm.registry.plugins import load_plugins

if TYPE_CHECKING:
    from llm.engine.async_embedding_model import AsyncEmbeddingModel
    from llm.engine.embedding_model import EmbeddingModel
else:
    # As in `registry.models`: the annotations have to resolve without the engine.
    EmbeddingModel = AsyncEmbeddingModel = Any


@dataclass
class EmbeddingModelWithAliases:
    """What a plugin registered: an embedding model and the names it has besides its id."""

    __module__ = "llm.models"

    model: EmbeddingModel
    aliases: list[str]

    @property
    def async_model(self) -> AsyncEmbeddingModel | None:
        """The model for async code, if the plugin registered one. A property, as the contract fixes the fields."""
        variant: AsyncEmbeddingModel | None = self.__dict__.get("_async_model")
        return variant

    @async_model.setter
    def async_model(self, variant: AsyncEmbeddingModel | None) -> None:
        self.__dict__["_async_model"] = variant

    def matches(self, query: str) -> bool:
        """Tell whether an alias or the displayed name contains `query`, in any case."""
        return any(query.lower() in text.lower() for text in (*self.aliases, str(self.model)))


#: what look-ups by name take from an entry
model_of: Callable[[EmbeddingModelWithAliases], EmbeddingModel] = attrgetter("model")


def get_embedding_models_with_aliases() -> list[EmbeddingModelWithAliases]:
    """Return all embedding models with their aliases, in the order of registration."""
    load_plugins()
    return registered_embedding_models()


def registered_embedding_models(
    *,
    only: Collection[str] | None = None,
    by_plugin: dict[str, list[EmbeddingModelWithAliases]] | None = None,
    tolerant: bool = False,
) -> list[EmbeddingModelWithAliases]:
    """Return what the plugins register that are loaded; the arguments are those of `models.registered_models`."""
    of_the_user = user_aliases()
    entries: list[EmbeddingModelWithAliases] = []

    def make_register(plugin: str, names: list[list[str]]) -> Callable[..., None]:
        mine: list[EmbeddingModelWithAliases] = []
        if by_plugin is not None:
            by_plugin[plugin] = mine

        def register(
            model: EmbeddingModel,
            aliases: Iterable[str] | None = None,
            *,
            async_model: AsyncEmbeddingModel | None = None,
        ) -> None:
            given = list(aliases or ())
            entry = EmbeddingModelWithAliases(model, aliases_of(model.model_id, given, of_the_user))
            entry.async_model = async_model
            entries.append(entry)
            mine.append(entry)
            names.append([str(model.model_id), *map(str, given)])

        return register

    ask_plugins("embedding_models", make_register, only=only, tolerant=tolerant)
    return entries


def get_embedding_models() -> list[EmbeddingModel]:
    """Return all embedding models."""
    import llm

    return [entry.model for entry in llm.get_embedding_models_with_aliases()]


def get_embedding_model_aliases() -> dict[str, EmbeddingModel]:
    """Return the embedding models under all their names."""
    import llm

    return by_name(llm.get_embedding_models_with_aliases(), model_of, user_aliases())


def get_embedding_model(name: str) -> EmbeddingModel:
    """Return the embedding model with this id or alias. Raises `UnknownModelError`."""
    import llm

    return chosen_embedding_model(llm.get_embedding_models_with_aliases(), name)


def chosen_embedding_model(entries: Sequence[EmbeddingModelWithAliases], name: str) -> EmbeddingModel:
    """Return the embedding model of this name among all there are. Raises `UnknownModelError`."""
    model = by_name(entries, model_of, user_aliases()).get(name)
    if model is None:
        raise UnknownModelError(f"Unknown model: {name}")
    return model


def embedding_model_entry(name: str) -> EmbeddingModelWithAliases:
    """Return what was registered under this id or alias. Raises `UnknownModelError`."""
    import llm

    entries = llm.get_embedding_models_with_aliases()
    entry = by_name(entries, lambda one: one, user_aliases()).get(name)
    if entry is None:
        raise UnknownModelError(f"Unknown model: {name}")
    return entry
