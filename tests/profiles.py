"""How many examples the property tests try: few and always the same ones, or, on demand, a hundred times as many.

Continuous integration must not fail by chance, so everyday runs derive their examples from the tests themselves. What
such a run cannot find is looked for with `HYPOTHESIS_PROFILE=long`, which runs the property tests alone, draws new
examples each time and keeps those that failed in `.hypothesis`. `HYPOTHESIS_FACTOR` is how many times as many, if a
hundred is too much.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

EVERYDAY = "everyday"
LONG = "long"

# Where a test sets its own number of examples, that is its share of the time of an everyday run.
_COUNT = 50


def choose_profile() -> None:
    """Load the profile that `HYPOTHESIS_PROFILE` names. Raises `InvalidArgument` for a name that is none."""
    # Other people's work on the same machine is no fault of a test, hence neither deadlines nor checks of speed.
    patient: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile(EVERYDAY, max_examples=_COUNT, derandomize=True, **patient)
    settings.register_profile(LONG, max_examples=_COUNT, derandomize=False, **patient)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or EVERYDAY)


def lengthen(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests to run: all of them, or in a long run the property tests, with more examples each."""
    if os.environ.get("HYPOTHESIS_PROFILE") != LONG:
        return items
    factor = int(os.environ.get("HYPOTHESIS_FACTOR") or 100)
    found = [item for item in items if isinstance(item, pytest.Function) and _settings_of(item) is not None]
    for test in {id(item.obj): item for item in found}.values():
        own = _settings_of(test)
        assert own is not None
        longer = settings(own, max_examples=own.max_examples * factor, derandomize=False)
        test.obj._hypothesis_internal_use_settings = longer  # there is no public way
    return list(found)


def _settings_of(item: pytest.Function) -> settings | None:
    found: settings | None = getattr(item.obj, "_hypothesis_internal_use_settings", None)
    return found
