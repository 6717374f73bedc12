"""A run that several consumers share: the first to ask for more drives it, each sees everything from the start.

A response and a chain are both such runs. Leaving a loop over one does not end it: whoever comes next carries on with
the same generator, so nothing is asked of a model (or paid for) twice. A run that failed stays failed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

from llm.core.errors import ModelError
from llm.engine.host import Host


class Replay:
    """A generator that appends to `items`, driven on demand.

    `begin` is awaited when the first item is asked for, and returns the generator; `settle` after its end. The
    generator yields False after each step and True at its end: one that just stops was closed from outside, such as
    by an event loop that ended, and is not complete.
    """

    __slots__ = ("_begin", "_ended", "_enter", "_error", "_leave", "_settle", "_source", "_turnstile", "items")

    def __init__(
        self,
        host: Host,
        items: Sequence[Any],
        begin: Callable[[], Awaitable[AsyncGenerator[bool, None]]],
        settle: Callable[[], Awaitable[None]],
    ) -> None:
        self.items = items
        self._begin = begin
        self._settle = settle
        self._source: AsyncGenerator[bool, None] | None = None
        self._ended = False
        self._turnstile = host.turnstile()
        self._enter, self._leave = self._turnstile.enter, self._turnstile.leave  # called for every chunk
        self._error: BaseException | None = None

    async def advance(self, seen: int) -> bool:
        """Make sure that `items` holds more than `seen` items; False when the run ended before.

        Raises what the run raised, now or earlier.
        """
        if not self._enter():
            await self._turnstile.wait()
        try:
            if len(self.items) > seen:  # somebody else has driven it meanwhile
                return True
            if self._source is None and not await self._started():
                return False
            if not await self._source.__anext__():  # type: ignore[union-attr]  # _started() has set it
                return True
        except StopAsyncIteration:
            self._end(ModelError("The run was closed before it was complete"))
            self.check()
        except BaseException as error:
            self._end(error)
            raise
        else:
            await self._complete()
        finally:
            self._leave()
        return False

    def check(self) -> None:
        """Raise what the run raised, if it failed."""
        if self._error is not None:
            raise self._error

    async def _started(self) -> bool:
        self.check()
        if not self._ended:
            self._source = await self._begin()
        return not self._ended

    async def _complete(self) -> None:
        source = self._source
        self._end()
        if source is not None:
            await source.aclose()
        await self._settle()

    def _end(self, error: BaseException | None = None) -> None:
        self._source, self._ended = None, True
        if error is not None and self._error is None:
            # What ended this reader (Ctrl-C, a cancelled task) is not what later readers did.
            ended = ModelError("The run was interrupted before it was complete")
            self._error = error if isinstance(error, Exception) else ended

    async def close(self) -> None:
        """End a run that nobody is carrying on with: its generators are closed."""
        if not self._enter():  # somebody is
            return
        try:
            source = self._source
            if not self._ended:
                self._end(ModelError("The run was closed before it was complete"))
            if source is not None:
                await source.aclose()
        finally:
            self._leave()
