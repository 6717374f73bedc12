"""How long to wait for a model API, and when to ask it again.

Every limit is here and nowhere else. They come from, the later winning: the defaults below, the environment
(`LLM_TIMEOUT` in seconds, `LLM_MAX_RETRIES`), the model or client, the call. Defaults and rules are those of the
OpenAI SDK, on which people's expectations rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llm.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_VARIABLE = "LLM_TIMEOUT"
RETRIES_VARIABLE = "LLM_MAX_RETRIES"

RETRIED_STATUSES = frozenset({408, 409, 429})
FIRST_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Policy:
    """Time limits and retries of a call. Times are in seconds; None means no limit.

    `read` counts between two pieces of a reply. `total` is for the whole call, with its retries and a streamed reply up
    to the end; it is looked at before each request and between the pieces of a stream, and no single wait is longer.
    """

    connect: float | None = 5.0
    read: float | None = 600.0
    write: float | None = 600.0
    pool: float | None = 600.0
    total: float | None = None
    max_retries: int = 2
    first_delay: float = 0.5
    longest_delay: float = 8.0
    jitter: float = 0.25
    longest_retry_after: float = 120.0

    @classmethod
    def from_environment(cls) -> Policy:
        """The defaults, changed by the environment: `LLM_TIMEOUT` as in `patience`, and `LLM_MAX_RETRIES`.

        Raises `SettingsError` for a value that is not a number of the right kind.
        """
        policy = cls()
        seconds = _number(TIMEOUT_VARIABLE, float, "a positive number of seconds")
        if seconds is not None:
            policy = replace(policy, **patience(seconds))
        retries = _number(RETRIES_VARIABLE, int, "a whole number, 0 or more")
        return policy if retries is None else replace(policy, max_retries=retries)

    def with_timeout(self, timeout: Any) -> Policy:
        """Change the limits to `timeout`: seconds for each phase, None for no limits, or an httpx2 `Timeout`."""
        if hasattr(timeout, "as_dict"):
            return replace(self, **timeout.as_dict())
        return replace(self, connect=timeout, read=timeout, write=timeout, pool=timeout)

    def phases(self, *, left: float | None = None) -> dict[str, float | None]:
        """The limits of the four phases as httpx2 takes them; none longer than the `left` seconds of the total."""
        limits = {"connect": self.connect, "read": self.read, "write": self.write, "pool": self.pool}
        if left is None:
            return limits
        return {phase: left if limit is None else min(limit, left) for phase, limit in limits.items()}

    def retries_status(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether a reply of this status is worth another request. The names of `headers` are in lower case."""
        asked = retry_after(headers)
        if asked is not None and asked > self.longest_retry_after:
            return False
        verdict = headers.get("x-should-retry")
        if verdict in {"true", "false"}:
            return verdict == "true"
        return status in RETRIED_STATUSES or status >= FIRST_SERVER_ERROR

    def delay(self, retry: int, headers: Mapping[str, str] | None = None) -> float:
        """Seconds to wait before a retry (0 is the first): what the server asks for, or the back-off."""
        asked = retry_after(headers or {})
        if asked is not None and 0 < asked <= self.longest_retry_after:
            return asked
        from random import random

        # The exponent is bounded because 2.0 ** 2000 is an error.
        delay = min(self.first_delay * 2.0 ** min(retry, 64), self.longest_delay)
        return delay * (1 - self.jitter * random())  # noqa: S311 (spreads requests, protects nothing)


def patience(seconds: float) -> dict[str, Any]:
    """The limits of the four phases for somebody who waits so long for an answer.

    The limit for connecting is not lengthened: who waits half an hour for a slow model wants to know at once that its
    server is down.
    """
    return {"connect": min(seconds, Policy().connect or seconds), "read": seconds, "write": seconds, "pool": seconds}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server asks to wait, from `retry-after-ms` or `Retry-After`; None if it does not say.

    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Retry-After has the two forms (fractions are an
    extension of some servers). A number too large for a float counts as very long; NaN and a literal infinity count as
    nothing said.
    """
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        text = headers.get(name)
        if text is None:
            continue
        try:
            seconds = float(text) / unit
        except ValueError:
            continue
        return seconds if _means_a_number(text) else None
    return _until(headers.get("retry-after"))


def _means_a_number(text: str) -> bool:
    return text.strip().lower().lstrip("+-") not in {"nan", "inf", "infinity"}


def _until(date: str | None) -> float | None:
    import time
    from email.utils import mktime_tz, parsedate_tz

    try:
        parts = parsedate_tz(date or "")
        return None if parts is None else mktime_tz(parts) - time.time()
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _number(variable: str, kind: type[Any], wanted: str) -> Any:
    import os

    text = os.environ.get(variable)
    if not text:
        return None
    try:
        number = kind(text)
    except ValueError:
        number = -1
    smallest = 0 if kind is int else 1e-9
    if not smallest <= number < float("inf"):
        raise SettingsError(f"The environment variable {variable} must be {wanted}, not {text!r}")
    return number
