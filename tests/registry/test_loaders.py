from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from llm.registry.loaders import get_fragment_loaders, get_template_loaders
from tests.registry.stand_ins import plugin


def one(argument: str) -> Any: ...


def two(argument: str) -> Any: ...


@pytest.mark.parametrize(
    ("hook", "get"),
    [("register_template_loaders", get_template_loaders), ("register_fragment_loaders", get_fragment_loaders)],
)
def test_prefixes(register_plugins: Callable[..., None], hook: str, get: Callable[[], dict[str, Any]]) -> None:
    """Loaders come in the order of their registration; a prefix that is taken gets a number."""

    def first(register: Any) -> None:
        register("docs", one)
        register("docs", two)
        register("pkg", one)

    def second(register: Any) -> None:
        register("docs", two)
        register("docs_1", one)

    register_plugins(plugin("second", **{hook: second}), plugin("first", **{hook: first}))
    expected = [("docs", one), ("docs_1", two), ("pkg", one), ("docs_2", two), ("docs_1_1", one)]
    assert list(get().items()) == expected


def test_none() -> None:
    """No plugin, no loaders; asking loads the plugins and is no error."""
    assert isinstance(get_template_loaders(), dict)
    assert isinstance(get_fragment_loaders(), dict)
