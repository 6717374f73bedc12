"""JSON with an indent, written fast."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.core.indented import indented_json

KEYS = st.text() | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner) | st.tuples(inner, inner),
    max_leaves=30,
)


class Level(str, Enum):
    """A text that is an enum."""

    LOW = "low"


def standard(value: Any) -> str:
    return json.dumps(value, indent=2, default=str)


@given(VALUES)
def test_any_value(value: Any) -> None:
    """The text is that of the standard library, whatever the value is."""
    assert indented_json(value) == standard(value)


@pytest.mark.parametrize("value", [Level.LOW, [Level.LOW], Path("a/b"), {"a": Path("b")}, {1: {"x": []}}, [[], {}, ()]])
def test_strangers(value: Any) -> None:
    """So it is for subclasses, and for what JSON does not know."""
    assert indented_json(value) == standard(value)


@given(VALUES)
def test_inner_value(value: Any) -> None:
    """Behind an indent, all lines but the first begin with it."""
    assert indented_json(value, "    ") == standard(value).replace("\n", "\n    ")
