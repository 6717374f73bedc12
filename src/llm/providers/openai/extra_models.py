"""Models that the user describes in `extra-openai-models.yaml`.

A mistake in the file costs the entry it is in, and one line on standard error; all other models stay.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from llm.providers.openai.chat import AsyncChat, Chat
from llm.providers.openai.completion import Completion
from llm.providers.openai.extra_file import entries_of
from llm.providers.openai.responses import AsyncResponses, Responses
from llm.registry.notices import warn
from llm.registry.paths import EXTRA_OPENAI_MODELS_FILE

# Settings that are handed on as they are, and capabilities that count only when they are exactly true.
_SETTINGS = ("api_base", "api_type", "api_version", "api_engine", "headers")
_CAPABILITIES = ("vision", "audio", "supports_schema", "supports_tools", "service_tier")


class ExtraModel(NamedTuple):
    """A model as it is registered."""

    model: Chat | Responses
    async_model: AsyncChat | AsyncResponses | None
    aliases: list[str]


class _Mistake(Exception):
    """An entry that cannot be used; the text says why."""


def extra_models() -> Iterator[ExtraModel]:
    """Yield the models of the file in the user directory, in its order; none if there is no such file."""
    import llm

    path = os.path.join(llm.user_dir(), EXTRA_OPENAI_MODELS_FILE)  # noqa: PTH118 - pathlib is not worth its import here
    for number, entry in enumerate(entries_of(path), 1):
        try:
            yield _model(entry)
        except _Mistake as mistake:
            warn(f"{path}: entry {number} is left out: {mistake}")


def _model(entry: Any) -> ExtraModel:
    _check(entry)
    arguments = {name: entry.get(name) for name in _SETTINGS}
    arguments |= {name: entry.get(name) is True for name in _CAPABILITIES}
    arguments |= {
        "model_name": entry["model_name"],
        "can_stream": entry.get("can_stream") is not False,
        "reasoning": bool(entry.get("reasoning")),
    }
    models: list[Any] = [kind(entry["model_id"], **arguments) for kind in _classes(entry)]
    for model in models:
        _set_key(model, entry)
        model.timeout, model.max_retries = entry.get("timeout"), entry.get("max_retries")
    return ExtraModel(models[0], models[1] if len(models) > 1 else None, list(entry.get("aliases") or ()))


def _classes(entry: Mapping[str, Any]) -> tuple[type[Any], ...]:
    if entry.get("completion"):
        return (Completion,)
    return (Responses, AsyncResponses) if entry.get("responses") else (Chat, AsyncChat)


def _set_key(model: Any, entry: Mapping[str, Any]) -> None:
    if entry.get("api_base"):
        # The key for OpenAI, stored or in the environment, is none of another server's business.
        model.needs_key = model.key_env_var = None
    if entry.get("api_key_name"):
        model.needs_key = entry["api_key_name"]


def _check(entry: Any) -> None:
    if not isinstance(entry, dict):
        raise _Mistake(f"it has to be a mapping with model_id and model_name, not {entry!r}")
    for name in ("model_id", "model_name"):
        if name not in entry:
            raise _Mistake(f"{name} is missing")
        _check_text(name, entry[name])
    for name in ("api_base", "api_key_name", "api_type", "api_version", "api_engine"):
        if entry.get(name) is not None:
            _check_text(name, entry[name])
    aliases = entry.get("aliases") or []
    if not isinstance(aliases, list):
        raise _Mistake(f"aliases has to be a list, not {aliases!r}")
    for alias in aliases:
        _check_text("each of the aliases", alias)
    _check_limits(entry)
    if not isinstance(entry.get("headers") or {}, dict):
        raise _Mistake(f"headers has to be a mapping, not {type(entry['headers']).__name__}")


def _check_limits(entry: Mapping[str, Any]) -> None:
    timeout, retries = entry.get("timeout"), entry.get("max_retries")
    if timeout is not None and (type(timeout) not in {int, float} or not 0 < timeout < float("inf")):
        raise _Mistake(f"timeout has to be a positive number of seconds, not {timeout!r}")
    if retries is not None and (type(retries) is not int or retries < 0):
        raise _Mistake(f"max_retries has to be a whole number, 0 or more, not {retries!r}")


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise _Mistake(f'{name} has to be text, not {value!r} (put it in quotes: "{value}")')
