"""The user's own aliases, as `aliases.json` holds them: alias -> model id."""

from pathlib import Path
from typing import Any

from llm.core.errors import SettingsError
from llm.registry.notices import warn
from llm.registry.paths import ALIASES_FILE
from llm.registry.settings import read_json_object, update_json_object


def aliases_path() -> Path:
    """Return the path of `aliases.json`, which need not exist."""
    import llm

    return llm.user_dir() / ALIASES_FILE


def user_aliases() -> dict[str, str]:
    """Return the aliases in file order. A file that cannot be used is reported on standard error and counts as empty.

    Plugins keep objects as values for purposes of their own: these are left out.
    """
    try:
        content = read_json_object(aliases_path())
    except SettingsError as error:
        warn(f"Warning: going on without your aliases. {error}")
        return {}
    return {alias: target for alias, target in content.items() if isinstance(target, str)}


def store_alias(alias: str, model_id: str) -> None:
    """Write an alias for exactly this model id. Raises `SettingsError` if the file is damaged or cannot be written."""

    def change(aliases: dict[str, Any]) -> None:
        aliases[alias] = model_id

    update_json_object(aliases_path(), change, indent=4, final_newline=True)


def delete_alias(alias: str) -> None:
    """Remove an alias. Raises `KeyError` if it is not there, `SettingsError` as `store_alias`."""

    def change(aliases: dict[str, Any]) -> None:
        del aliases[alias]

    update_json_object(aliases_path(), change, indent=4, final_newline=True)
