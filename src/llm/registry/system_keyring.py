"""Keys that the operating system keeps: in the Keychain of macOS, the Secret Service of Linux, Windows' credentials.

`keyring.json` tells which keys are there, and never what they are: `{NAME: SERVICE}`, where SERVICE is what the entry
is filed under. So the package `keyring`, which is optional and slow to import, is imported for such a key only. The
file is apart from `keys.json`, whose values other programs take for keys.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llm.core.errors import SettingsError
from llm.registry.paths import KEYRING_FILE
from llm.registry.settings import Change, read_json_object, update_json_object


class KeyringError(SettingsError):
    """The system keyring cannot be used."""


def names_in_keyring() -> list[str]:
    """Return the names of the keys in the system keyring. Raises `SettingsError` if `keyring.json` is damaged."""
    return list(_services())


def key_in_keyring(name: str) -> str | None:
    """Return a key from the system keyring, None if none of that name was put there.

    Raises `KeyringError` if it was but cannot be read, and `SettingsError` if `keyring.json` is damaged.
    """
    service = _services().get(name)
    if service is None:
        return None
    with _keyring(f"read the key '{name}'") as keyring:
        found: str | None = keyring.get_password(service, name)
    if found is None:
        raise KeyringError(f"The key '{name}' is no longer in the system keyring. {_set_again(name)}")
    return found


def require_keyring() -> None:
    """Raise `KeyringError` if the package `keyring` is missing; for asking before somebody types a key for it."""
    with _keyring("store a key"):
        pass


def put_into_keyring(name: str, value: str) -> None:
    """Store a key in the system keyring. Raises `KeyringError`, or `SettingsError` if `keyring.json` is damaged."""
    service = _services().get(name) or f"llm {os.path.realpath(_path().parent)}"
    with _keyring(f"store the key '{name}'") as keyring:
        keyring.set_password(service, name, value)
        kept = keyring.get_password(service, name)
    if kept != value:  # some backends accept everything and keep nothing
        raise KeyringError(f"The system keyring did not keep the key '{name}'. 'keyring diagnose' shows what is set up")
    _change(lambda services: services.update({name: service}))


def remove_from_keyring(name: str) -> None:
    """Remove a key from the system keyring, if one of that name was put there.

    Raises `KeyringError` if the keyring cannot be used; the name is then forgotten all the same, the entry is left.
    """
    service = _services().get(name)
    if service is None:
        return
    _change(lambda services: services.pop(name, None))
    with _keyring(f"remove the key '{name}', filed under '{service}',") as keyring:
        if keyring.get_password(service, name) is not None:
            keyring.delete_password(service, name)


def _services() -> dict[str, str]:
    return {name: service for name, service in read_json_object(_path()).items() if isinstance(service, str)}


def _change(change: Change) -> None:
    update_json_object(_path(), change, indent=2, final_newline=True, private=True)


def _path() -> Path:
    import llm

    return llm.user_dir() / KEYRING_FILE


def _set_again(name: str) -> str:
    return f"Store it again with: llm keys set {name}"


@contextmanager
def _keyring(purpose: str) -> Iterator[Any]:
    """Give the package `keyring`. What it raises becomes a `KeyringError`: each backend has exceptions of its own."""
    try:
        import keyring
    except ImportError as error:
        raise KeyringError(
            f"Cannot {purpose} in the system keyring: the package keyring is missing. "
            "Install it with: llm install keyring"
        ) from error
    try:
        yield keyring
    except KeyringError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise KeyringError(f"Cannot {purpose} in the system keyring: {reason}") from error
