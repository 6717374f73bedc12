"""Where the user's files are.

The folder is that of `click.get_app_dir("io.datasette.llm")`, which LLM has always used; it is computed here so that
the library needs no click to find a key.
"""

import os
import sys
from pathlib import Path

from llm.core.errors import SettingsError

APPLICATION = "io.datasette.llm"

KEYS_FILE = "keys.json"
KEYRING_FILE = "keyring.json"  #: which keys the system keyring holds, not their values
ALIASES_FILE = "aliases.json"
MODEL_OPTIONS_FILE = "model_options.json"
DEFAULT_MODEL_FILE = "default_model.txt"
DEFAULT_EMBEDDING_MODEL_FILE = "default_embedding_model.txt"
EXTRA_OPENAI_MODELS_FILE = "extra-openai-models.yaml"
TEMPLATES_FOLDER = "templates"
LOGS_OFF_FILE = "logs-off"
LOGS_DATABASE_FILE = "logs.db"
EMBEDDINGS_DATABASE_FILE = "embeddings.db"
INSTALLED_PLUGINS_FILE = "installed-plugins.json"
PLUGIN_CACHE_FOLDER = "plugin-cache"


def user_dir() -> Path:
    """Return the folder of settings and databases, which exists when this returns.

    `LLM_USER_PATH`, if set and not empty, names it literally; it is read on every call. A new folder is private to the
    user. Raises `SettingsError` if the folder cannot be made.
    """
    folder = user_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"Cannot create the folder {folder}: {error.strerror}. Set LLM_USER_PATH to a folder you can write to."
        ) from error
    return folder


def user_folder() -> Path:
    """Return the path that `user_dir` returns, and make no folder."""
    chosen = os.environ.get("LLM_USER_PATH")
    return Path(chosen) if chosen else _application_folder()


def _application_folder() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("APPDATA", os.path.expanduser("~"))  # noqa: PTH111 - see the end of the function
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")  # noqa: PTH111
    else:
        base = os.environ.get("XDG_CONFIG_HOME", os.path.expanduser("~/.config"))  # noqa: PTH111
    # pathlib's expanduser raises where there is no home folder; this one leaves the `~`, as click does.
    return Path(base) / APPLICATION
