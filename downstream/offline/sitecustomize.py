"""Loaded by every Python process of an exercise: sends requests for any host to the stub.

Most plugins have their provider's address in their code. So the transports of the HTTP libraries are changed where a
request leaves them: the address becomes that of the stub (DOWNSTREAM_STUB, host:port). The Host header, by which the
stub knows whom the request was for, stays. A connection that goes round this is refused.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import socket
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

HOST, _, PORT = os.environ.get("DOWNSTREAM_STUB", "").partition(":")


def _redirect_httpx(module: ModuleType) -> None:
    """Change the two transports of httpx, or of httpx2, which has the same classes."""
    for name, method in (("HTTPTransport", "handle_request"), ("AsyncHTTPTransport", "handle_async_request")):
        kind = getattr(module, name)
        setattr(kind, method, _to_the_stub(getattr(kind, method)))


def _to_the_stub(original: Callable[..., Any]) -> Callable[..., Any]:
    def handle(self: Any, request: Any) -> Any:
        if request.url.host != HOST:
            request.url = request.url.copy_with(scheme="http", host=HOST, port=int(PORT))
        return original(self, request)

    return handle


def _redirect_requests(module: ModuleType) -> None:
    """Change the adapter of requests, which takes the Host header from the address unless it is given."""
    original = module.HTTPAdapter.send

    def send(self: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        url = urlsplit(request.url)
        if url.hostname != HOST:
            request.headers["Host"] = url.netloc
            request.url = urlunsplit(("http", f"{HOST}:{PORT}", url.path, url.query, ""))
        return original(self, request, *arguments, **named)

    module.HTTPAdapter.send = send


PATCHES: dict[str, Callable[[ModuleType], None]] = {
    "httpx": _redirect_httpx,
    "httpx2": _redirect_httpx,
    "requests.adapters": _redirect_requests,
}


class _PatchingLoader(importlib.abc.Loader):
    """Loads a module as its own loader would, then changes it."""

    def __init__(self, inner: importlib.abc.Loader, patch: Callable[[ModuleType], None]) -> None:
        self._inner = inner
        self._patch = patch

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        self._patch(module)


class _PatchingFinder(importlib.abc.MetaPathFinder):
    """Finds the modules of the table, so that they are changed when something imports them and not before."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in PATCHES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _PatchingLoader(spec.loader, PATCHES[name])
        return spec


class _LoopbackSocket(socket.socket):
    """A socket that connects within this machine only."""

    def connect(self, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"an exercise tried to reach {address[0]}")
        super().connect(address)


if HOST:
    sys.meta_path.insert(0, _PatchingFinder())
    socket.socket = _LoopbackSocket  # type: ignore[misc]
