"""A run that several consumers share: the first to ask for more drives it, each sees everything from the start.

A response and a chain are both such runs: one coroutine that stops at `pause()` whenever it has added an item. Leaving
a loop over one does not end it: whoever comes next carries on where it stopped, so nothing is asked of a model (or paid
for) twice. A run that failed stays failed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator, Sequence
from types import coroutine
from typing import Any, TypeVar

from llm.core.errors import InternalError, ModelError
from llm.engine.host import Host
from llm.engine.pausing import PAUSED
from llm.engine.waiting import waits_for_itself

T = TypeVar("T")


class WouldSuspend(InternalError):
    """A coroutine of the engine waited for something although it runs without an event loop."""


class Closing(BaseException):
    """Thrown into a run that nobody will carry on with, so that it closes what it has opened."""


class Replay:
    """A coroutine that adds items to lists, driven on demand.

    `begin` returns the coroutine; it is called when the first item is asked for.
    """

    __slots__ = ("_awaited", "_begin", "_ended", "_enter", "_error", "_leave", "_signal", "_step", "_turnstile")

    def __init__(self, host: Host, begin: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._begin = begin
        self._step: Coroutine[Any, Any, None] | None = None
        self._ended = False
        self._error: BaseException | None = None
        self._signal: object = PAUSED  # what the run waits for, between two methods
        self._awaited: object = None  # what the event loop waits for on behalf of the run
        self._turnstile = host.turnstile()
        self._enter, self._leave = self._turnstile.enter, self._turnstile.leave  # called for every chunk

    def read(self, items: Sequence[T]) -> Iterator[T]:
        """Yield what is in `items` from the start, and what the run adds; for ordinary code."""
        position = 0
        while position < len(items) or self.more(items, position):
            yield items[position]
            position += 1

    async def aread(self, items: Sequence[T], *, closing: bool = False) -> AsyncGenerator[T, None]:
        """Yield what is in `items` from the start, and what the run adds; for code of the engine.

        With `closing`, a reader that leaves early ends the run, unless somebody else is carrying on with it.
        """
        position = 0
        try:
            while position < len(items) or self._more_at_once(items, position) or await self.amore(items, position):
                yield items[position]
                position += 1
        finally:
            if closing:
                await self.close()

    async def to_end(self, items: Sequence[object]) -> None:
        """Run to the end."""
        while self._more_at_once(items, len(items)) or await self.amore(items, len(items)):
            pass

    def more(self, items: Sequence[object], seen: int) -> bool:
        """Run until `items` holds more than `seen` items; False when the run ended before.

        Raises what the run raised, now or earlier.
        """
        self._enter()
        try:
            while len(items) <= seen:
                if self._step is None and not self._started():
                    return False
                if self._step.send(None) is not PAUSED:  # type: ignore[union-attr]  # _started() has set it
                    raise WouldSuspend(repr(self._step))  # noqa: TRY301 - it is how the run ended
        except BaseException as error:  # noqa: BLE001 - raised again, unless it says that the run is complete
            return self._over(error, len(items) > seen)
        finally:
            self._leave()
        return True

    def _more_at_once(self, items: Sequence[object], seen: int) -> bool:
        """The same on an event loop where nothing has to be waited for; False if it has, or at the end: `amore` tells.

        No other task comes in between, so this need not pass the turnstile.
        """
        if self._step is None or self._turnstile.busy:
            return False
        try:
            while len(items) <= seen:
                signal = self._step.send(None)
                if signal is not PAUSED:
                    self._enter()
                    self._signal = signal  # amore() goes on from here
                    return False
        except BaseException as error:  # noqa: BLE001 - raised again, unless it says that the run is complete
            return self._over(error, len(items) > seen)
        return True

    @coroutine
    def amore(self, items: Sequence[object], seen: int) -> Generator[Any, Any, bool]:
        """The same on the host's event loop: what the run waits for is handed up to it."""
        signal, self._signal = self._signal, PAUSED
        if signal is PAUSED and not self._enter():
            if self._is_executing():
                raise waits_for_itself()
            yield from self._turnstile.wait(self._awaited).__await__()
        try:
            while signal is not PAUSED or len(items) <= seen:
                if self._step is None and not self._started():
                    return False
                if signal is PAUSED:
                    signal = self._step.send(None)  # type: ignore[union-attr]  # _started() has set it
                if signal is not PAUSED and not (yield from self._until_pause(signal)):
                    return self._over(StopIteration(), len(items) > seen)
                signal = PAUSED
        except BaseException as error:  # noqa: BLE001 - raised again, unless it says that the run is complete
            return self._over(error, len(items) > seen)
        finally:
            self._leave()
        return True

    def check(self) -> None:
        """Raise what the run raised, if it failed."""
        if self._error is not None:
            raise self._error

    @coroutine
    def close(self) -> Generator[Any, Any, None]:
        """End a run that nobody is carrying on with: what it has opened is closed."""
        if not self._enter():  # somebody is
            return
        try:
            if self._ended:
                return
            self._ended, self._error = True, ModelError("The run was closed before it was complete")
            if self._step is not None:
                yield from self._until_pause(self._step.throw(Closing()))
        except (Closing, StopIteration):
            pass
        finally:
            self._step = None
            self._leave()

    def _until_pause(self, signal: object) -> Generator[Any, Any, bool]:
        """Let the event loop wait for what the run waits for, until it pauses; False when it has ended instead."""
        step = self._step
        assert step is not None  # noqa: S101 - it is what gave the signal
        try:
            while signal is not PAUSED:
                self._awaited = signal
                self._turnstile.inside_waits(signal)
                try:
                    answer = yield signal
                except BaseException as error:  # noqa: BLE001 - the run's to handle, also when this task is cancelled
                    signal = step.throw(error)
                else:
                    signal = step.send(answer)
        except StopIteration:
            return False
        finally:
            self._awaited = None
        return True

    def _started(self) -> bool:
        self.check()
        if not self._ended:
            self._step = self._begin()
        return not self._ended

    def _over(self, error: BaseException, found: bool) -> bool:
        """Remember how the run ended. A coroutine that is complete says so by StopIteration."""
        if isinstance(error, StopIteration):
            self._step, self._ended = None, True
            return found
        if isinstance(error, ValueError) and self._is_executing():
            raise waits_for_itself() from error
        if error is not self._error:
            self._step, self._ended = None, True
            # What ended this reader (Ctrl-C, a cancelled task) is not what later readers did.
            interrupted = ModelError("The run was interrupted before it was complete")
            self._error = error if isinstance(error, Exception) else interrupted
        raise error

    def _is_executing(self) -> bool:
        """Tell whether the caller is called by the run itself."""
        return getattr(self._step, "cr_running", False)
