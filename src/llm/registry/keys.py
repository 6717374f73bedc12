"""API keys: the file of stored ones, and which key a call uses."""

import os
from collections.abc import Mapping
from typing import Any

from llm.registry.paths import KEYS_FILE
from llm.registry.settings import read_json_object, update_json_object

COMMENT = "//"  #: what names of entries begin with that are no keys
NOTE = {"// Note": "This file stores secret API credentials. Do not share!"}


def load_keys() -> dict[str, Any]:
    """Return the content of `keys.json`, empty if there is none.

    Raises `SettingsError` (and `ValueError`) naming the file if it is damaged.
    """
    import llm

    return read_json_object(llm.user_dir() / KEYS_FILE)


def get_key(
    explicit_key: str | None = None,
    key_alias: str | None = None,
    env_var: str | None = None,
    *,
    alias: str | None = None,
    env: str | None = None,
    input: str | None = None,  # noqa: A002 - the documented name
) -> str | None:
    """Return the API key to use, or None.

    `input`, if given, is a key or the name of a stored one. Else the key stored as `alias` counts, then the
    environment variable `env`. The first three parameters are older names for these three; of two that are given the
    keyword-only one counts.
    """
    import llm

    stored = llm.load_keys()
    given = input or explicit_key
    variable = env or env_var
    return (
        _stored_key(stored, given)
        or given
        or _stored_key(stored, alias or key_alias)
        or (os.environ.get(variable) if variable else None)
        or None
    )


def set_key(name: str, value: str) -> None:
    """Store a key under a name. Raises `SettingsError`, and changes nothing, if `keys.json` is damaged."""
    import llm

    def change(keys: dict[str, Any]) -> None:
        if not keys:
            keys.update(NOTE)
        keys[name] = value

    update_json_object(llm.user_dir() / KEYS_FILE, change, indent=2, final_newline=True, private=True)


def key_names(keys: Mapping[str, Any]) -> list[str]:
    """Return the names under which keys are stored, sorted, without the comments of the file."""
    return sorted(name for name in keys if not name.startswith(COMMENT))


def _stored_key(keys: Mapping[str, Any], name: str | None) -> str | None:
    if not name or name.startswith(COMMENT):
        return None
    return keys.get(name)
