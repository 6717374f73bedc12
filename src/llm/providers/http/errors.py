"""What failures of a model API become: instances of the OpenAI SDK's classes, because callers name these.

The SDK takes half a second to import. It is imported when one of these errors is raised, and not for a failure after
which another attempt is made. No message holds a key.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from llm.providers.http.masking import without_secrets

if TYPE_CHECKING:
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
LONGEST_MESSAGE = 4000

# The parts of an HTML page that are no text for readers.
INVISIBLE = re.compile(r"<(script|style|head)\b.*?(</\1\s*>|$)|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


class NotJson(json.JSONDecodeError):
    """Data of a stream that is not JSON."""

    def __str__(self) -> str:
        return self.msg


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
    except (ValueError, RecursionError):
        body = text
    inner = body.get("error", body) if isinstance(body, dict) else body
    name = STATUS_CLASSES.get(response.status_code)
    if name is None:
        name = "InternalServerError" if response.status_code >= 500 else "APIStatusError"
    said = _message(_reported(body)) or excerpt(text)
    message = f"Error code: {response.status_code}" + (f" - {said}" if said else "")
    message = without_secrets(message, response.request.headers)
    error: openai.APIStatusError = getattr(openai, name)(message, response=response, body=inner)
    return error


def in_stream(reported: Any, request: httpx2.Request) -> openai.APIError:
    """The error for the member `error` of stream data."""
    import openai

    message = _message(reported) or "An error occurred during streaming"
    return openai.APIError(without_secrets(message, request.headers), request, body=reported)


def not_json(data: str, request: httpx2.Request) -> NotJson:
    """The error for data of a stream that is not JSON."""
    message = f"The stream from {origin(request)} broke: data that is not JSON: {excerpt(data)}"
    return NotJson(without_secrets(message, request.headers), data, 0)


def unreadable(response: httpx2.Response) -> openai.APIError:
    """The error for a successful reply that is not a JSON object."""
    import openai

    kind = response.headers.get("content-type") or "no content type"
    beginning = excerpt(response.text)
    message = f"The reply from {response.request.url.copy_with(userinfo=b'', query=None)} is not a JSON object "
    message += f"(status {response.status_code}, {kind})" + (f": {beginning}" if beginning else "")
    return openai.APIError(without_secrets(message, response.request.headers), response.request, body=response.text)


def missing_key() -> openai.OpenAIError:
    """The error for a client without key."""
    import openai

    return openai.OpenAIError("No API key: pass `api_key`, or set the environment variable OPENAI_API_KEY")


def _reported(body: Any) -> Any:
    """What the body of an error response says: its member `error`, else itself. Google puts it into a list."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    return body.get("error", body) if isinstance(body, dict) else None


def _message(error: Any) -> str:
    said = error.get("message") if isinstance(error, dict) else error
    if not isinstance(said, str):
        return ""
    return said if len(said) <= LONGEST_MESSAGE else said[: LONGEST_MESSAGE - 1] + "…"


def excerpt(text: str) -> str:
    """The beginning of a text in one line, without the tags of a page."""
    if text[:200].lstrip().lower().startswith(("<!doctype html", "<html")):
        text = _of_page(text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_EXCERPT else text[: LONGEST_EXCERPT - 1] + "…"


def _of_page(page: str) -> str:
    """What a proxy's HTML page says: its title, else its text."""
    import html

    page = page[:20_000]
    title = TITLE.search(page)
    return html.unescape(title[1] if title and title[1].strip() else INVISIBLE.sub(" ", page))
