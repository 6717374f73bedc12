"""A loopback server that stands for every provider: it answers by host and path, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; `where` is the host it was for, and the path with its query."""

    method: str
    where: str
    body: bytes

    def json(self) -> Any:
        """Return the body, parsed; an empty object if it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the stub sends back."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200


Reply = Callable[[Request], Answer]


@dataclass(slots=True)
class Stub:
    """The replies of one exercise, by a part of host and path (the longest that fits), and the requests so far."""

    replies: Mapping[str, Reply]
    address: str = ""
    requests: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        """Keep the request and make the answer to it."""
        self.requests.append(request)
        fitting = [part for part in self.replies if part in request.where]
        if not fitting:
            return Answer(json.dumps({"error": f"the stub knows no {request.where}"}).encode(), status=404)
        return self.replies[max(fitting, key=len)](request)


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers every method alike."""

        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            answer = stub.answer(Request(self.command, self.headers.get("Host", "") + self.path, self._body()))
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "") == "chunked":
                return b"".join(self._chunks())
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _chunks(self) -> Iterator[bytes]:
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 -- the names that the base class calls

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 -- the name of the base class
            """Print nothing."""

    return Handler


@contextmanager
def serving(replies: Mapping[str, Reply]) -> Iterator[Stub]:
    """Serve these replies on loopback while the block runs."""
    stub = Stub(replies)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stub))
    server.daemon_threads = True
    stub.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
