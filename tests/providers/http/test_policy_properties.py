from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm.core.errors import SettingsError
from llm.providers.http.policy import Policy, retry_after

PIECES = ["Wed", "Mon,", "21", "Oct", "2015", "99999", "07:28:00", "25:61", "GMT", "+9999", "-0000", "()", "\x00"]
values = st.one_of(
    st.text(max_size=20),
    st.floats().map(str),
    st.integers().map(str),
    st.lists(st.sampled_from(PIECES), max_size=7).map(" ".join),
    st.sampled_from(["9" * 5000, "1_000", "٣", " 5 ", "+5", "0x5", "inf", "-inf", "nan", "1e-400"]),
)


@settings(max_examples=200)
@given(values, st.sampled_from(["retry-after", "retry-after-ms"]), st.integers(0, 5))
@example("Sun, 99999 99999 99999 GMT", "retry-after", 0)
def test_any_header_gives_a_wait_within_bounds(value: str, name: str, retry: int) -> None:
    """Whatever a server asks for, the wait is a number of seconds between nothing and the longest that is allowed."""
    policy, headers = Policy(), {name: value}
    asked = retry_after(headers)
    assert asked is None or not math.isnan(asked)
    delay = policy.delay(retry, headers)
    assert 0 < delay <= policy.longest_retry_after
    if asked is not None and asked > policy.longest_retry_after:
        assert not policy.retries_status(503, headers)


@given(values)
def test_any_environment(value: str) -> None:
    """The variables hold numbers of their kind, or an error says which variable and what it holds."""
    if "\x00" in value or "\ud800" <= max(value or " ") <= "\udfff":
        return  # no environment can hold these
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("LLM_TIMEOUT", "LLM_MAX_RETRIES"):
            patch.setenv(variable, value)
            try:
                policy = Policy.from_environment()
            except SettingsError as error:
                assert variable in str(error)  # noqa: PT017
            else:
                assert policy.max_retries >= 0
                assert all(limit is None or 0 < limit < math.inf for limit in policy.phases().values())
            patch.delenv(variable)
