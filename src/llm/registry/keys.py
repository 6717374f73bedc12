"""API keys: where they are stored, and which one a call uses.

They are in `keys.json`, or in the system keyring if the user wants that. A key is in one place at a time; one that
another program puts into `keys.json` is the newer one.
"""

import os
from collections.abc import Mapping
from typing import Any

from llm.core.errors import SettingsError
from llm.registry.notices import warn
from llm.registry.paths import KEYS_FILE
from llm.registry.settings import Change, read_json_object, update_json_object
from llm.registry.system_keyring import key_in_keyring, names_in_keyring, put_into_keyring, remove_from_keyring

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
    keyword-only one counts. A key in the system keyring that cannot be read is reported on standard error, and counts
    as missing.
    """
    import llm

    stored = llm.load_keys()
    given = input or explicit_key
    variable = env or env_var
    return (
        _usable_key(stored, given)
        or given
        or _usable_key(stored, alias or key_alias)
        or (os.environ.get(variable) if variable else None)
        or None
    )


def stored_key(name: str) -> str | None:
    """Return the key that is stored under a name, or None.

    Raises `SettingsError` if a file is damaged, and if the key is in the system keyring and cannot be read.
    """
    import llm

    stored = llm.load_keys()
    return str(stored[name]) if name in stored else key_in_keyring(name)


def set_key(name: str, value: str, *, keyring: bool = False) -> None:
    """Store a key under a name, in `keys.json` or in the system keyring, and remove it from the other.

    Raises `SettingsError`, and changes nothing, if `keys.json` is damaged or the keyring cannot be used.
    """
    if keyring:
        load_keys()
        put_into_keyring(name, value)
        _drop_from_file(name)
        return

    def change(keys: dict[str, Any]) -> None:
        if not keys:
            keys.update(NOTE)
        keys[name] = value

    _change(change)
    _drop_from_keyring(name)


def remove_key(name: str) -> None:
    """Remove a stored key from where it is. Raises `KeyError` if there is none of that name, and `SettingsError`."""
    if name not in all_key_names():
        raise KeyError(name)
    _drop_from_file(name)
    _drop_from_keyring(name)


def all_key_names() -> list[str]:
    """Return the names under which keys are stored, wherever that is, sorted. Raises `SettingsError`."""
    import llm

    return sorted({*key_names(llm.load_keys()), *names_in_keyring()})


def key_names(keys: Mapping[str, Any]) -> list[str]:
    """Return the names under which keys are stored, sorted, without the comments of the file."""
    return sorted(name for name in keys if not name.startswith(COMMENT))


def _change(change: Change) -> None:
    import llm

    update_json_object(llm.user_dir() / KEYS_FILE, change, indent=2, final_newline=True, private=True)


def _drop_from_file(name: str) -> None:
    if name in load_keys():
        _change(lambda keys: keys.pop(name, None))


def _drop_from_keyring(name: str) -> None:
    try:
        remove_from_keyring(name)
    except SettingsError as error:
        warn(f"Warning: {error}")


def _usable_key(keys: Mapping[str, Any], name: str | None) -> str | None:
    if not name or name.startswith(COMMENT):
        return None
    found: str | None = keys.get(name)
    if found is not None:
        return found
    try:
        return key_in_keyring(name)
    except SettingsError as error:
        warn(f"Warning: {error}")
        return None
