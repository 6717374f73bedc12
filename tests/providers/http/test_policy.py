"""Time limits and retries: where they come from and what they decide."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from llm.core.errors import SettingsError
from llm.providers.http.policy import Policy, retry_after


def test_the_defaults_are_those_of_the_sdk() -> None:
    """Five seconds to connect, ten minutes for the rest, two retries, no limit in total."""
    policy = Policy()
    assert policy.phases() == {"connect": 5.0, "read": 600.0, "write": 600.0, "pool": 600.0}
    assert (policy.max_retries, policy.total) == (2, None)
    assert Policy.from_environment() == policy


def test_the_environment_sets_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """LLM_TIMEOUT is in seconds and does not lengthen the wait for a connection; LLM_MAX_RETRIES counts."""
    monkeypatch.setenv("LLM_TIMEOUT", "1800")
    monkeypatch.setenv("LLM_MAX_RETRIES", "0")
    policy = Policy.from_environment()
    assert policy.phases() == {"connect": 5.0, "read": 1800.0, "write": 1800.0, "pool": 1800.0}
    assert policy.max_retries == 0
    monkeypatch.setenv("LLM_TIMEOUT", "2.5")
    assert set(Policy.from_environment().phases().values()) == {2.5}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(("LLM_TIMEOUT", value) for value in ("soon", "0", "-1", "nan", "inf")),
        *(("LLM_MAX_RETRIES", value) for value in ("many", "-1", "1.5")),
    ],
)
def test_a_bad_value_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """The error names the variable and the value."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"{variable} must be .* not {value!r}"):
        Policy.from_environment()


def test_a_call_can_set_its_limits() -> None:
    """A number counts for each phase, None lifts all limits, an httpx2.Timeout is taken phase by phase."""
    import httpx2

    policy = Policy(total=9.0)
    assert policy.with_timeout(3).phases() == dict.fromkeys(("connect", "read", "write", "pool"), 3)
    assert set(policy.with_timeout(None).phases().values()) == {None}
    assert policy.with_timeout(httpx2.Timeout(7, connect=1)).phases()["connect"] == 1
    assert policy.with_timeout(3).total == 9.0


def test_what_is_left_of_the_total_bounds_each_phase() -> None:
    """No single wait is longer than the time that is left for the call."""
    assert Policy(read=None).phases(left=2.0) == {"connect": 2.0, "read": 2.0, "write": 2.0, "pool": 2.0}


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        *((status, {}, True) for status in (408, 409, 429, 500, 503, 599)),
        *((status, {}, False) for status in (304, 400, 401, 403, 404, 422)),
        (400, {"x-should-retry": "true"}, True),
        (503, {"x-should-retry": "false"}, False),
        (503, {"x-should-retry": "maybe"}, True),
        (429, {"retry-after": "120"}, True),
        (429, {"retry-after": "120.5"}, False),
        (429, {"retry-after": "121", "x-should-retry": "true"}, False),
        (429, {"retry-after": "1e999"}, False),
        (429, {"retry-after-ms": "120001"}, False),
    ],
)
def test_which_statuses_are_retried(status: int, headers: dict[str, str], *, expected: bool) -> None:
    """The status decides, unless x-should-retry does or the server asks for more than two minutes."""
    assert Policy().retries_status(status, headers) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "7", "retry-after-ms": "soon"}, 7.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Fri, 99 Foo 2020 99:99:99 GMT"}, None),
    ],
)
def test_how_retry_after_is_read(headers: dict[str, str], expected: float | None) -> None:
    """Milliseconds go before seconds; what is no number and no date says nothing."""
    assert retry_after(headers) == expected


def test_retry_after_may_be_a_date() -> None:
    """An HTTP date means the time until then."""
    seconds = retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)})
    assert seconds is not None
    assert 25 < seconds <= 30


def test_the_back_off_doubles_up_to_a_bound_less_a_random_share() -> None:
    """0.5 s, 1 s, ... at most 8 s, each shortened by up to a quarter."""
    for retry, most in enumerate((0.5, 1.0, 2.0, 4.0, 8.0, 8.0)):
        delays = [Policy().delay(retry) for _ in range(50)]
        assert all(0.75 * most <= delay <= most for delay in delays)
        assert len(set(delays)) > 1
    assert Policy().delay(100_000) <= 8.0


@pytest.mark.parametrize("asked", ["0", "-3", "nan"])
def test_the_back_off_counts_where_the_server_asks_for_nothing_useful(asked: str) -> None:
    """A wait of zero or less is not taken from the server."""
    assert 0.375 <= Policy().delay(0, {"retry-after": asked}) <= 0.5


def test_the_server_decides_how_long_to_wait() -> None:
    """What the server asks for is taken exactly."""
    assert Policy().delay(0, {"retry-after": "17"}) == 17.0
