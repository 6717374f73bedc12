"""Look-ups that built-in commands make themselves: as few plugins are loaded as can be, and none is asked twice.

The public functions of `llm` always load all plugins and ask them anew; plugins and programs call those. If one of them
has been replaced, by a plugin or a test, the replacement is what answers here.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from llm.core.errors import UnknownModelError
from llm.registry import embedding_models, loaders, models, tools
from llm.registry.alias_file import user_aliases
from llm.registry.defaults import get_default_model
from llm.registry.hook_calls import callers_by_plugin
from llm.registry.lookup import by_name
from llm.registry.manifest import HOOKS
from llm.registry.manifest_in_use import known_names, manifest_in_use, plugins_offering
from llm.registry.passes import Answers
from llm.registry.passes import answers as answers_so_far
from llm.registry.plugins import DEFAULT_PLUGINS, load_plugins, load_some

if TYPE_CHECKING:
    from llm.core.toolbox import Toolbox
    from llm.core.tools import Tool

_REGISTERED: dict[str, Any] = {
    "models": models.registered_models,
    "embedding_models": embedding_models.registered_embedding_models,
}
_LISTS = {
    "models": ("get_models_with_aliases", models.get_models_with_aliases),
    "embedding_models": ("get_embedding_models_with_aliases", embedding_models.get_embedding_models_with_aliases),
}
_BUILT_IN_TOOLS = {"llm_version", "llm_time"}


def find_model(name: str | None = None, *, asynchronous: bool = False) -> Any:
    """Return a model by its id or alias, the default one without a name. Raises `UnknownModelError`."""
    import llm

    public = llm.get_async_model if asynchronous else llm.get_model
    if public is not (models.get_async_model if asynchronous else models.get_model):
        return public(name)
    choose = models.chosen_async_model if asynchronous else models.chosen_model
    return _found("models", name or get_default_model(), choose)


def find_embedding_model(name: str) -> Any:
    """Return an embedding model by its id or alias. Raises `UnknownModelError`."""
    import llm

    if llm.get_embedding_model is not embedding_models.get_embedding_model:
        return llm.get_embedding_model(name)
    return _found("embedding_models", name, embedding_models.chosen_embedding_model)


def all_models() -> list[models.ModelWithAliases]:
    """Return all models with their aliases; a plugin that fails is reported on standard error and left out."""
    return list(_everything("models", answers_so_far("models")))


def all_embedding_models() -> list[embedding_models.EmbeddingModelWithAliases]:
    """Return all embedding models likewise."""
    return list(_everything("embedding_models", answers_so_far("embedding_models")))


def names_of_models() -> dict[str, Any]:
    """Return the models that block under all their names."""
    return by_name(all_models(), attrgetter("model"), user_aliases())


def names_of_embedding_models() -> dict[str, Any]:
    """Return the embedding models under all their names."""
    return by_name(all_embedding_models(), attrgetter("model"), user_aliases())


def find_tools(names: Collection[str] | None = None) -> "dict[str, Tool | type[Toolbox]]":
    """Return tools, those of these names among them if they exist at all; all tools without names."""
    answers = answers_so_far("tools")
    plugins = None if names is None else _plugins_of("tools", names, _BUILT_IN_TOOLS)
    if names is not None and plugins is not None and answers.whole is None:
        load_some(plugins)
        found = tools.registered_tools(only=plugins, tolerant=True)
        if found.keys() >= set(names):
            return found
    if answers.whole is None:
        load_plugins()
        answers.whole = tools.registered_tools(tolerant=True)
    return dict(answers.whole)


def find_loaders(kind: str, prefix: str | None = None) -> dict[str, Any]:
    """Return loaders of a kind by prefix, the one of this prefix among them if it exists at all; without one all."""
    answers = answers_so_far(kind)
    plugins = None if prefix is None else _plugins_of(kind, {prefix}, ())
    if prefix is not None and plugins is not None and answers.whole is None:
        load_some(plugins)
        found = loaders.registered_loaders(kind, only=plugins, tolerant=True)
        if prefix in found:
            return found
    if answers.whole is None:
        load_plugins()
        answers.whole = loaders.registered_loaders(kind, tolerant=True)
    return dict(answers.whole)


def _found(kind: str, name: str, choose: Any) -> Any:
    answers = answers_so_far(kind)
    some = _some(kind, answers, name)
    if some is not None:
        with suppress(UnknownModelError):
            return choose(some, name)
    return choose(_everything(kind, answers), name)


def _some(kind: str, answers: Answers, name: str) -> list[Any] | None:
    """Return what the plugins register that the manifest names for `name`; None if it does not know."""
    plugins = _plugins_of(kind, {name, user_aliases().get(name, name)}, None)
    if plugins is None or answers.whole is not None or _replaced(kind):
        return None
    load_some(plugins)
    new = plugins - answers.by_plugin.keys()
    if new:
        _REGISTERED[kind](only=new, by_plugin=answers.by_plugin, tolerant=True)
    return _in_order(kind, answers)


def _everything(kind: str, answers: Answers) -> list[Any]:
    if answers.whole is None:
        replaced = _replaced(kind)
        answers.whole = _of_all_plugins(kind, answers) if replaced is None else replaced()
    whole: list[Any] = answers.whole
    return whole


def _of_all_plugins(kind: str, answers: Answers) -> list[Any]:
    load_plugins()
    registered = _REGISTERED[kind]
    if not answers.by_plugin:
        entries: list[Any] = registered(tolerant=True)
        return entries
    new = callers_by_plugin(HOOKS[kind]).keys() - answers.by_plugin.keys()
    registered(only=new, by_plugin=answers.by_plugin, tolerant=True)
    return _in_order(kind, answers)


def _in_order(kind: str, answers: Answers) -> list[Any]:
    return [entry for plugin in callers_by_plugin(HOOKS[kind]) for entry in answers.by_plugin.get(plugin, ())]


def _replaced(kind: str) -> Callable[[], Any] | None:
    """Return what stands for the public function that lists things of a kind; None if nobody has replaced that."""
    import llm

    name, ours = _LISTS[kind]
    public = getattr(llm, name)
    return None if public is ours else public


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
