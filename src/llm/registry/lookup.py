"""From a name to what is registered under it."""

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any


def aliases_of(model_id: str, given: Iterable[str] | None, user_aliases: Mapping[str, str]) -> list[str]:
    """Return the aliases of a model: those its plugin gave, then further ones of the user."""
    aliases = list(given or ())
    aliases.extend(alias for alias, target in user_aliases.items() if target == model_id and alias not in aliases)
    return aliases


def model_id_of(entry: Any) -> str:
    """Return the id of an entry of a list of models, which may hold an async model only."""
    model = entry.model if entry.model is not None else entry.async_model
    model_id: str = model.model_id
    return model_id


def by_name(entries: Iterable[Any], pick: Callable[[Any], Any], user_aliases: Mapping[str, str]) -> dict[str, Any]:
    """Return what `pick` takes from each entry under its aliases and its id; entries without it are left out.

    Later entries replace earlier ones under a name. The user's aliases win over everything, also where they point at
    an entry that `pick` finds nothing in: nobody else answers for it then.
    """
    found: dict[str, Any] = {}
    targets: dict[str, Any] = {}
    for entry in entries:
        model, model_id = pick(entry), model_id_of(entry)
        targets.setdefault(model_id, None)
        if model is not None:
            found.update(dict.fromkeys([*entry.aliases, model_id], model))
            targets[model_id] = model
    for alias, target in user_aliases.items():
        if targets.get(target) is not None:
            found[alias] = targets[target]
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
