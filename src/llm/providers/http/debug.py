"""HTTP clients that show on stderr what they send and receive, without keys: for `LLM_OPENAI_SHOW_RESPONSES`.

This module imports httpx2, which takes some 150 ms: import it when such a client is wanted.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any

import httpx2

from llm.core.text import escape_controls
from llm.providers.http.connections import client_arguments
from llm.providers.http.masking import masked_header
from llm.providers.http.redirects import withhold, withhold_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def logging_client() -> httpx2.Client:
    """A client that prints each request and response, with a body as it arrives. A context manager.

    Compression is turned off, as it would hide the body.
    """
    return httpx2.Client(
        **_arguments(), event_hooks={"request": [withhold, _show_request], "response": [_show_response]}
    )


def async_logging_client() -> httpx2.AsyncClient:
    """The same for an event loop."""

    async def show_request(request: httpx2.Request) -> None:
        _show_request(request)

    async def show_response(response: httpx2.Response) -> None:
        _show_response(response)

    return httpx2.AsyncClient(
        **_arguments(), event_hooks={"request": [withhold_async, show_request], "response": [show_response]}
    )


def _arguments() -> dict[str, Any]:
    # Nobody closes such a client, so it keeps no connections.
    return {**client_arguments(), "limits": httpx2.Limits(max_keepalive_connections=0)}


class _Shown(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that is printed while it is read, in either way."""

    def __init__(self, body: httpx2.SyncByteStream | httpx2.AsyncByteStream) -> None:
        self._body = body
        # Incremental, as a character may be cut between two pieces; lenient, as a body need not be text at all.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:  # type: ignore[union-attr]  # of a blocking client
            self._show(piece)
            yield piece
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._body:  # type: ignore[union-attr]  # of an async client
            self._show(piece)
            yield piece
        self._end()

    def close(self) -> None:
        self._body.close()  # type: ignore[union-attr]  # of a blocking client

    async def aclose(self) -> None:
        await self._body.aclose()  # type: ignore[union-attr]  # of an async client

    def _show(self, piece: bytes) -> None:
        _write(self._decoder.decode(piece))

    def _end(self) -> None:
        _write(self._decoder.decode(b"", final=True) + "\n")


def _show_request(request: httpx2.Request) -> None:
    request.headers.pop("accept-encoding", None)
    url = request.url.copy_with(userinfo=b"")
    _write(f"Request: {request.method} {url}\n{_headers(request.headers)}")
    # After a redirection the body is there, but counts as not read; one that is made while it is sent is not shown.
    content = b"".join(request.stream) if isinstance(request.stream, httpx2.ByteStream) else b""
    if content:
        _write("  Body:\n" + _indented(content))


def _show_response(response: httpx2.Response) -> None:
    _write(f"Response: status_code={response.status_code}\n{_headers(response.headers)}  Body:\n")
    response.stream = _Shown(response.stream)


def _headers(headers: httpx2.Headers) -> str:
    lines = [f"    {name}: {masked_header(name, value)}\n" for name, value in headers.multi_items()]
    return "  Headers:\n" + "".join(lines)


def _indented(content: bytes) -> str:
    text = content.decode("utf-8", "replace")
    with contextlib.suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return "".join(f"    {line}\n" for line in text.splitlines())


def _write(text: str) -> None:
    sys.stderr.write(escape_controls(text.replace("\r\n", "\n")) if sys.stderr.isatty() else text)
    sys.stderr.flush()
