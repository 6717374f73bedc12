"""What goes along to another origin."""

from __future__ import annotations

from typing import Any

import httpx2
import openai
import pytest

from llm.providers.http.redirects import withhold
from llm.providers.openai.client import OpenAIClient

SENT = {"Accept": "a", "Content-Type": "c", "X-Key": "k", "Authorization": "Bearer k"}


@pytest.mark.parametrize(
    ("first", "then", "stays"),
    [
        ("https://a.example/v1", "https://a.example/v2?x=1", True),
        ("https://a.example/v1", "https://A.example:443/v2", True),
        ("http://a.example/v1", "https://a.example/v1", True),
        ("http://a.example:80/v1", "https://a.example:443/v1", True),
        ("http://a.example:8000/v1", "https://a.example/v1", False),
        ("http://a.example/v1", "https://a.example:8443/v1", False),
        ("http://a.example/v1", "https://b.example/v1", False),
        ("https://a.example/v1", "https://a.example:8443/v1", False),
        ("https://a.example/v1", "https://sub.a.example/v1", False),
        ("https://a.example/v1", "https://a.example.evil.example/v1", False),
    ],
)
def test_which_headers_go_on(first: str, then: str, stays: bool) -> None:
    """All headers stay within scheme, host and port, and where a host turns to TLS; elsewhere only those of HTTP."""
    request = httpx2.Request("POST", first, headers=SENT)
    withhold(request)
    assert request.headers["x-key"] == "k"
    hop = httpx2.Request("POST", then, headers=SENT, extensions=request.extensions)
    withhold(hop)
    assert set(hop.headers) - {"host", "content-length"} == {
        name.lower() for name in SENT if stays or name in {"Accept", "Content-Type"}
    }


@pytest.mark.parametrize("to", ["http://a.example/v1", "http://b.example/v1"])
def test_a_body_does_not_leave_tls(to: str) -> None:
    """A redirection that takes a body from https to plain http fails: others on the way could read it."""
    first = httpx2.Request("POST", "https://a.example/v1", content=b"a secret")
    withhold(first)
    with pytest.raises(httpx2.UnsupportedProtocol, match="redirects to plain http"):
        withhold(httpx2.Request("POST", to, content=b"a secret", extensions=first.extensions))
    withhold(httpx2.Request("GET", to, extensions=first.extensions))


def test_it_fails_at_once() -> None:
    """Such a redirection is reported as a failure of the connection, and not tried again."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(307, headers={"location": "http://a.example/v2"}))
    hooks: dict[str, list[Any]] = {"request": [withhold]}
    with httpx2.Client(transport=transport, follow_redirects=True, event_hooks=hooks) as http:
        waits: list[float] = []
        client = OpenAIClient(api_key="k", base_url="https://a.example", http_client=http, sleep=waits.append)
        with pytest.raises(openai.APIConnectionError, match="plain http"):
            client.chat.completions.create(model="m", messages=[])
    assert waits == []
