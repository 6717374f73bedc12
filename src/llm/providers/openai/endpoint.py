"""Models of a server that is named by its address alone: what `llm openai endpoint` talks to.

    model = endpoint_model("http://localhost:8080/v1", "smollm2")           # or responses=True, async_=True
    model.prompt("hi").text()
    endpoint_model_ids("http://localhost:8080/v1")                          # ["smollm2"]

Nothing is registered, and no key goes to such a server but the one that is named in the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm.core.errors import ModelError
from llm.providers.openai.chat import AsyncChat, Chat
from llm.providers.openai.responses import AsyncResponses, Responses

#: What a server of this kind may be capable of. Nothing of it is sent unless it is used.
_CAPABILITIES = {
    "vision": True,
    "reasoning": True,
    "verbosity": True,
    "image_detail_original": True,
    "supports_schema": True,
    "supports_tools": True,
}

_CLASSES: dict[tuple[bool, bool], type[Any]] = {
    (False, False): Chat,
    (False, True): AsyncChat,
    (True, False): Responses,
    (True, True): AsyncResponses,
}


def endpoint_model(
    url: str,
    model_id: str,
    *,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    responses: bool = False,
    async_: bool = False,
) -> Any:
    """Return a model whose server is at `url` (the base address, with its `/v1`).

    `model_id` is sent as it is. `key` is a key or the name of a stored one; without it the server gets the placeholder
    `DUMMY_KEY`, never a stored key or one of the environment. `headers` go with each request and may replace
    `Authorization`. `responses` selects the Responses API instead of Chat Completions, `async_` the class for event
    loops. Options, attachments and tools are checked as for any model (`model.Options`, `model.attachment_types`,
    `model.supported_server_side_tools`); the options that the user saved for a model of this name are not looked at.
    """
    # Sound is an attachment of Chat Completions only; summaries of thoughts are a request of Responses only.
    special = {"reasoning_summary": False} if responses else {"audio": True}
    model = _CLASSES[responses, async_](
        model_id,
        key=_literal(key),
        model_name=model_id,
        api_base=url,
        headers=dict(headers or {}),
        **_CAPABILITIES,
        **special,
    )
    model.needs_key = url if model.key else None
    model.key_env_var = None
    return model


def endpoint_model_ids(url: str, *, key: str | None = None, headers: Mapping[str, str] | None = None) -> list[str]:
    """Return the ids that `<url>/models` lists, in the server's order; `key` and `headers` as for `endpoint_model`.

    The ids are the server's words: escape control characters before they reach a terminal. Raises `ModelError` if the
    reply reports an error, also with status 200, and `openai.APIError` as any request does.
    """
    from llm.providers.openai.access import thin_client
    from llm.providers.openai.failures import explaining

    # The SDK's list fails with an AttributeError on what is no list of OpenAI's shape.
    model = endpoint_model(url, "", key=key, headers=headers)
    with explaining(model), thin_client(model._client_arguments(None)) as client:
        page = client.models.list()
    error = getattr(page, "error", None)
    if error:
        raise ModelError(_said(error))
    ids = (getattr(entry, "id", None) for entry in page.data or ())
    return [str(model_id) for model_id in ids if model_id]


def _literal(key: str | None) -> str | None:
    import llm

    literal: str | None = llm.get_key(explicit_key=key) if key else None
    return literal


def _said(error: Any) -> str:
    """Return the message of an error, which may be an object, a text or any other JSON."""
    import json

    message = error.get("message") if isinstance(error, dict) else error
    return message if message and isinstance(message, str) else json.dumps(error, ensure_ascii=False)
