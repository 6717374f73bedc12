"""Failures of a model API as users need them: of which kind they are, and what to do next.

The exceptions are those of the OpenAI SDK, which callers name, and may have been raised by the SDK itself. So their
class is changed on the way out, to one that also says the kind (`llm.core.errors.ProviderError`); text and attributes
stay.
"""

from __future__ import annotations

import contextlib
import re
import sys
from typing import TYPE_CHECKING, Any

from llm.core import errors as kinds

if TYPE_CHECKING:
    from types import TracebackType

# Codes and types are looked at first, then words, then the status.
BY_CODE: dict[str, type[kinds.ProviderError]] = {
    "invalid_api_key": kinds.AuthenticationFailed,
    "authentication_error": kinds.AuthenticationFailed,
    "permission_denied": kinds.PermissionRefused,
    "model_not_found": kinds.UnknownToProvider,
    "insufficient_quota": kinds.QuotaExhausted,
    "billing_hard_limit_reached": kinds.QuotaExhausted,
    "billing_not_active": kinds.QuotaExhausted,
    "rate_limit_exceeded": kinds.RateLimited,
    "context_length_exceeded": kinds.ContextTooLong,
    "exceed_context_size_error": kinds.ContextTooLong,  # llama-server
    "server_error": kinds.ProviderOverloaded,
    "overloaded_error": kinds.ProviderOverloaded,
}

# What servers say that have no code for it: patterns, in any case. (`re` keeps those that were needed compiled.)
BY_WORDS: tuple[tuple[str, type[kinds.ProviderError]], ...] = (
    (r"context (length|window|size)|maximum context|too many tokens|token count .* exceeds", kinds.ContextTooLong),
    (r"(prompt|input) is too long", kinds.ContextTooLong),
    (r"(incorrect|invalid) api key|api key not (valid|found)", kinds.AuthenticationFailed),
    (r"the reply (from .* )?is not a JSON object", kinds.UnknownToProvider),
    (r"current quota|insufficient (quota|credit|balance|funds)", kinds.QuotaExhausted),
)

BY_STATUS: dict[int, type[kinds.ProviderError]] = {
    401: kinds.AuthenticationFailed,
    402: kinds.QuotaExhausted,
    403: kinds.PermissionRefused,
    404: kinds.UnknownToProvider,
    405: kinds.UnknownToProvider,
    408: kinds.ProviderTimedOut,
    413: kinds.ContextTooLong,
    429: kinds.RateLimited,
}

NEXT_STEPS: dict[type[kinds.ProviderError], str] = {
    kinds.AuthenticationFailed: "{key}",
    kinds.PermissionRefused: "Ask the provider for access with this key, or choose another model ('llm models').",
    kinds.UnknownToProvider: (
        "Check that {address} has a model named '{model}', and that the address is right (most end in /v1)."
    ),
    kinds.RateLimited: "Wait a little and try again. LLM_MAX_RETRIES says how often this is done by itself.",
    kinds.QuotaExhausted: "Look at the plan and the credit of the account, or choose another model ('llm models').",
    kinds.ContextTooLong: "Shorten the prompt or the conversation, or choose a model with a larger context.",
    kinds.RequestRefused: (
        "Check the options and attachments: 'llm models --options -m {id}' lists what the model takes."
    ),
    kinds.ProviderOverloaded: "Try again later, or choose another model ('llm models').",
    kinds.ProviderTimedOut: "LLM_TIMEOUT sets how many seconds to wait. Is the server busy loading a model?",
    kinds.ProviderUnreachable: "Check that the network works, that the address is right and that a server runs there.",
    kinds.BrokenStream: "The beginning of the answer is kept. Try again.",
}


class ReplyFailed(kinds.ModelError):
    """A reply that came whole, or a stream that came to its end, says that the model failed."""

    code: str | None = None


def reported_failure(model: Any, error: Any) -> ReplyFailed:
    """Return the error for what a reply reports as one: text, or an object or dictionary with `code` and `message`."""
    if isinstance(error, str):
        error = {"message": error}
    code, message = (error.get(name) if isinstance(error, dict) else getattr(error, name, None) for name in _SAID)
    said = ": ".join(str(text) for text in (code, message) if text)
    failed = ReplyFailed(f"Model '{model.model_id}' failed: {said or 'no reason given'}")
    failed.code = str(code) if code else None
    return failed


