"""Setting and removing the user's aliases."""

from llm.core.errors import UnknownModelError
from llm.registry.alias_file import aliases_path, delete_alias, store_alias
from llm.registry.embedding_models import get_embedding_model
from llm.registry.notices import warn
from llm.registry.settings import DamagedSettingsError, set_aside_if_damaged


def set_alias(alias: str, model_id_or_alias: str) -> None:
    """Make `alias` a name for a model, chat models first, or for a model yet to be installed.

    A damaged `aliases.json` is set aside under another name, which standard error tells. Raises `SettingsError` if the
    file cannot be written.
    """
    path = aliases_path()
    aside = set_aside_if_damaged(path)
    if aside is not None:
        warn(f"Warning: {path} was not a JSON object. It is kept as {aside}, and a new one was begun.")
    store_alias(alias, _model_id(model_id_or_alias))


def remove_alias(alias: str) -> None:
    """Remove an alias that the user has set. Raises `KeyError` whose argument says why that is not possible."""
    if not aliases_path().exists():
        raise KeyError("No aliases.json file exists")
    try:
        delete_alias(alias)
    except KeyError as error:
        raise KeyError(f"No such alias: {alias}") from error
    except DamagedSettingsError as error:
        raise KeyError("aliases.json file is not valid JSON") from error


def _model_id(name: str) -> str:
    import llm

    try:
        return llm.get_model(name).model_id
    except UnknownModelError:
        pass
    try:
        return get_embedding_model(name).model_id
    except UnknownModelError:
        return name
