"""The Chat model that takes a prompt over from a Responses model, for the option `chat_completions`."""

from __future__ import annotations

import os
from typing import Any

from llm.core.server_tools import partition_tools
from llm.providers.openai.base import _Shared
from llm.providers.openai.responses_base import _SharedResponses


def chat_sibling(model: _SharedResponses, prompt: Any, kind: type[Any]) -> Any:
    """Return the model of class `kind` with the settings, key and client of `model`.

    Raises `ValueError` for a tool of the prompt that it does not accept.
    """
    sibling = kind(**model._delegate_chat_kwargs())
    # A constructor knows nothing of these. Without the first two, a key would go to a server it is not meant for.
    for name in ("needs_key", "key_env_var", "attachment_types", "default_max_tokens", "timeout", "max_retries"):
        setattr(sibling, name, getattr(model, name))
    for name in ("get_key", "get_client"):
        # Whoever replaced these talks to another server, which the sibling must not go round.
        if name in vars(model) or getattr(type(model), name) is not getattr(_Shared, name):
            setattr(sibling, name, getattr(model, name))
    if model._reasoning and _is_at_openai(model):
        sibling._max_tokens_name = "max_completion_tokens"
    partition_tools(sibling, prompt.tools or ())
    return sibling


def _is_at_openai(model: _Shared) -> bool:
    from llm.providers.openai.settings import BASE_URL_VARIABLE, DEFAULT_BASE_URL, is_openai

    return is_openai(str(model.api_base or os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL))