_SAID = ("code", "message")


def refuse_what_is_no_object(model: Any, reply: Any) -> None:
    """Raise for what the SDK makes of a reply that is not a JSON object: text, a list, a number, None."""
    if reply is None or isinstance(reply, (str, list, int, float)):
        from llm.providers.http.errors import excerpt

        raise reported_failure(model, f"the reply is not a JSON object: {excerpt(str(reply))}")


class explaining:  # noqa: N801 - used like a function
    """Give the failures that leave the block their kind, and say what helps. For blocking and async code."""

    def __init__(self, model: Any, response: Any = None) -> None:
        self._model = model
        self._response = response

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, kinds.ProviderError) and _is_failure(error):
            _mask(error)
            begun = bool(getattr(self._response, "_stream_events", None))
            _explain(error, _kind(error, begun=begun), self._model)


def _is_failure(error: Exception) -> bool:
    sdk = sys.modules.get("openai")
    from llm.providers.http.errors import NotJson

    return isinstance(error, (ReplyFailed, NotJson)) or (sdk is not None and isinstance(error, sdk.APIError))


def _mask(error: Any) -> None:
    """Take the key out of the text, which some servers repeat in it and the SDK lets through."""
    from llm.providers.http.masking import without_secrets

    request = getattr(error, "request", None)
    text = str(error)
    masked = text if request is None else without_secrets(text, request.headers)
    if masked != text:
        error.message, error.args = masked, (masked, *error.args[1:])


def _kind(error: Any, *, begun: bool) -> type[kinds.ProviderError] | None:
    from llm.providers.http.errors import NotJson

    name = {base.__name__ for base in type(error).__mro__}
    if "APITimeoutError" in name:
        return kinds.ProviderTimedOut
    if "APIConnectionError" in name:
        return kinds.BrokenStream if begun else kinds.ProviderUnreachable
    if isinstance(error, NotJson):
        return kinds.BrokenStream
    return _said(error) or _by_number(error)


def _said(error: Any) -> type[kinds.ProviderError] | None:
    """Return the kind that code, type or words of the provider tell."""
    body = getattr(error, "body", None)
    body = body if isinstance(body, dict) else {}
    for name in ("code", "type"):
        code = getattr(error, name, None) or body.get(name)
        if isinstance(code, str) and code in BY_CODE:
            return BY_CODE[code]
    text = str(error)
    return next((kind for pattern, kind in BY_WORDS if re.search(pattern, text, re.IGNORECASE)), None)


def _by_number(error: Any) -> type[kinds.ProviderError] | None:
    number: Any = getattr(error, "status_code", None) or getattr(error, "code", None)
    try:
        status = int(number)  # in the data of a stream some gateways put the status into `code`
    except (TypeError, ValueError):
        return None
    if status >= 500:
        return kinds.ProviderOverloaded
    return BY_STATUS.get(status, kinds.RequestRefused if status >= 400 else None)


def _explain(error: Any, kind: type[kinds.ProviderError] | None, model: Any) -> None:
    if kind is None:
        return
    # A class whose instances are laid out in another way keeps its name and its text; only the advice is lost.
    with contextlib.suppress(TypeError):
        error.__class__ = _both(type(error), kind)
        error.next_step = _next_step(error, kind, model)


def _both(sdk_class: type[Exception], kind: type[kinds.ProviderError]) -> type[Exception]:
    """Return the class that is both: the SDK's, under its name, and the kind."""
    return type(sdk_class.__name__, (sdk_class, kind), {"__module__": sdk_class.__module__})


def _next_step(error: Any, kind: type[kinds.ProviderError], model: Any) -> str:
    from llm.providers.http.errors import origin

    request = getattr(error, "request", None)
    return NEXT_STEPS[kind].format(
        id=model.model_id,
        model=getattr(model, "model_name", None) or model.model_id,
        address=origin(request) if request is not None else "the provider",
        key=_about_keys(model),
    )


def _about_keys(model: Any) -> str:
    if not model.needs_key:
        return "The server wants a key, or another one: --key passes one; `api_key_name` names one for an extra model."
    return f"Set the right key with 'llm keys set {model.needs_key}', or pass one with --key."
