"""The complete list of differences between blocking and async code.

The engine awaits nothing but a host. `BlockingHost` never suspends; `LoopHost` runs on the caller's event loop. This
is the only module that knows asyncio, and it imports it when an async response runs, because that costs more than the
start of most commands.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from types import AsyncGeneratorType, coroutine
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias, TypeVar

from llm.core.errors import ModelError
from llm.engine.pausing import PAUSED
from llm.engine.waiting import leads_to, waits_for_itself

if TYPE_CHECKING:
    import asyncio

    from typing_extensions import TypeIs

    from llm.core.events import StreamEvent
    from llm.core.toolbox import Toolbox
    from llm.engine.prompt import Prompt

T = TypeVar("T")
Recorder: TypeAlias = "Callable[[str | StreamEvent], None]"


class Host(Protocol):
    """What the engine may ask of the world it runs in."""

    def turnstile(self) -> Turnstile:
        """Return a lock for consumers that share a run."""

    def recording(
        self, record: Recorder, execute: Callable[..., Any], prompt: Prompt, keywords: Mapping[str, object]
    ) -> Awaitable[None]:
        """Call a model's `execute`, record each thing that it yields, and pause after it."""

    async def call_tool(self, implementation: Callable[..., Any], arguments: Mapping[str, Any]) -> object:
        """Call a tool; the result of a coroutine function is awaited."""

    async def notify(self, callback: Any, *arguments: object) -> None:
        """Call a hook or callback."""

    async def together(self, jobs: Sequence[Job[T]]) -> list[T]:
        """Run jobs and return their results in order; a result that `ends_batch` keeps later jobs from starting."""

    async def prepare(self, toolbox: Toolbox) -> None:
        """Let a toolbox set itself up, once in its life."""


class Turnstile(Protocol):
    """A lock that costs next to nothing while nobody else wants in: it is passed for every chunk of a stream."""

    busy: bool  # whether somebody is inside, or may be at any moment because there are threads

    def enter(self) -> bool:
        """Enter if nobody else is inside; tell whether that worked. A thread waits until it does."""

    async def wait(self, awaited: object = None) -> None:
        """Wait until there is room, and enter.

        Raises `ModelError` if the one inside, which waits for `awaited`, thereby waits for the caller.
        """

    def inside_waits(self, awaited: object) -> None:
        """Hear what the one inside is going to wait for: those outside for whom it waits get an error."""

    def leave(self) -> None:
        """Let the next one in."""


class Job(Protocol[T]):
    """One tool call of a batch."""

    @property
    def concurrent(self) -> bool:
        """Whether it may run beside others where there is an event loop."""

    def run(self) -> Coroutine[Any, Any, T]:
        """Return the coroutine that makes the call; what goes wrong is part of its result."""

    def ends_batch(self, result: T) -> bool:
        """Tell whether this result keeps later calls from starting."""


class BlockingHost:
    """Ordinary code: nothing is ever waited for."""

    def turnstile(self) -> Turnstile:
        return _ThreadTurnstile()

    @coroutine
    def recording(
        self, record: Recorder, execute: Callable[..., Any], prompt: Prompt, keywords: Mapping[str, object]
    ) -> Generator[Any, Any, None]:
        produced = execute(prompt, **keywords)
        try:
            for chunk in produced:
                record(chunk)
                yield PAUSED
        finally:
            close = getattr(produced, "close", None)
            if close is not None and hasattr(produced, "send"):
                close()

    async def call_tool(self, implementation: Callable[..., Any], arguments: Mapping[str, Any]) -> object:
        result = implementation(**arguments)
        return run_on_private_loop(result) if is_awaitable(result) else result

    async def notify(self, callback: Callable[..., object], *arguments: object) -> None:
        result = callback(*arguments)
        if is_awaitable(result):
            _discard(result)
            name = getattr(callback, "__name__", repr(callback))
            raise TypeError(
                f"{name} returned an awaitable: in blocking code hooks and callbacks must be plain functions"
            )

    async def together(self, jobs: Sequence[Job[T]]) -> list[T]:
        results: list[T] = []
        for job in jobs:
            results.append(await job.run())
            if job.ends_batch(results[-1]):
                break
        return results

    async def prepare(self, toolbox: Toolbox) -> None:
        with _preparing(toolbox):
            if not toolbox._prepared:
                toolbox.prepare()
                toolbox._prepared = True


