"""Fetching over HTTP, as use cases see it: two functions of a URL, which each of them takes as an argument.

The HTTP client belongs to the providers, which this ring does not import. It is found by its name, as built-in plugins
are.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

_PROVIDER = "llm.providers.http.fetch"


class FetchText(Protocol):
    """Fetches text. Raises `UserError`, which names the URL."""

    def __call__(self, url: str) -> str:
        """Return the text behind `url`."""
        ...


class ProbeType(Protocol):
    """Asks for a media type. Raises `UserError`, which names the URL."""

    def __call__(self, url: str) -> str | None:
        """Return the media type of what is behind `url`, None if the server does not tell."""
        ...


def fetch_text(url: str) -> str:
    """Return the text behind a URL, after at most three redirects. Raises `UserError`, which names the URL."""
    provider: Any = import_module(_PROVIDER)
    text: str = provider.fetch_text(url)
    return text


def probe_type(url: str) -> str | None:
    """Return the media type of what is behind a URL, if the server tells. Raises `UserError`, which names the URL."""
    provider: Any = import_module(_PROVIDER)
    found: str | None = provider.probe_type(url)
    return found


def is_web_url(value: str) -> bool:
    """Tell whether texts of this name are fetched."""
    return value.startswith(("http://", "https://"))
