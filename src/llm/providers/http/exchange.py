"""One call to a model API: requests until one is answered, decided once for blocking and async clients.

`Exchange.open()` is a generator that never does input or output itself. It yields steps (send, read, wait) and gets
their results or exceptions back; `perform` and `perform_async` are the two loops that carry the steps out.

This module imports httpx2, which takes some 150 ms: import it when a request is due.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2

from llm.providers.http import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from llm.providers.http.policy import Policy

    Opening = Generator["Send | Read | Wait", Any, httpx2.Response]

# Failures of a request that a second one would only repeat.
HOPELESS = (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.TooManyRedirects)


class Send(NamedTuple):
    """Send a request; the result is its response, with the body still to come."""

    request: httpx2.Request

    def run(self, http: httpx2.Client, _sleep: Any) -> httpx2.Response:
        """Do it."""
        return http.send(self.request, stream=True)

    async def run_async(self, http: httpx2.AsyncClient, _sleep: Any) -> httpx2.Response:
        """Do it in an event loop."""
        return await http.send(self.request, stream=True)


class Read(NamedTuple):
    """Read the body of a response to its end, which releases the connection."""

    response: httpx2.Response

    def run(self, _http: httpx2.Client, _sleep: Any) -> None:
        """Do it."""
        self.response.read()

    async def run_async(self, _http: httpx2.AsyncClient, _sleep: Any) -> None:
        """Do it in an event loop."""
        await self.response.aread()


class Wait(NamedTuple):
    """Wait before the next attempt."""

    seconds: float

    def run(self, _http: httpx2.Client, sleep: Callable[[float], Any]) -> None:
        """Do it."""
        sleep(self.seconds)

    async def run_async(self, _http: httpx2.AsyncClient, sleep: Callable[[float], Awaitable[Any]]) -> None:
        """Do it in an event loop."""
        await sleep(self.seconds)


class Exchange:
    """A request and what is left of the patience for it.

    `whole` says that a reply counts only once its body has been read, so that a broken connection before that is
    retried; otherwise the body is left to be read as it arrives. `clock` is for tests.
    """

    def __init__(
        self, request: httpx2.Request, policy: Policy, *, whole: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.request = request
        self._policy = policy
        self._whole = whole
        self._clock = clock
        self._retries = 0
        self._deadline = None if policy.total is None else clock() + policy.total

    def open(self) -> Opening:
        """The steps to a successful response. Raises the errors of `llm.providers.http.errors`."""
        while True:
            try:
                self.request.extensions["timeout"] = self._policy.phases(left=self._left())
                response: httpx2.Response = yield Send(self.request)
                if self._whole or not response.is_success:
                    yield Read(response)
            except httpx2.RequestError as error:
                yield self._after_failure(error)
            else:
                if response.is_success:
                    return response
                yield self._after_status(response)

    def reopen(self, error: httpx2.RequestError) -> Opening:
        """The steps to another response, after this failure in the body of the last one."""
        yield self._after_failure(error)
        return (yield from self.open())

    def check_time(self) -> None:
        """Raise the time-out error if the time for the whole call is over."""
        self._left()

    def _left(self) -> float | None:
        if self._deadline is None:
            return None
        left = self._deadline - self._clock()
        if left <= 0:
            text = f"Request timed out. {errors.origin(self.request)} took more than {self._policy.total:g} s"
            raise errors.timeout(self.request, text)
        return left

    def _after_failure(self, error: httpx2.RequestError) -> Wait:
        wait = None if isinstance(error, HOPELESS) else self._next_wait(None)
        if wait is None:
            raise errors.transport(error, self.request) from error
        self._announce(errors.transport_text(error, self.request), wait)
        return wait

    def _after_status(self, response: httpx2.Response) -> Wait:
        again = self._policy.retries_status(response.status_code, response.headers)
        wait = self._next_wait(response.headers) if again else None
        if wait is None:
            raise errors.status(response)
        self._announce(f"{errors.origin(self.request)} answered with status {response.status_code}", wait)
        return wait

    def _next_wait(self, headers: httpx2.Headers | None) -> Wait | None:
        if self._retries >= self._policy.max_retries:
            return None
        seconds = self._policy.delay(self._retries, headers)
        self._retries += 1
        left = self._left()
        return None if left is not None and seconds >= left else Wait(seconds)

    def _announce(self, reason: str, wait: Wait) -> None:
        """Tell somebody who sits at a terminal why nothing happens."""
        if sys.stderr is not None and sys.stderr.isatty():
            attempt = f"trying again in {wait.seconds:.1f} s ({self._retries} of {self._policy.max_retries})"
            sys.stderr.write(f"{reason.rstrip('.')}; {attempt}\n")
            sys.stderr.flush()


def perform(opening: Opening, http: httpx2.Client, sleep: Callable[[float], Any]) -> httpx2.Response:
    """Carry out the steps of an exchange and return its response."""
    try:
        step = next(opening)
        while True:
            try:
                result = step.run(http, sleep)
            except Exception as error:  # noqa: BLE001 (the exchange decides about it)
                step = opening.throw(error)
            else:
                step = opening.send(result)
    except StopIteration as end:
        response: httpx2.Response = end.value
        return response


async def perform_async(
    opening: Opening, http: httpx2.AsyncClient, sleep: Callable[[float], Awaitable[Any]]
) -> httpx2.Response:
    """Carry out the steps of an exchange in an event loop and return its response."""
    try:
        step = next(opening)
        while True:
            try:
                result = await step.run_async(http, sleep)
            except Exception as error:  # noqa: BLE001 (the exchange decides about it)
                step = opening.throw(error)
            else:
                step = opening.send(result)
    except StopIteration as end:
        response: httpx2.Response = end.value
        return response
