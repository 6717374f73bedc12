"""What a model needs before it can be loaded: its weights, fetched if they are published and not there yet."""

from __future__ import annotations

from pathlib import Path

from llm.core.errors import ModelError
from llm.providers.local.catalog import LocalModel, LocalModelError, check_is_gguf
from llm.providers.local.weights import is_intact, path_of


def ready(model: LocalModel) -> Path:
    """Return the path of a model's weights, fetched if need be.

    Raises `ModelError` if they cannot be had, with what to do about it.
    """
    path = path_of(model)
    if model.published is not None:
        if not is_intact(path, model.published):
            from llm.providers.local.download import fetch

            fetch(model.name, model.published, path)
        return path
    try:
        check_is_gguf(path)
    except LocalModelError as error:
        raise ModelError(f"{error}. Say where the model is now: llm local add {model.name} FILE.gguf") from error
    return path
