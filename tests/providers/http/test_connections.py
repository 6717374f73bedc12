"""Connections that are shared and closed."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from typing import Any

import httpx2
import pytest

from llm.providers.http import connections
from llm.providers.http.connections import blocking_http, loop_http
from tests.loopback import MODELS, Loopback, json_reply


def get(loopback: Loopback) -> None:
    blocking_http().get(loopback.base_url + "/models").raise_for_status()


def test_a_thread_shares_its_client(loopback: Loopback) -> None:
    """Calls of a thread use one connection one after the other; another thread has its own."""
    loopback.on(MODELS, *[json_reply({}) for _ in range(3)])
    get(loopback)
    get(loopback)
    thread = threading.Thread(target=get, args=[loopback])
    thread.start()
    thread.join()
    assert [request.connection for request in loopback.requests] == [1, 1, 2]


def test_a_thread_that_ends_closes_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else can use it any more."""
    closed = threading.Event()
    monkeypatch.setattr(httpx2.HTTPTransport, "close", lambda _self: closed.set())
    thread = threading.Thread(target=blocking_http)
    thread.start()
    thread.join()
    assert closed.is_set()


def test_an_event_loop_shares_its_client_and_closes_it(loopback: Loopback) -> None:
    """One connection for calls one after the other; closed when the loop ends, with no warning."""
    loopback.on(MODELS, *[json_reply({}) for _ in range(3)])
    clients = []

    async def run(times: int) -> None:
        for _ in range(times):
            client = await loop_http()
            (await client.get(loopback.base_url + "/models")).raise_for_status()
            clients.append(client)

    asyncio.run(run(2))
    asyncio.run(run(1))
    assert clients[0] is clients[1] is not clients[2]
    assert all(client.is_closed for client in clients)
    assert [request.connection for request in loopback.requests] == [1, 1, 2]
    assert not connections._of_loop


def test_a_loop_that_was_closed_without_care_is_forgotten() -> None:
    """Its clients do not pile up."""
    for _ in range(3):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(loop_http())
        loop.close()
    asyncio.run(loop_http())
    assert not [key for key in connections._of_loop if key[0].is_closed()]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE"])
def test_a_change_of_the_environment_makes_another_client(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """What httpx2 reads when a client is made may change between two calls."""
    before = blocking_http()
    with monkeypatch.context() as patch:
        patch.setenv(variable, "http://127.0.0.1:1")
        assert blocking_http() is not before
    assert blocking_http() is before


def test_a_forked_process_has_its_own_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes must not write into one connection."""
    before = blocking_http()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert blocking_http() is not before


def test_cookies_are_not_kept(loopback: Loopback) -> None:
    """What a server sets for one user must not go along with the next one's request."""
    loopback.on(MODELS, json_reply({}, set_cookie="user=1; path=/"), json_reply({}))
    get(loopback)
    get(loopback)
    assert "cookie" not in loopback.requests[1].headers


def test_certificates_are_read_at_the_first_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain HTTP does not need them; a handshake gets the usual context, with everything that was set."""
    made: list[Any] = []

    class Usual(ssl.SSLContext):
        def set_alpn_protocols(self, alpn_protocols: Any) -> None:
            made.append(alpn_protocols)

    usual = Usual(ssl.PROTOCOL_TLS_CLIENT)

    def create() -> ssl.SSLContext:
        made.append("context")
        return usual

    monkeypatch.setattr(httpx2, "create_ssl_context", create)
    connections._ssl_context.cache_clear()
    context = connections.LazySSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert made == []
    context.set_alpn_protocols(["http/1.1"])
    wrapped = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    assert wrapped.context is usual
    assert made == ["context", ["http/1.1"]]
    connections._ssl_context.cache_clear()


def test_an_untrusted_server_is_refused(loopback: Loopback) -> None:
    """The late context verifies like any other: a server without TLS fails the handshake."""
    with pytest.raises(httpx2.ConnectError):
        blocking_http().get(loopback.base_url.replace("http:", "https:"))

    async def run() -> None:
        await (await loop_http()).get(loopback.base_url.replace("http:", "https:"))

    with pytest.raises(httpx2.ConnectError):
        asyncio.run(run())
