"""Streamed replies: iterated once, handing out an object per event as it arrives.

`EventReader` decides what the bytes mean, without input or output. `Stream` and `AsyncStream` fetch the bytes.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import httpx2

from llm.providers.http import errors
from llm.providers.http.sse import EventDecoder
from llm.providers.openai.replies import CHUNKS, as_event, parse_object

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from typing_extensions import Self

    from llm.providers.http.exchange import Exchange, Opening
    from llm.providers.openai.calls import Call

# After the end mark only the end of the body is to come. It is awaited this long, in seconds, as without it the
# connection cannot be used again.
DRAIN_TIME = 0.1


class EventReader:
    """Turns the bytes of a streamed reply into objects. `started` tells whether there has been one yet."""

    def __init__(self, call: Call, request: httpx2.Request) -> None:
        self.started = False
        self._endpoint = call.endpoint
        self._convert = CHUNKS[call.endpoint]
        self._request = request
        self._decoder = EventDecoder()
        self._unstreamed = bytearray()

    @property
    def done(self) -> bool:
        """Whether the end mark has arrived."""
        return self._decoder.done

    def feed(self, piece: bytes) -> Iterator[Any]:
        """Give the objects that this piece completes. Raises `openai.APIError` where the data reports an error."""
        if not self.started and (self._unstreamed or piece.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"{")):
            # No line of an event stream starts like this: the server may have sent one JSON object instead.
            self._unstreamed += piece
        for data in self._decoder.feed(piece):
            yield self._object(self._parsed(data))

    def finish(self) -> Iterator[Any]:
        """Give the object that a body without any event may hold."""
        self._decoder.finish()
        reply = None if self.started else parse_object(bytes(self._unstreamed))
        if reply is not None:
            yield self._object(as_event(self._endpoint, reply) if not reply.get("error") else reply)

    def restart(self) -> None:
        """Forget the beginning of a body that broke."""
        self._decoder.finish()
        self._unstreamed.clear()

    def _parsed(self, data: str) -> Any:
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise errors.not_json(data, self._request) from error

    def _object(self, data: Any) -> Any:
        if isinstance(data, dict) and data.get("error"):
            raise errors.in_stream(data["error"], self._request)
        self.started = True
        return self._convert(data)


class _Reply:
    """A reply that is arriving. `open_again` carries out the steps to another response.

    It is apart from the stream that reads it, so that a stream that is forgotten half way goes at once, and with it the
    connection.
    """

    def __init__(self, call: Call, exchange: Exchange, response: httpx2.Response, open_again: Any) -> None:
        self.response = response
        self.exchange = exchange
        self.reader = EventReader(call, exchange.request)
        self.open_again = open_again

    def take(self, piece: bytes) -> Iterator[Any]:
        """Give the objects that a piece completes."""
        self.exchange.check_time()
        return self.reader.feed(piece)

    def after_failure(self, error: httpx2.RequestError) -> Opening:
        """The steps to another response; raises the failure once an object has been handed out."""
        if self.reader.started:
            raise errors.transport(error, self.exchange.request) from error
        self.reader.restart()
        return self.exchange.reopen(error)


class Stream:
    """The chunks or events of a reply. A context manager; `close()` releases the connection."""

    def __init__(self, call: Call, exchange: Exchange, response: httpx2.Response, open_again: Any) -> None:
        self._reply = _Reply(call, exchange, response, open_again)
        self._objects = _objects(self._reply)

    @property
    def response(self) -> httpx2.Response:
        """The response whose body is read."""
        return self._reply.response

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return next(self._objects)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the connection, whatever is still to come."""
        self.response.close()


class AsyncStream:
    """The chunks or events of a reply, in an event loop. A context manager; `close()` releases the connection."""

    def __init__(self, call: Call, exchange: Exchange, response: httpx2.Response, open_again: Any) -> None:
        self._reply = _Reply(call, exchange, response, open_again)
        self._objects = _objects_async(self._reply)

    @property
    def response(self) -> httpx2.Response:
        """The response whose body is read."""
        return self._reply.response

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return await anext(self._objects)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the connection, whatever is still to come."""
        await self.response.aclose()

    aclose = close


def _objects(reply: _Reply) -> Iterator[Any]:
    try:
        while True:
            try:
                pieces = reply.response.iter_bytes()
                for piece in pieces:
                    yield from reply.take(piece)
                    if reply.reader.done:
                        return _drain(pieces, reply.response)
                return (yield from reply.reader.finish())
            except httpx2.RequestError as error:
                opening = reply.after_failure(error)
            reply.response = reply.open_again(opening)
    finally:
        reply.response.close()


async def _objects_async(reply: _Reply) -> AsyncIterator[Any]:
    try:
        while True:
            try:
                async with aclosing(reply.response.aiter_bytes()) as pieces:
                    async for piece in pieces:
                        for item in reply.take(piece):
                            yield item
                        if reply.reader.done:
                            await _drain_async(pieces)
                            return
                for item in reply.reader.finish():
                    yield item
                return  # noqa: TRY300 (an else would stand far from what it ends)
            except httpx2.RequestError as error:
                opening = reply.after_failure(error)
            reply.response = await reply.open_again(opening)
    finally:
        await reply.response.aclose()


def _drain(pieces: Iterator[bytes], response: httpx2.Response) -> None:
    network = response.extensions.get("network_stream")
    connection = network.get_extra_info("socket") if network else None
    timer = threading.Timer(DRAIN_TIME, _hang_up, [connection])
    timer.daemon = True
    timer.start()
    with contextlib.suppress(Exception):  # the reply is complete, nothing may spoil it now
        for _ in pieces:
            pass
    timer.cancel()


def _hang_up(connection: socket.socket | None) -> None:
    # Shutting down, unlike closing, wakes a thread that waits for data.
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


async def _drain_async(pieces: AsyncIterator[bytes]) -> None:
    import asyncio

    async def exhaust() -> None:
        async for _ in pieces:
            pass

    with contextlib.suppress(Exception):
        await asyncio.wait_for(exhaust(), DRAIN_TIME)
