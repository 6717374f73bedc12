"""What a redirection takes to another host: the request, but nothing that names or identifies the user.

The body goes along: whoever redirects has read it already. But it stays on encrypted connections if it began on one.

httpx2 takes `Authorization` and cookies off there. Keys also travel under other names (`api-key`, `x-api-key`, what
gateways invent), and in headers that users write into their settings. So all headers but those of HTTP itself stay
behind. httpx2 calls request hooks for each hop and hands the extensions on from one to the next: they keep the origin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

#: Headers that say how a request is to be read and answered; any other may hold a secret.
HARMLESS = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
    }
)

_FIRST = "llm_first_url"


def withhold(request: httpx2.Request) -> None:
    """Take the headers that may hold secrets off a request that was redirected to another origin. A request hook.

    Raises `httpx2.UnsupportedProtocol` for a request with a body that was redirected from https to http.
    """
    first = request.extensions.setdefault(_FIRST, request.url)
    if _same_origin(first, request.url):
        return
    if (first.scheme, request.url.scheme) == ("https", "http") and request.method not in {"GET", "HEAD"}:
        _refuse(first, request)
    for name in [name for name in request.headers if name.lower() not in HARMLESS]:
        del request.headers[name]


async def withhold_async(request: httpx2.Request) -> None:
    """Do the same as a hook of an async client."""
    withhold(request)


def guard(client: Any) -> Any:
    """Return a client of the OpenAI SDK, or what stands for one, after it was told the same about its own requests."""
    import httpx2

    # The SDK offers no other way that leaves its proxies, limits and time-outs as they are.
    http = getattr(client, "_client", None)
    if isinstance(http, httpx2.Client):
        _put_first(http, withhold)
    elif isinstance(http, httpx2.AsyncClient):
        _put_first(http, withhold_async)
    return client


def _refuse(first: httpx2.URL, request: httpx2.Request) -> NoReturn:
    import httpx2

    raise httpx2.UnsupportedProtocol(
        f"https://{first.netloc.decode()} redirects to plain http, where others on the way could read the request. "
        f"If you trust the way, use the address http://{request.url.netloc.decode()} itself",
        request=request,
    )


def _put_first(http: httpx2.Client | httpx2.AsyncClient, hook: Callable[[httpx2.Request], Any]) -> None:
    hooks = http.event_hooks
    if hook not in hooks["request"]:
        http.event_hooks = {**hooks, "request": [hook, *hooks["request"]]}


def _same_origin(first: httpx2.URL, now: httpx2.URL) -> bool:
    if first == now:  # the first request itself, whose address need not even be one
        return True
    if first.origin == now.origin:
        return True
    # As httpx2 has it: the same server, now encrypted.
    schemes, hosts = (first.scheme, now.scheme), (first.host, now.host)
    return (
        schemes == ("http", "https") and hosts[0] == hosts[1] and first.port in {None, 80} and now.port in {None, 443}
    )
