"""From a name to what is registered under it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # protocols take their time to be made
    from typing import Protocol

    class Named(Protocol):
        """A model, of whatever kind."""

        @property
        def model_id(self) -> str:
            """Its id."""

    class Entry(Protocol):
        """An entry of a list of models, which may hold an async model only."""

        @property
        def model(self) -> Named | None:
            """The model that blocks."""

        @property
        def async_model(self) -> Named | None:
            """The async model."""

        @property
        def aliases(self) -> list[str]:
            """The names they have besides the id."""


EntryT = TypeVar("EntryT", bound="Entry")
T = TypeVar("T")


def aliases_of(model_id: str, given: Iterable[str], user_aliases: Mapping[str, str]) -> list[str]:
    """Return the aliases of a model: those its plugin gave, then further ones of the user."""
    aliases = list(given)
    aliases.extend(alias for alias, target in user_aliases.items() if target == model_id and alias not in aliases)
    return aliases


def model_id_of(entry: Entry) -> str:
    """Return the id of an entry. Raises `ValueError` for one that holds no model at all."""
    model = entry.model if entry.model is not None else entry.async_model
    if model is None:
        raise ValueError("An entry of the list of models holds neither a model nor an async model")
    return model.model_id


def by_name(
    entries: Iterable[EntryT], pick: Callable[[EntryT], T | None], user_aliases: Mapping[str, str]
) -> dict[str, T]:
    """Return what `pick` takes from each entry under its aliases and its id; entries without it are left out.

    Later entries replace earlier ones under a name. The user's aliases win over everything, also where they point at
    an entry that `pick` finds nothing in: nobody else answers for it then.
    """
    found: dict[str, T] = {}
    targets: dict[str, T | None] = {}
    for entry in entries:
        model, model_id = pick(entry), model_id_of(entry)
        targets.setdefault(model_id, None)
        if model is not None:
            found.update(dict.fromkeys([*entry.aliases, model_id], model))
            targets[model_id] = model
    for alias, target in user_aliases.items():
        model = targets.get(target)
        if model is not None:
            found[alias] = model
        elif target in targets:
            found.pop(alias, None)
    return found


def unused_name(name: str, taken: Container[str]) -> str:
    """Return `name`, or the first of `NAME_1`, `NAME_2`, ... that is not taken."""
    number, candidate = 0, name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
