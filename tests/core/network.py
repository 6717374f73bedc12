"""A scripted network for the tests of attachments."""

from __future__ import annotations

from collections.abc import Callable

import httpx2


class Network:
    """Answers requests at the transport, where the mocks of plugins' test suites sit, and remembers them."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.answer: Callable[[httpx2.Request], httpx2.Response] = lambda _: httpx2.Response(404)

    def handle(self, _: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        self.requests.append((request.method, str(request.url)))
        return self.answer(request)
