from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from llm.core.usage import Usage, remove_dict_none_values, simplify_usage_dict, token_usage_string
from tests.core.strategies import objects


def test_usage_fields() -> None:
    """Usage is input, output and details, none of them known by default."""
    assert Usage(1, 2, {"a": 3}) == Usage(input=1, output=2, details={"a": 3})
    assert Usage() == Usage(None, None, None)
    assert repr(Usage(1)) == "Usage(input=1, output=None, details=None)"
    assert Usage.__module__ == "llm.models"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((1000, 5, {"a": 1}), '1,000 input, 5 output, {"a": 1}'),
        ((None, 5, None), "5 output"),
        ((0, 0, {}), "0 input, 0 output"),
        ((1234567, None, {"é": [1]}), '1,234,567 input, {"\\u00e9": [1]}'),
        ((None, None, None), ""),
    ],
)
def test_token_usage_string(arguments: tuple[Any, Any, Any], expected: str) -> None:
    """Counts have thousands separators, what is not known is left out, zero is known."""
    assert token_usage_string(*arguments) == expected


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (None, {}),
        ({}, {}),
        ({"a": 0, "b": None, "c": False, "d": 0.0, "e": {}}, {}),
        ({"a": {"b": {"c": 0}}}, {}),
        ({"a": 1, "b": {"c": 2, "d": 0}, "e": True, "f": -1}, {"a": 1, "b": {"c": 2}, "e": True, "f": -1}),
        ({"a": [], "b": "", "c": [{"d": 0}]}, {"a": [], "b": "", "c": [{"d": 0}]}),
    ],
)
def test_simplify_usage_dict(given_: Any, expected: dict[str, Any]) -> None:
    """Zeros, None and dictionaries that end up empty go, at every level; lists and strings stay."""
    assert simplify_usage_dict(given_) == expected


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (None, None),
        ([None, {"a": None}], [None, {"a": None}]),
        ({"a": None, "b": 0, "c": "", "d": []}, {"b": 0, "c": "", "d": []}),
        ({"a": {"b": {"c": None}}, "d": {}}, {}),
        ({"a": [{"b": None}, None, {"c": {"d": None}}, [{"e": None}]]}, {"a": [{}, None, {}, [{"e": None}]]}),
    ],
)
def test_remove_dict_none_values(given_: Any, expected: Any) -> None:
    """None values and dictionaries that end up empty go; dictionaries in lists are cleaned but stay."""
    assert remove_dict_none_values(given_) == expected


@given(objects)
@settings(derandomize=True, max_examples=50)
def test_clean_up_is_done_in_one_pass(found: dict[str, Any]) -> None:
    """Cleaning what is clean changes nothing."""
    for clean in (simplify_usage_dict, remove_dict_none_values):
        assert clean(clean(found)) == clean(found)


def test_the_original_is_left_alone() -> None:
    """Both clean-ups make copies."""
    found = {"a": {"b": None}, "c": [{"d": None}]}
    simplify_usage_dict(found)
    remove_dict_none_values(found)
    assert found == {"a": {"b": None}, "c": [{"d": None}]}
