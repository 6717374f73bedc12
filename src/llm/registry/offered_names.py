"""The names of what plugins offer, for those who want nothing but names, and want them at once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from llm.registry import embedding_models, loaders, models
from llm.registry.lookup import model_id_of, unused_name
from llm.registry.manifest_in_use import known_names
from llm.registry.offers import ask_plugins
from llm.registry.plugins import DEFAULT_PLUGINS, load_plugins, load_some

if TYPE_CHECKING:
    from llm.registry.lookup import Entry


def offered_names(kind: str) -> list[list[str]]:
    """Return the names of everything of a kind (a key of `manifest.HOOKS`) that plugins offer, each thing's id first.

    What the manifest knows is not asked for again: a list that a plugin fetches from a server is as it was last seen.
    A plugin that fails is reported on standard error.
    """
    known = known_names(kind)
    if known is None:
        load_plugins()
        return _ASKED[kind](None)
    load_some(DEFAULT_PLUGINS)
    return [*_ASKED[kind](DEFAULT_PLUGINS), *known]


def offered_single_names(kind: str) -> list[str]:
    """Return such names of things that have one each; a name that is taken gets a suffix, as in look-ups."""
    found: list[str] = []
    for names in offered_names(kind):
        found.append(unused_name(names[0], found))
    return found


def _models(only: Collection[str] | None) -> list[list[str]]:
    return _of_entries(models.registered_models(only=only, tolerant=True))


def _embedding_models(only: Collection[str] | None) -> list[list[str]]:
    return _of_entries(embedding_models.registered_embedding_models(only=only, tolerant=True))


def _of_entries(entries: Collection[Entry]) -> list[list[str]]:
    return [[model_id_of(entry), *entry.aliases] for entry in entries]


def _tools(only: Collection[str] | None) -> list[list[str]]:
    """Return the names of tools without making tools of functions, which would take Pydantic."""
    found: list[list[str]] = []

    def make_register(_: str, names: list[list[str]]) -> Callable[..., None]:
        def register(tool: Any, name: str | None = None) -> None:
            own = None if isinstance(tool, type) else getattr(tool, "name", None)
            for collected in (found, names):
                collected.append([name or own or tool.__name__])

        return register

    ask_plugins("tools", make_register, only=only, tolerant=True)
    return found


def _loaders(kind: str) -> Callable[[Collection[str] | None], list[list[str]]]:
    return lambda only: [[prefix] for prefix in loaders.registered_loaders(kind, only=only, tolerant=True)]


_ASKED: dict[str, Callable[[Collection[str] | None], list[list[str]]]] = {
    "models": _models,
    "embedding_models": _embedding_models,
    "tools": _tools,
    "template_loaders": _loaders("template_loaders"),
    "fragment_loaders": _loaders("fragment_loaders"),
}
