"""Which model answers when none is named. Each default is the text of a small file."""

from pathlib import Path
from typing import overload

from llm.core.errors import SettingsError
from llm.registry.paths import DEFAULT_EMBEDDING_MODEL_FILE, DEFAULT_MODEL_FILE
from llm.registry.settings import write_text_atomically

DEFAULT_MODEL = "gpt-5.6-luna"


@overload
def get_default_model(filename: str = ..., default: str = ...) -> str: ...
@overload
def get_default_model(filename: str = ..., *, default: str | None) -> str | None: ...
@overload
def get_default_model(filename: str, default: str | None) -> str | None: ...
def get_default_model(filename: str = DEFAULT_MODEL_FILE, default: str | None = DEFAULT_MODEL) -> str | None:
    """Return the id of the user's default model, or `default` if none is set. Raises `SettingsError`."""
    path = _path(filename)
    try:
        return path.read_text(encoding="utf-8").strip() or default
    except FileNotFoundError:
        return default
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"Cannot read {path}: {reason}. Move it away to start anew") from error


def set_default_model(model: str | None, filename: str = DEFAULT_MODEL_FILE) -> None:
    """Make a model the default, under the id given; None removes the setting. Raises `SettingsError`."""
    path = _path(filename)
    if model is not None:
        write_text_atomically(path, model)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"Cannot remove {path}: {error.strerror}") from error


def get_default_embedding_model() -> str | None:
    """Return the id of the user's default embedding model, or None if none is set. Raises `SettingsError`."""
    return get_default_model(DEFAULT_EMBEDDING_MODEL_FILE, None)


def set_default_embedding_model(model: str | None) -> None:
    """Make an embedding model the default, under the id given; None removes the setting. Raises `SettingsError`."""
    set_default_model(model, DEFAULT_EMBEDDING_MODEL_FILE)


def _path(filename: str) -> Path:
    import llm

    return llm.user_dir() / filename
