"""What failures of a model API become: instances of the OpenAI SDK's classes, because callers name these.

The SDK takes half a second to import. It is imported when one of these errors is raised, and not for a failure after
which another attempt is made. No message holds a key.
"""

from __future__ import annotations

import json

from llm.providers.http.masking import without_secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import httpx2
    import openai

STATUS_CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}

# What a time-out of each phase means, by the class name of the exception and the phase of the limit.
TIMEOUTS = {
    "ConnectTimeout": ("connect", "no connection to {origin} within {limit:g} s"),
    "ReadTimeout": ("read", "{origin} sent nothing for {limit:g} s"),
    "WriteTimeout": ("write", "{origin} took nothing for {limit:g} s"),
    "PoolTimeout": ("pool", "no connection became free within {limit:g} s"),
}

LONGEST_EXCERPT = 300


def origin(request: httpx2.Request) -> str:
    """Scheme, host and port of a request: what may be shown of its address."""
    url = request.url
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}" if url.host else str(url)


def transport_text(error: httpx2.RequestError, request: httpx2.Request) -> str:
    """Describe a failure to connect, to send or to receive."""
    import httpx2

    if isinstance(error, httpx2.TimeoutException):
        phase, text = TIMEOUTS.get(type(error).__name__, ("", ""))
        limit = request.extensions.get("timeout", {}).get(phase)
        detail = text.format(origin=origin(request), limit=limit) if limit is not None else ""
        return f"Request timed out. {detail}".rstrip()
    detail = without_secrets(str(error), request.headers) or type(error).__name__
    return f"Connection error. {origin(request)}: {detail}"


def transport(error: httpx2.RequestError, request: httpx2.Request) -> openai.APIConnectionError:
    """The error for a failure to connect, to send or to receive."""
    import httpx2
    import openai

    text = transport_text(error, request)
    if isinstance(error, httpx2.TimeoutException):
        return timeout(request, text)
    return openai.APIConnectionError(message=text, request=request)


def timeout(request: httpx2.Request, text: str) -> openai.APITimeoutError:
    """The error for a time-out, with this text."""
    import openai

    error = openai.APITimeoutError(request=request)
    # Its constructor takes no text.
    error.message = text
    error.args = (text,)
    return error


def status(response: httpx2.Response) -> openai.APIStatusError:
    """The error for a response with a status that is no success; its body has been read."""
    import openai

    text = response.text.strip()
    try:
        body = json.loads(text)
    except ValueError:
        body = text
    inner = body.get("error", body) if isinstance(body, dict) else body
    name = STATUS_CLASSES.get(response.status_code)
    if name is None:
        name = "InternalServerError" if response.status_code >= 500 else "APIStatusError"
    said = (_message(inner) if isinstance(body, dict) else "") or _excerpt(text)
    message = f"Error code: {response.status_code}" + (f" - {said}" if said else "")
    message = without_secrets(message, response.request.headers)
    error: openai.APIStatusError = getattr(openai, name)(message, response=response, body=inner)
    return error


def in_stream(reported: Any, request: httpx2.Request) -> openai.APIError:
    """The error for the member `error` of stream data."""
    import openai

    message = _message(reported) or "An error occurred during streaming"
    return openai.APIError(without_secrets(message, request.headers), request, body=reported)


def unreadable(response: httpx2.Response) -> openai.APIError:
    """The error for a successful reply that is not a JSON object."""
    import openai

    kind = response.headers.get("content-type") or "no content type"
    excerpt = _excerpt(response.text)
    message = f"The reply from {response.request.url.copy_with(userinfo=b'', query=None)} is not a JSON object "
    message += f"(status {response.status_code}, {kind})" + (f": {excerpt}" if excerpt else "")
    return openai.APIError(without_secrets(message, response.request.headers), response.request, body=response.text)


def missing_key() -> openai.OpenAIError:
    """The error for a client without key."""
    import openai

    return openai.OpenAIError("No API key: pass `api_key`, or set the environment variable OPENAI_API_KEY")


def _message(error: Any) -> str:
    said = error.get("message") if isinstance(error, dict) else error
    return said if isinstance(said, str) else ""


def _excerpt(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_EXCERPT else text[: LONGEST_EXCERPT - 1] + "…"
