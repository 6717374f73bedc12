"""HTTP clients that are kept, so that the next request of a process needs no new connection and no new TLS handshake.

A client belongs to a thread, or to an event loop. Only connections are shared: keys and headers go with each request
and cookies are not kept. Every request goes through `httpx2.HTTPTransport.handle_request` (or its async twin) as it is
found on the class at that moment, because recorders of HTTP traffic replace these methods in a running program.

This module imports httpx2, which takes some 150 ms: import it when a request is due.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import threading
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx2

from llm.providers.http.redirects import withhold, withhold_async

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Hashable

    LoopKey = tuple[asyncio.AbstractEventLoop, Hashable]

# What httpx2 reads from the environment when a client is made. A program may change these between two calls.
ENVIRONMENT = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)

# As many connections at once as the OpenAI SDK allows; idle ones are kept for the next turn of a chat.
LIMITS = httpx2.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=30.0)


class LazySSLContext(ssl.SSLContext):
    """Stands for the usual context, which is made at the first handshake.

    Reading the certificates of the authorities takes 60 ms, which plain HTTP to a server on the same machine need not
    spend. These three methods are all that is asked of a context on the way to a handshake.
    """

    def set_alpn_protocols(self, alpn_protocols: Any) -> None:
        """Pass on to the usual context."""
        _ssl_context(_environment()).set_alpn_protocols(alpn_protocols)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Pass on to the usual context."""
        return _ssl_context(_environment()).wrap_socket(*args, **kwargs)

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Pass on to the usual context."""
        return _ssl_context(_environment()).wrap_bio(*args, **kwargs)


class BlockingHttp(httpx2.Client):
    """A client that closes its connections when it is no longer used."""

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()


def client_arguments() -> dict[str, Any]:
    """The arguments that clients of either kind are made with."""
    return {
        "verify": LazySSLContext(ssl.PROTOCOL_TLS_CLIENT),
        "limits": LIMITS,
        "follow_redirects": True,
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=())),
    }


def blocking_http() -> httpx2.Client:
    """The client of this thread."""
    key = _setting()
    client = _of_thread.clients.get(key)
    if client is None:
        client = _of_thread.clients[key] = BlockingHttp(**client_arguments(), event_hooks={"request": [withhold]})
    return client


async def loop_http() -> httpx2.AsyncClient:
    """The client of the running event loop."""
    import asyncio

    key = (asyncio.get_running_loop(), _setting())
    if key not in _of_loop:
        _forget_closed_loops()
        client = httpx2.AsyncClient(**client_arguments(), event_hooks={"request": [withhold_async]})
        keeper = _close_with_loop(key, client)
        await anext(keeper)
        _of_loop[key] = (client, keeper)
    return _of_loop[key][0]


async def _close_with_loop(key: LoopKey, client: httpx2.AsyncClient) -> AsyncGenerator[None, None]:
    # `asyncio.run` closes every async generator of its loop before it closes the loop: the only moment at which
    # connections can be closed properly without asking the program to do it.
    try:
        yield
    finally:
        _of_loop.pop(key, None)
        await client.aclose()


def _forget_closed_loops() -> None:
    for key in list(_of_loop):
        if key[0].is_closed():
            _of_loop.pop(key, None)


def _setting() -> Hashable:
    # A forked process must not write into its parent's connections.
    return os.getpid(), _environment()


def _environment() -> tuple[str | None, ...]:
    return tuple(os.environ.get(name) for name in ENVIRONMENT)


@cache
def _ssl_context(_environment: tuple[str | None, ...]) -> ssl.SSLContext:
    return httpx2.create_ssl_context()


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.clients: dict[Hashable, httpx2.Client] = {}


_of_thread = _OfThread()
_of_loop: dict[LoopKey, tuple[httpx2.AsyncClient, AsyncGenerator[None, None]]] = {}