class LoopHost:
    """Async code: everything runs on the event loop of the caller."""

    def turnstile(self) -> Turnstile:
        return _LoopTurnstile()

    @coroutine
    def recording(
        self, record: Recorder, execute: Callable[..., Any], prompt: Prompt, keywords: Mapping[str, object]
    ) -> Generator[Any, Any, None]:
        produced: Any = yield from _async_generator(execute, prompt, keywords)
        try:
            while True:
                record((yield from produced.__anext__()))
                yield PAUSED
                if produced.ag_frame is None:
                    _was_closed()
        except StopAsyncIteration:
            return
        except GeneratorExit:
            raise  # nobody holds this run any more, and an event loop finalises generators by itself
        except BaseException:
            yield from produced.aclose()
            raise

    async def call_tool(self, implementation: Callable[..., Any], arguments: Mapping[str, Any]) -> object:
        result = implementation(**arguments)
        return await result if is_awaitable(result) else result

    async def notify(self, callback: Any, *arguments: object) -> None:
        result = callback if is_awaitable(callback) else callback(*arguments)
        if is_awaitable(result):
            await result

    async def together(self, jobs: Sequence[Job[T]]) -> list[T]:
        import asyncio

        results: dict[int, T] = {}
        tasks: dict[int, asyncio.Task[T]] = {}
        try:
            for position, job in enumerate(jobs):
                if job.concurrent:
                    tasks[position] = asyncio.create_task(job.run())
                    continue
                results[position] = await job.run()
                if job.ends_batch(results[position]):
                    break
        finally:
            # Also when this very task is being cancelled: no started call is left behind.
            ended = await asyncio.gather(*tasks.values(), return_exceptions=True)
        for position, outcome in zip(tasks, ended, strict=True):
            if isinstance(outcome, BaseException):
                raise outcome
            results[position] = outcome
        return [results[position] for position in sorted(results)]

    async def prepare(self, toolbox: Toolbox) -> None:
        import asyncio

        while not toolbox._async_prepared:
            preparation = _preparation_of(toolbox)
            elsewhere = preparation.get_loop() is not asyncio.get_running_loop()
            try:
                # Others wait for it too: it outlives the cancelling of one.
                await asyncio.shield(_brought_over(preparation) if elsewhere else preparation)
            except asyncio.CancelledError:
                if not (elsewhere and preparation.cancelled()):  # else it ended with its event loop: now it is our turn
                    raise


BLOCKING = BlockingHost()
LOOP = LoopHost()


async def _async_generator(execute: Callable[..., Any], prompt: Prompt, keywords: Mapping[str, object]) -> Any:
    """Call `execute`; what it returns that is no async generator is wrapped into one."""
    produced = execute(prompt, **keywords)
    if is_awaitable(produced):  # a coroutine that returns an iterable, or an async generator
        produced = await produced
    if isinstance(produced, AsyncGeneratorType):
        return produced
    return _relayed(produced) if hasattr(produced, "__aiter__") else _as_async(produced)


def _was_closed() -> NoReturn:
    """Say that an async generator was closed by somebody else, such as an event loop that ended: it is not complete."""
    raise ModelError("The run was closed before it was complete")


async def _relayed(chunks: Any) -> AsyncGenerator[Any, None]:
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        if hasattr(type(chunks), "aclose"):  # not the object: a mock has every attribute
            await chunks.aclose()


