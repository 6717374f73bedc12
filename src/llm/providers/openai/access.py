"""Which client a model talks through: the thin one of this package, or the OpenAI SDK's where that is in use.

Imported when a request is due, as the clients import httpx2.
"""

from __future__ import annotations

import os
from typing import Any

from llm.providers.http.redirects import guard
from llm.providers.openai import sdk

SHOW_RESPONSES_VARIABLE = "LLM_OPENAI_SHOW_RESPONSES"


def new_client(arguments: dict[str, Any], *, async_: bool = False) -> Any:
    """Return a client made with these arguments of the SDK's clients."""
    module = sdk.choose()
    if module is None:
        return thin_client(arguments, async_=async_)
    kind = module.AsyncOpenAI if async_ else module.OpenAI
    return _closing_itself(guard(kind(**sdk.sdk_arguments(_shown(arguments, async_=async_)))))


def _closing_itself(client: Any) -> Any:
    """Return a client of the SDK whose connections are closed when nobody has it any more, which it leaves undone."""
    import weakref

    import httpx2

    http = getattr(client, "_client", None)
    if isinstance(http, httpx2.Client):  # an async client is closed where its loop runs
        weakref.finalize(client, http.close)
    return client


def thin_client(arguments: dict[str, Any], *, async_: bool = False) -> Any:
    """Return the thin client, whether or not the SDK is in use."""
    arguments = _shown(arguments, async_=async_)
    if async_:
        from llm.providers.openai.async_client import AsyncOpenAIClient

        return AsyncOpenAIClient(**arguments)
    from llm.providers.openai.client import OpenAIClient

    return OpenAIClient(**arguments)


def _shown(arguments: dict[str, Any], *, async_: bool) -> dict[str, Any]:
    if os.environ.get(SHOW_RESPONSES_VARIABLE):
        return {**arguments, "http_client": _logging_client(async_=async_)}
    return arguments


def _logging_client(*, async_: bool) -> Any:
    from llm.providers.http import debug

    return debug.async_logging_client() if async_ else debug.logging_client()
