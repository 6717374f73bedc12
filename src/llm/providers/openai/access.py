"""Which client a model talks through: the thin one of this package, or the OpenAI SDK's where that is in use.

Imported when a request is due, as the clients import httpx2.
"""

from __future__ import annotations

import os
from typing import Any

from llm.providers.openai import sdk

SHOW_RESPONSES_VARIABLE = "LLM_OPENAI_SHOW_RESPONSES"


def new_client(arguments: dict[str, Any], *, async_: bool = False) -> Any:
    """Return a client made with these arguments of the SDK's clients."""
    if os.environ.get(SHOW_RESPONSES_VARIABLE):
        arguments = {**arguments, "http_client": _logging_client(async_=async_)}
    module = sdk.choose()
    if module is not None:
        kind = module.AsyncOpenAI if async_ else module.OpenAI
        return kind(**sdk.sdk_arguments(arguments))
    if async_:
        from llm.providers.openai.async_client import AsyncOpenAIClient

        return AsyncOpenAIClient(**arguments)
    from llm.providers.openai.client import OpenAIClient

    return OpenAIClient(**arguments)


def _logging_client(*, async_: bool) -> Any:
    from llm.providers.http import debug

    return debug.async_logging_client() if async_ else debug.logging_client()
