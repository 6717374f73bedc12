"""Options that the user wants set for a model whenever a command runs it.

`model_options.json` is `{MODEL_ID: {OPTION: VALUE}}`. Commands write the text as typed; values of any JSON type that
were written by hand are kept.
"""

from pathlib import Path
from typing import Any

from llm.registry.paths import MODEL_OPTIONS_FILE
from llm.registry.settings import DamagedSettingsError, read_json_object, update_json_object


def get_all_model_options() -> dict[str, dict[str, Any]]:
    """Return the stored options of all models; a damaged file counts as empty. Raises `SettingsError`."""
    try:
        stored = read_json_object(model_options_path())
    except DamagedSettingsError:
        return {}
    return {model_id: options for model_id, options in stored.items() if isinstance(options, dict)}


def get_model_options(model_id: str) -> dict[str, Any]:
    """Return the stored options of one model. Raises `SettingsError`."""
    return get_all_model_options().get(model_id, {})


def set_model_option(model_id: str, key: str, value: Any) -> None:
    """Store an option. Raises `SettingsError`, and changes nothing, if the file is damaged."""

    def change(stored: dict[str, Any]) -> None:
        options = stored.get(model_id)
        stored[model_id] = {**(options if isinstance(options, dict) else {}), key: value}

    update_json_object(model_options_path(), change, indent=2, final_newline=False)


def clear_model_option(model_id: str, key: str) -> None:
    """Remove an option, if it is set; a model without options leaves the file. Raises `SettingsError`."""
    if key not in get_model_options(model_id):
        return

    def change(stored: dict[str, Any]) -> None:
        options = stored.get(model_id, {})
        options.pop(key, None)
        if not options:
            stored.pop(model_id, None)

    update_json_object(model_options_path(), change, indent=2, final_newline=False)


def model_options_path() -> Path:
    """Return the path of `model_options.json`, which need not exist."""
    import llm

    return llm.user_dir() / MODEL_OPTIONS_FILE
