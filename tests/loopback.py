"""A scripted HTTP server on the loopback interface, which stands for model providers in tests.

    loopback.on("/v1/chat/completions", json_reply({"choices": []}))          # the next POST or GET gets this
    loopback.on("/v1/responses", error_reply(429, "slow down", retry_after="0.01"), sse_reply({"type": "..."}))
    ... run the client against loopback.base_url ...
    assert loopback.requests[0].json == {...}

Replies of a path are used up in order; a request without one gets a 404 that says so, and `loopback.requests` shows it.
A body is a sequence of pieces, each sent in a write of its own: bytes, an event to wait for (`threading.Event`), a
function to call, or `CUT`, which breaks the connection there. So tests set the pace by events and never by sleeping.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
COMPLETIONS = "/v1/completions"
EMBEDDINGS = "/v1/embeddings"
MODELS = "/v1/models"

PATIENCE = 20.0  # seconds until a piece that waits for an event gives up, so that a broken test ends


class Cut:
    """A piece that breaks the connection: `CUT` closes it early, `RESET` makes the client see a reset."""

    def __init__(self, *, reset: bool) -> None:
        self.reset = reset


CUT = Cut(reset=False)
RESET = Cut(reset=True)

Piece = bytes | threading.Event | Callable[[], object] | Cut


@dataclass(frozen=True)
class Reply:
    """One scripted reply. `framed=False` sends the body without length, ended by closing the connection.

    `status=0` sends nothing at all: the pieces are run (events, `CUT`) and the connection is closed.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Sequence[Piece] = ()
    framed: bool = True


@dataclass(frozen=True)
class Recorded:
    """A request as it arrived. `connection` numbers the TCP connections from 1.

    Header names are in lower case; the values of a header that was sent twice are joined by a comma.
    """

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


def json_reply(data: Any, *, status: int = 200, **headers: str) -> Reply:
    """A reply of one JSON value. Header names are keywords with underscores: `x_request_id="req_1"`."""
    body = json.dumps(data).encode()
    return Reply(status, {"content-type": "application/json", **_header_names(headers)}, [body])


def text_reply(text: str, *, status: int = 200, **headers: str) -> Reply:
    """A reply of plain text, or of the content type given."""
    return Reply(status, {"content-type": "text/plain", **_header_names(headers)}, [text.encode()])


def error_reply(status: int, message: str, *, code: str | None = None, **headers: str) -> Reply:
    """An API error in the shape OpenAI gives it."""
    error = {"message": message, "type": "test_error", "param": None, "code": code}
    return json_reply({"error": error}, status=status, **headers)


def sse(*events: Any, done: bool = True) -> bytes:
    """The body of an event stream: one event for each JSON value (an `event:` line too where it has a `type`)."""
    lines = []
    for event in events:
        if isinstance(event, dict) and "type" in event:
            lines.append(f"event: {event['type']}\n")
        lines.append(f"data: {json.dumps(event)}\n\n")
    if done:
        lines.append("data: [DONE]\n\n")
    return "".join(lines).encode(errors="replace")  # half a character has no form outside JSON


def sse_reply(*events: Any, done: bool = True, size: int | None = None, **headers: str) -> Reply:
    """A streamed reply; `size` cuts its body into pieces of so many bytes, else each event is a piece."""
    pieces = [sse(event, done=False) for event in events] + ([sse()] if done else [])
    body = split(b"".join(pieces), size) if size else pieces
    return Reply(200, {"content-type": "text/event-stream", **_header_names(headers)}, body)


def stream_reply(*pieces: Piece, **headers: str) -> Reply:
    """A streamed reply of exactly these pieces: bytes (see `sse`), events to wait for, functions, `CUT`."""
    return Reply(200, {"content-type": "text/event-stream", **_header_names(headers)}, pieces)


def no_reply(*pieces: Piece) -> Reply:
    """The connection breaks before a status line."""
    return Reply(0, {}, [*pieces, CUT])


def split(data: bytes, size: int) -> list[bytes]:
    """Cut bytes into pieces of `size`."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def _header_names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Loopback:
    """The server. `url` has no path; `base_url` ends in `/v1`."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self._scripts: dict[str, list[Reply]] = {}
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.loopback = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.base_url = self.url + "/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def on(self, path: str, *replies: Reply) -> Loopback:
        """Add replies to the script of a path (without query)."""
        with self._lock:
            self._scripts.setdefault(path, []).extend(replies)
        return self

    @property
    def bodies(self) -> list[Any]:
        """The JSON bodies of all requests so far."""
        return [request.json for request in self.requests]

    def close(self) -> None:
        """Stop serving and break the connections that are still open."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        with self._lock:
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _opened(self, connection: socket.socket) -> int:
        with self._lock:
            self._sockets.append(connection)
            return len(self._sockets)

    def _record(self, request: Recorded) -> Reply:
        with self._lock:
            self.requests.append(request)
            script = self._scripts.get(request.path)
            if script:
                return script.pop(0)
        return error_reply(404, f"loopback: no reply scripted for {request.method} {request.path}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    loopback: Loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many tests are about: no traceback."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = 0
    disable_nagle_algorithm = True
    _connection_number = 0

    def setup(self) -> None:
        super().setup()
        self._connection_number = self.server.loopback._opened(self.connection)

    def do_POST(self) -> None:
        self._answer(self.server.loopback._record(self._read()))

    do_GET = do_HEAD = do_POST  # noqa: N815 (the names are the base class's)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the signature is the base class's)
        """Nothing on stderr."""

    def _read(self) -> Recorded:
        length = int(self.headers.get("content-length") or 0)
        parts = urlsplit(self.path)
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
        query = parse_qsl(parts.query, keep_blank_values=True)
        body = self.rfile.read(length)
        return Recorded(self.command, parts.path, query, headers, body, self._connection_number)

    def _answer(self, reply: Reply) -> None:
        chunked = reply.framed and bool(reply.status) and self.command != "HEAD"
        if reply.status:
            self._start(reply, chunked=chunked)
        for piece in reply.body if self.command != "HEAD" else ():
            if isinstance(piece, Cut):
                return self._cut(piece)
            self._perform(piece, chunked=chunked)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self._cut(CUT)
        return None

    def _start(self, reply: Reply, *, chunked: bool) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked") if chunked else self.send_header("connection", "close")
        self.end_headers()

    def _perform(self, piece: bytes | threading.Event | Callable[[], object], *, chunked: bool) -> None:
        if isinstance(piece, bytes):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked and piece else piece)
        elif isinstance(piece, threading.Event):
            if not piece.wait(PATIENCE):
                raise TimeoutError("the event that a loopback reply waits for was never set")
        else:
            piece()

    def _cut(self, cut: Cut) -> None:
        self.close_connection = True
        if cut.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


@contextlib.contextmanager
def serve() -> Iterator[Loopback]:
    """A running server, closed at the end."""
    server = Loopback()
    try:
        yield server
    finally:
        server.close()
