"""Fixtures for what talks to model providers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.loopback import Loopback, serve
from tests.providers.callers import AsyncCaller, Caller

ENVIRONMENT = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_CUSTOM_HEADERS",
    "LLM_OPENAI_SHOW_RESPONSES",
    "LLM_TIMEOUT",
    "LLM_MAX_RETRIES",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own keys and proxies have no part in these tests."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A scripted server standing for a provider; see `tests/loopback.py`."""
    with serve() as server:
        yield server


@pytest.fixture(params=[Caller, AsyncCaller], ids=["blocking", "async"])
def caller(request: pytest.FixtureRequest, loopback: Loopback) -> Caller:
    """The blocking and the async client against `loopback`."""
    made: Caller = request.param(loopback.base_url)
    return made
