"""How many examples the property tests try: few and always the same ones, or, on demand, a hundred times as many.

Continuous integration must not fail by chance, so everyday runs derive their examples from the tests themselves. What
such a run cannot find is looked for with `HYPOTHESIS_PROFILE=long`, which also draws new examples each time and keeps
those that failed in `.hypothesis`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import HealthCheck, settings

EVERYDAY = "everyday"
LONG = "long"
FACTOR = 100

# Where a test sets its own number of examples, that is its share of the time of an everyday run.
_COUNT = 50


def choose_profile() -> None:
    """Load the profile that `HYPOTHESIS_PROFILE` names. Raises `InvalidArgument` for a name that is none."""
    # Other people's work on the same machine is no fault of a test, hence neither deadlines nor checks of speed.
    patient: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile(EVERYDAY, max_examples=_COUNT, derandomize=True, **patient)
    settings.register_profile(LONG, max_examples=_COUNT, derandomize=False, **patient)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or EVERYDAY)


def lengthen(tests: Iterable[Callable[..., Any]]) -> None:
    """Give each property test its number of examples times `FACTOR`, in a long run."""
    if os.environ.get("HYPOTHESIS_PROFILE") != LONG:
        return
    for test in {id(test): test for test in tests}.values():
        own: settings | None = getattr(test, "_hypothesis_internal_use_settings", None)
        if own is not None:
            longer = settings(own, max_examples=own.max_examples * FACTOR, derandomize=False)
            test._hypothesis_internal_use_settings = longer  # type: ignore[attr-defined]  # no public way
