"""What goes along to another origin."""

from __future__ import annotations

import httpx2
import pytest

from llm.providers.http.redirects import withhold

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
        ("https://a.example/v1", "http://a.example/v1", False),
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
