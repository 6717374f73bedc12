"""Look-ups that built-in commands make themselves: as few plugins are loaded as can be, and none is asked twice.

The public functions of `llm` always load all plugins and ask them anew; plugins and programs call those. If one of them
has been replaced, by a plugin or a test, the replacement is what answers here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from llm.core.errors import UnknownModelError
from llm.registry import embedding_models, loaders, models, tools
from llm.registry.alias_file import user_aliases
from llm.registry.defaults import get_default_model
from llm.registry.hook_calls import callers_by_plugin
from llm.registry.lookup import by_name
from llm.registry.manifest import HOOKS
from llm.registry.manifest_in_use import known_names, manifest_in_use, plugins_offering
from llm.registry.passes import Answers, answers_so_far
from llm.registry.plugins import DEFAULT_PLUGINS, load_plugins, load_some

if TYPE_CHECKING:
    from llm.core.toolbox import Toolbox
    from llm.core.tools import Tool
    from llm.engine.embedding_model import EmbeddingModel
    from llm.registry.embedding_models import EmbeddingModelWithAliases
    from llm.registry.models import AsyncModels, ModelWithAliases, SyncModels

EntryT = TypeVar("EntryT")
T = TypeVar("T")


class _Kind(Generic[EntryT]):
    """A kind of models: its name, what asks the plugins, and the public function of `llm` that lists all of it."""

    __slots__ = ("listed", "name", "public", "registered")

    def __init__(
        self, name: str, registered: Callable[..., list[EntryT]], public: str, listed: Callable[[], list[EntryT]]
    ) -> None:
        self.name = name
        self.registered = registered
        self.public = public
        self.listed = listed

    def replaced(self) -> Callable[[], list[EntryT]] | None:
        """Return what stands for the public function; None if nobody has replaced that."""
        import llm

        found: Callable[[], list[EntryT]] = getattr(llm, self.public)
        return None if found is self.listed else found


_MODELS = _Kind("models", models.registered_models, "get_models_with_aliases", models.get_models_with_aliases)
_EMBEDDING_MODELS = _Kind(
    "embedding_models",
    embedding_models.registered_embedding_models,
    "get_embedding_models_with_aliases",
    embedding_models.get_embedding_models_with_aliases,
)
_BUILT_IN_TOOLS = {"llm_version", "llm_time"}


@overload
def find_model(name: str | None = None, *, asynchronous: Literal[False] = False) -> SyncModels: ...
@overload
def find_model(name: str | None = None, *, asynchronous: bool) -> SyncModels | AsyncModels: ...
def find_model(name: str | None = None, *, asynchronous: bool = False) -> SyncModels | AsyncModels:
    """Return a model by its id or alias, the default one without a name. Raises `UnknownModelError`."""
    import llm

    if asynchronous:
        if llm.get_async_model is not models.get_async_model:
            return llm.get_async_model(name)
        return _found(_MODELS, name or get_default_model(), models.chosen_async_model)
    if llm.get_model is not models.get_model:
        return llm.get_model(name)
    return _found(_MODELS, name or get_default_model(), models.chosen_model)


def find_embedding_model(name: str) -> EmbeddingModel:
    """Return an embedding model by its id or alias. Raises `UnknownModelError`."""
    import llm

    if llm.get_embedding_model is not embedding_models.get_embedding_model:
        return llm.get_embedding_model(name)
    return _found(_EMBEDDING_MODELS, name, embedding_models.chosen_embedding_model)


def all_models() -> list[ModelWithAliases]:
    """Return all models with their aliases; a plugin that fails is reported on standard error and left out."""
    return list(_everything(_MODELS))


def all_embedding_models() -> list[EmbeddingModelWithAliases]:
    """Return all embedding models likewise."""
    return list(_everything(_EMBEDDING_MODELS))


def names_of_models() -> dict[str, SyncModels]:
    """Return the models that block under all their names."""
    return by_name(all_models(), models.blocking_of, user_aliases())


def names_of_embedding_models() -> dict[str, EmbeddingModel]:
    """Return the embedding models under all their names."""
    return by_name(all_embedding_models(), embedding_models.model_of, user_aliases())


def find_tools(names: Collection[str] | None = None) -> dict[str, Tool | type[Toolbox]]:
    """Return tools, those of these names among them if they exist at all; all tools without names."""
    return _by_name("tools", names, tools.registered_tools, unique_with=_BUILT_IN_TOOLS)


def find_loaders(kind: str, prefix: str | None = None) -> dict[str, Callable[[str], Any]]:
    """Return loaders of a kind by prefix, the one of this prefix among them if it exists at all; without one all."""
    return _by_name(kind, None if prefix is None else {prefix}, partial(loaders.registered_loaders, kind))


def _by_name(
    kind: str,
    names: Collection[str] | None,
    registered: Callable[..., dict[str, T]],
    *,
    unique_with: Collection[str] = (),
) -> dict[str, T]:
    """Return things of a kind by name, of the plugins that the manifest names if those have all of `names`."""
    answers = answers_so_far(kind)
    plugins = None if names is None else _plugins_of(kind, names, unique_with)
    if names is not None and plugins is not None and answers.whole is None:
        load_some(plugins)
        found = registered(only=plugins, tolerant=True)
        if found.keys() >= set(names):
            return found
    if answers.whole is None:
        load_plugins()
        answers.whole = registered(tolerant=True)
    return dict(answers.whole)


def _found(kind: _Kind[EntryT], name: str, choose: Callable[[list[EntryT], str], T]) -> T:
    some = _some(kind, name)
    if some is not None:
        with suppress(UnknownModelError):
            return choose(some, name)
    return choose(_everything(kind), name)


def _some(kind: _Kind[EntryT], name: str) -> list[EntryT] | None:
    """Return what the plugins register that the manifest names for `name`; None if it does not know."""
    answers = answers_so_far(kind.name)
    plugins = _plugins_of(kind.name, {name, user_aliases().get(name, name)}, None)
    if plugins is None or answers.whole is not None or kind.replaced():
        return None
    load_some(plugins)
    new = plugins - answers.by_plugin.keys()
    if new:
        kind.registered(only=new, by_plugin=answers.by_plugin, tolerant=True)
    return _in_order(kind, answers)


def _everything(kind: _Kind[EntryT]) -> list[EntryT]:
    answers = answers_so_far(kind.name)
    if answers.whole is None:
        replaced = kind.replaced()
        answers.whole = _of_all_plugins(kind, answers) if replaced is None else replaced()
    whole: list[EntryT] = answers.whole
    return whole


def _of_all_plugins(kind: _Kind[EntryT], answers: Answers) -> list[EntryT]:
    load_plugins()
    if not answers.by_plugin:
        return kind.registered(tolerant=True)
    new = callers_by_plugin(HOOKS[kind.name]).keys() - answers.by_plugin.keys()
    kind.registered(only=new, by_plugin=answers.by_plugin, tolerant=True)
    return _in_order(kind, answers)


def _in_order(kind: _Kind[EntryT], answers: Answers) -> list[EntryT]:
    return [entry for plugin in callers_by_plugin(HOOKS[kind.name]) for entry in answers.by_plugin.get(plugin, ())]


def _plugins_of(kind: str, names: Collection[str], unique_with: Collection[str] | None) -> set[str] | None:
    """Return the plugins to ask about these names, or None if it takes all of them.

    `unique_with`: names that no plugin may share, nor two plugins, because a suffix would then tell them apart.
    """
    manifest, plugins = manifest_in_use(), plugins_offering(kind, names)
    if manifest is None or plugins is None:
        return None
    if unique_with is not None:
        known = [name for found in known_names(kind) or () for name in found]
        if len({*known, *unique_with}) < len(known) + len(unique_with):
            return None
    return {*DEFAULT_PLUGINS, *plugins, *manifest.always()}
