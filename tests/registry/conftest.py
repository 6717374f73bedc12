"""Fixtures for the tests of the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.registry.stand_ins import only_these_plugins


@pytest.fixture
def register_plugins() -> Iterator[Callable[..., None]]:
    """A registry without plugins, and the function that puts some in."""
    with only_these_plugins() as register:
        yield register
