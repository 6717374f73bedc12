"""Where prompts are logged, and whether they are."""

from __future__ import annotations

from pathlib import Path

from llm.core.errors import SettingsError
from llm.registry.paths import LOGS_DATABASE_FILE, LOGS_OFF_FILE


def logs_db_path() -> Path:
    """Return the path of the log database, which need not exist."""
    import llm

    return llm.user_dir() / LOGS_DATABASE_FILE


def logs_on() -> bool:
    """Tell whether prompts are logged unless the command line says otherwise."""
    return not _off_switch().exists()


def set_logs_on(on: bool) -> None:
    """Have prompts logged from now on, or not. Raises `SettingsError` if the user directory cannot be changed."""
    switch = _off_switch()
    try:
        if on:
            switch.unlink(missing_ok=True)
        else:
            switch.touch()
    except OSError as error:
        raise SettingsError(f"Cannot switch logging {'on' if on else 'off'} with {switch}: {error.strerror}") from error


def _off_switch() -> Path:
    """Return the file whose existence turns logging off."""
    import llm

    return llm.user_dir() / LOGS_OFF_FILE
