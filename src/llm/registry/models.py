"""The models that plugins offer, and finding one by name.

Every function runs the plugins' hooks and reads the user's aliases anew: what a hook answers depends on files and
variables that no cache could watch.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from llm.core.errors import UnknownModelError
from llm.registry.alias_file import user_aliases
from llm.registry.defaults import get_default_model
from llm.registry.lookup import aliases_of, by_name
from llm.registry.offers import ask_plugins
from llm.registry.plugins import load_plugins

if TYPE_CHECKING:
    from typing import TypeAlias

    from llm.engine.model import AsyncKeyModel, AsyncModel, KeyModel, Model

    SyncModels: TypeAlias = Model | KeyModel
    AsyncModels: TypeAlias = AsyncModel | AsyncKeyModel
else:
    # The registry knows models by their attributes only, and these annotations have to resolve without the engine.
    SyncModels = AsyncModels = Any


@dataclass
class ModelWithAliases:
    """What a plugin registered: a model, its async variant (one of them may be None), and the names besides the id."""

    __module__ = "llm.models"

    model: SyncModels | None
    async_model: AsyncModels | None
    aliases: list[str]

    def matches(self, query: str) -> bool:
        """Tell whether an alias, the displayed name or the async model's id contains `query`, in any case."""
        texts = [*self.aliases]
        if self.model is not None:
            texts.append(str(self.model))
        if self.async_model is not None:
            texts.append(str(self.async_model.model_id))
        return any(query.lower() in text.lower() for text in texts)


#: what look-ups by name take from an entry
blocking_of: Callable[[ModelWithAliases], SyncModels | None] = attrgetter("model")
async_of: Callable[[ModelWithAliases], AsyncModels | None] = attrgetter("async_model")


def get_models_with_aliases() -> list[ModelWithAliases]:
    """Return everything that plugins register, in that order."""
    load_plugins()
    return registered_models()


def registered_models(
    *,
    only: Collection[str] | None = None,
    by_plugin: dict[str, list[ModelWithAliases]] | None = None,
    tolerant: bool = False,
) -> list[ModelWithAliases]:
    """Return what the plugins register that are loaded, or those of them that are in `only`.

    `by_plugin` takes it plugin by plugin. `tolerant`: a plugin that fails is reported on standard error.
    """
    of_the_user = user_aliases()
    entries: list[ModelWithAliases] = []

    def make_register(plugin: str, names: list[list[str]]) -> Callable[..., None]:
        mine: list[ModelWithAliases] = []
        if by_plugin is not None:
            by_plugin[plugin] = mine

        def register(
            model: SyncModels | None, async_model: AsyncModels | None = None, aliases: Iterable[str] | None = None
        ) -> None:
            either = model if model is not None else async_model
            if either is None:
                raise ValueError("register() needs a model or an async model")
            given = list(aliases or ())
            entry = ModelWithAliases(model, async_model, aliases_of(either.model_id, given, of_the_user))
            entries.append(entry)
            mine.append(entry)
            names.append([str(either.model_id), *map(str, given)])

        return register

    ask_plugins("models", make_register, only=only, tolerant=tolerant, model_aliases=entries)
    return entries


def get_models() -> list[SyncModels]:
    """Return all models that block."""
    import llm

    return [entry.model for entry in llm.get_models_with_aliases() if entry.model is not None]


def get_async_models() -> list[AsyncModels]:
    """Return all async models."""
    import llm

    return [entry.async_model for entry in llm.get_models_with_aliases() if entry.async_model is not None]


def get_model_aliases() -> dict[str, SyncModels]:
    """Return the models that block under all their names."""
    import llm

    return by_name(llm.get_models_with_aliases(), blocking_of, user_aliases())


def get_async_model_aliases() -> dict[str, AsyncModels]:
    """Return the async models under all their names."""
    import llm

    return by_name(llm.get_models_with_aliases(), async_of, user_aliases())


def get_model(name: str | None = None, _skip_async: bool = False) -> SyncModels:
    """Return the model with this id or alias, the default model without one. Raises `UnknownModelError`.

    With `_skip_async` the error does not say whether there is an async model of that name.
    """
    import llm

    return chosen_model(llm.get_models_with_aliases(), name or get_default_model(), _skip_async=_skip_async)


def get_async_model(name: str | None = None) -> AsyncModels:
    """Return the async model with this id or alias, that of the default model without one.

    Raises `UnknownModelError`.
    """
    import llm

    return chosen_async_model(llm.get_models_with_aliases(), name or get_default_model())


def chosen_model(entries: Sequence[ModelWithAliases], name: str, _skip_async: bool = False) -> SyncModels:
    """Return the model of this name among all there are. Raises `UnknownModelError`."""
    aliases = user_aliases()
    named: dict[str, SyncModels] = by_name(entries, blocking_of, aliases)
    model = named.get(name)
    if model is not None:
        return model
    if not _skip_async and name in by_name(entries, async_of, aliases):
        raise UnknownModelError(f"Unknown model (async model exists): {name}")
    raise UnknownModelError(f"Unknown model: {name}")


def chosen_async_model(entries: Sequence[ModelWithAliases], name: str) -> AsyncModels:
    """Return the async model of this name among all there are. Raises `UnknownModelError`."""
    aliases = user_aliases()
    named: dict[str, AsyncModels] = by_name(entries, async_of, aliases)
    model = named.get(name)
    if model is not None:
        return model
    if name in by_name(entries, blocking_of, aliases):
        raise UnknownModelError(f"Unknown async model (sync model exists): {name}")
    raise UnknownModelError(f"Unknown model: {name}")
