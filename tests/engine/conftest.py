"""Fixtures for the tests of the engine: each scenario runs through both faces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.faces import AsyncFace, BlockingFace, Face


@pytest.fixture(params=[BlockingFace, AsyncFace], ids=["blocking", "async"])
def face(request: pytest.FixtureRequest) -> Iterator[Face]:
    """The engine in ordinary code and on an event loop."""
    made: Face = request.param()
    yield made
    made.close()


@pytest.fixture
def blocking() -> BlockingFace:
    """Ordinary code only, for what has no async twin."""
    return BlockingFace()


@pytest.fixture
def on_loop() -> Iterator[AsyncFace]:
    """Async code only."""
    made = AsyncFace()
    yield made
    made.close()