async def _as_async(chunks: Iterable[Any]) -> AsyncGenerator[Any, None]:
    for chunk in chunks:
        yield chunk


def _preparation_of(toolbox: Toolbox) -> asyncio.Future[None]:
    """Return the preparation that is under way, on whichever event loop, or begin it on this one."""
    import asyncio

    with _preparing_lock:
        preparation: asyncio.Future[None] | None = toolbox.__dict__.get("_preparation")
        if preparation is None or preparation.done() or preparation.get_loop().is_closed():
            preparation = toolbox.__dict__["_preparation"] = asyncio.ensure_future(_prepare_async(toolbox))
        return preparation


def _brought_over(future: asyncio.Future[T]) -> asyncio.Future[T]:
    """Return a future of this event loop for what happens to one of another thread's."""
    import asyncio

    async def outcome() -> T:
        return await asyncio.shield(future)

    return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(outcome(), future.get_loop()))


async def _prepare_async(toolbox: Toolbox) -> None:
    try:
        if not toolbox._async_prepared:
            await toolbox.prepare_async()
            toolbox._async_prepared = True
    finally:
        toolbox.__dict__.pop("_preparation", None)


class _ThreadTurnstile:
    """Lets one thread in. Re-entrant: a model that reads its own response gets an error, not a deadlock."""

    __slots__ = ("busy", "enter", "leave")

    def __init__(self) -> None:
        lock = threading.RLock()
        self.busy = True
        self.enter: Callable[[], bool] = lock.acquire
        self.leave: Callable[[], None] = lock.release

    async def wait(self, awaited: object = None) -> None:  # noqa: ARG002 - a thread is no task
        self.enter()

    def inside_waits(self, awaited: object) -> None:
        """Nobody outside is waited for: they are threads."""


class _LoopTurnstile:
    """Lets one task in; the others wait without blocking the event loop."""

    __slots__ = ("_waiting", "busy")

    def __init__(self) -> None:
        self.busy = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    def enter(self) -> bool:
        if self.busy:
            return False
        self.busy = True
        return True

    async def wait(self, awaited: object = None) -> None:
        import asyncio

        if leads_to(awaited, asyncio.current_task()):
            raise waits_for_itself()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was this task's turn: hand it on
                self.leave()
            raise

    def inside_waits(self, awaited: object) -> None:
        for turn in self._waiting:
            if not turn.done() and leads_to(awaited, turn):
                turn.set_exception(waits_for_itself())

    def leave(self) -> None:
        # The next one is inside at once. If it only were told to try, a task in a tight loop would be back before it.
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.busy = False


_preparing_lock = threading.Lock()


def _preparing(toolbox: Toolbox) -> threading.RLock:
    with _preparing_lock:
        lock: threading.RLock = toolbox.__dict__.setdefault("_prepare_lock", threading.RLock())
        return lock


def is_awaitable(value: object) -> TypeIs[Awaitable[Any]]:
    """Tell whether `value` can be awaited (as `inspect.isawaitable`, for which `inspect` is not worth its import)."""
    return hasattr(type(value), "__await__")


async def in_thread(work: Callable[[], T]) -> T:
    """Return what blocking work returns, done in a thread while the event loop goes on."""
    import asyncio

    return await asyncio.to_thread(work)


def run_on_private_loop(awaitable: Awaitable[T]) -> T:
    """Run an awaitable to its end on an event loop of its own.

    Where this thread already runs one, the private loop gets a thread; context variables are those of the caller.
    """
    import asyncio

    async def wait() -> T:
        return await awaitable

    if asyncio._get_running_loop() is None:
        return asyncio.run(wait())
    return _in_thread(lambda: asyncio.run(wait()))


def _in_thread(work: Callable[[], T]) -> T:
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="llm-tool") as pool:
        return pool.submit(copy_context().run, work).result()


def _discard(awaitable: object) -> None:
    close = getattr(awaitable, "close", None)
    if close is not None:
        close()
