"""Fixtures for the tests of the vocabulary."""

from __future__ import annotations

import httpx2
import pytest

from tests.core.network import Network


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    found = Network()
    monkeypatch.setattr(
        httpx2.HTTPTransport, "handle_request", lambda transport, request: found.handle(transport, request)
    )
    return found
