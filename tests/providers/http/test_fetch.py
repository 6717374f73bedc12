from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from llm._version import __version__
from llm.features import web
from llm.providers.http import fetch
from llm.providers.http.fetch import FetchError, fetch_text, probe_type
from tests.loopback import Loopback, error_reply, text_reply

Answer = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], list[httpx2.Request]]:
    """The function that sets what answers all requests; it returns the list in which they will be found."""

    def use(reply: Answer) -> list[httpx2.Request]:
        requests: list[httpx2.Request] = []

        def handle(_: object, request: httpx2.Request) -> httpx2.Response:
            requests.append(request)
            return reply(request)

        monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", handle)
        return requests

    return use


def redirects(count: int) -> Answer:
    """Answers `/0`, `/1`, ... by a redirect to the next, and `/COUNT` by text."""

    def reply(request: httpx2.Request) -> httpx2.Response:
        number = int(request.url.path.strip("/"))
        if number == count:
            return httpx2.Response(200, headers={"content-type": "text/plain"}, text="there")
        return httpx2.Response(302, headers={"location": f"/{number + 1}"})

    return reply


def test_text(loopback: Loopback) -> None:
    """The body is returned as text; the server is told who asks."""
    loopback.on("/a", text_reply("é"))
    assert fetch_text(f"{loopback.url}/a") == "é"
    assert loopback.requests[0].headers["user-agent"] == f"llm/{__version__} (https://llm.datasette.io/)"


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b"\xe9", "text/plain; charset=latin-1", "é"),
        (b"\xe9", "text/plain", "\ufffd"),
        ("é".encode(), "text/plain; charset=nonsense", "é"),
    ],
)
def test_encodings(answer: Callable[[Answer], object], content: bytes, content_type: str, expected: str) -> None:
    """The encoding is the one the server names, else UTF-8; bad bytes are replaced."""
    answer(lambda _: httpx2.Response(200, headers={"content-type": content_type}, content=content))
    assert fetch_text("https://x/") == expected


def test_redirects(answer: Callable[[Answer], object]) -> None:
    """Three redirects are followed and no more, for texts and for types."""
    answer(redirects(3))
    assert fetch_text("https://x/0") == "there"
    assert probe_type("https://x/0") == "text/plain"
    answer(redirects(4))
    for function in (fetch_text, probe_type):
        with pytest.raises(FetchError, match=r"https://x/0.*redirects"):
            function("https://x/0")


@pytest.mark.parametrize("function", [fetch_text, probe_type])
def test_error_status(answer: Callable[[Answer], object], function: Callable[[str], object]) -> None:
    """An error status is an error that names URL and status."""
    answer(lambda _: httpx2.Response(404))
    with pytest.raises(FetchError, match="https://x/y: status 404 Not Found"):
        function("https://x/y")


@pytest.mark.parametrize("function", [fetch_text, probe_type])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "foo://x", "http://", "http://x:port/", "http://[::1", "http://\0"]
)
def test_no_answer(function: Callable[[str], object], url: str) -> None:
    """A URL nobody answers and one that is none are errors that name it."""
    with pytest.raises(FetchError) as caught:
        function(url)
    assert url in str(caught.value)


def test_largest(answer: Callable[[Answer], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large is given up."""
    monkeypatch.setattr(fetch, "LARGEST", 3)
    answer(lambda _: httpx2.Response(200, content=b"1234"))
    with pytest.raises(FetchError, match="https://x/: it is larger"):
        fetch_text("https://x/")


@pytest.mark.parametrize(
    ("header", "expected"),
    [("image/PNG; charset=x", "image/png"), ("image/png", "image/png"), (None, None), ("", None)],
)
def test_type(answer: Callable[[Answer], list[httpx2.Request]], header: str | None, expected: str | None) -> None:
    """The type is asked for without fetching the body; parameters and capital letters are dropped."""
    headers = {} if header is None else {"content-type": header}
    requests = answer(lambda _: httpx2.Response(200, headers=headers))
    assert probe_type("https://x/") == expected
    assert [request.method for request in requests] == ["HEAD"]


def test_port(answer: Callable[[Answer], object], loopback: Loopback) -> None:
    """The functions that use cases take by default are these."""
    loopback.on("/a", text_reply("a"), error_reply(500, "no"))
    assert web.fetch_text(f"{loopback.url}/a") == "a"
    with pytest.raises(FetchError, match="500"):
        web.fetch_text(f"{loopback.url}/a")
    answer(lambda _: httpx2.Response(200, headers={"content-type": "a/b"}))
    assert web.probe_type("https://x/") == "a/b"
