"""Fetching what users name by a URL of their own: the text of a fragment or template, the type of an attachment.

These requests carry no key, are made once, and end within bounds. Nobody imports this module by its name: the use
cases ask `llm.features.web`, which finds it as plugins are found.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from llm._version import __version__
from llm.core.errors import UserError
from llm.providers.http.connections import client_arguments

USER_AGENT = f"llm/{__version__} (https://llm.datasette.io/)"
LARGEST = 100 * 1024 * 1024
TIMEOUT = 60.0  #: seconds for each phase: connecting, and waiting for the next piece


class FetchError(UserError):
    """A URL could not be fetched. The message names it."""


def fetch_text(url: str, *, max_redirects: int = 3) -> str:
    """Return the text behind a URL, in the encoding that the server names, else UTF-8; bad bytes become U+FFFD.

    Raises `FetchError` for a URL nobody answers, an error status, too many redirects and more than 100 MB.
    """
    with _reporting(url), _client(max_redirects) as client, client.stream("GET", url) as response:
        response.raise_for_status()
        return _body(response, url).decode(_encoding(response), "replace")


def probe_type(url: str, *, max_redirects: int = 3) -> str | None:
    """Return the media type that the server gives for a URL, in lower case and without parameters, None without one.

    Raises `FetchError` as `fetch_text` does.
    """
    with _reporting(url), _client(max_redirects) as client:
        response = client.head(url)
        response.raise_for_status()
        return response.headers.get("content-type", "").partition(";")[0].strip().lower() or None


def _client(max_redirects: int) -> httpx2.Client:
    return httpx2.Client(
        **client_arguments(), max_redirects=max_redirects, timeout=TIMEOUT, headers={"User-Agent": USER_AGENT}
    )


@contextmanager
def _reporting(url: str) -> Iterator[None]:
    try:
        yield
    except httpx2.HTTPStatusError as error:
        response = error.response
        raise FetchError(
            f"Could not fetch {url}: status {response.status_code} {response.reason_phrase}".rstrip()
        ) from error
    # ValueError: what a URL with a bad port or host name, or a bad proxy setting, may become.
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise FetchError(f"Could not fetch {url}: {str(error) or type(error).__name__}") from error


def _body(response: httpx2.Response, url: str) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LARGEST:
            raise FetchError(f"Could not fetch {url}: it is larger than {LARGEST >> 20} MB")
    return bytes(body)


def _encoding(response: httpx2.Response) -> str:
    named = response.charset_encoding or "utf-8"
    try:
        return codecs.lookup(named).name
    except LookupError:
        return "utf-8"
