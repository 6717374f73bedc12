"""Fixtures for the models: one test body, run over both clients and both faces."""

from __future__ import annotations

import pytest

from tests.loopback import Loopback
from tests.providers.openai.wire import Wire

KINDS = [("thin", False), ("thin", True), ("sdk", False), ("sdk", True)]


@pytest.fixture(params=KINDS, ids=lambda kind: f"{kind[0]}-{'async' if kind[1] else 'blocking'}")
def wire(request: pytest.FixtureRequest, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Models that talk to the loopback server, through each client and each face in turn."""
    client, is_async = request.param
    made = Wire(loopback, is_async=is_async)
    made.use(client, monkeypatch)
    return made
