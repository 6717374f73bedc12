"""Running a request in a thread of its own, its chunks handed to the consumer, blocking or async.

llama.cpp swallows a KeyboardInterrupt that arrives while it calls back, so the main thread must not be inside it. The
thread is told to stop when the consumer goes away, and stops at the next token (or batch of the prompt).
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable, Generator
from queue import Empty, SimpleQueue
from typing import Any

from llm.providers.local.runtime import Chunk

Work = Callable[[Callable[[Chunk], object], Callable[[], bool]], None]  #: called with `take` and `is_over`

_PAUSE = 0.2  #: seconds; on Windows Ctrl-C does not end a wait without a limit


class _End:
    """The work is done, or has failed."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


_Item = Chunk | _End


def chunks(work: Work) -> Generator[Chunk, None, None]:
    """Yield what `work` takes; what it raises is raised here. Closing the generator stops the work."""
    items: SimpleQueue[_Item] = SimpleQueue()
    stopped = _start(work, items.put)
    try:
        while True:
            try:
                item = items.get(timeout=_PAUSE)
            except Empty:
                continue
            if isinstance(item, _End):
                break
            yield item
    finally:
        stopped.set()
    if item.error is not None:
        raise item.error


async def achunks(work: Work) -> AsyncGenerator[Chunk, None]:
    """Yield what `work` takes, like `chunks`, without blocking the event loop."""
    import asyncio

    loop = asyncio.get_running_loop()
    items: asyncio.Queue[_Item] = asyncio.Queue()
    stopped = _start(work, lambda item: loop.call_soon_threadsafe(items.put_nowait, item))
    try:
        while not isinstance(item := await items.get(), _End):
            yield item
    finally:
        stopped.set()
    if item.error is not None:
        raise item.error


def _start(work: Work, deliver: Callable[[_Item], Any]) -> threading.Event:
    stopped = threading.Event()

    def is_over() -> bool:
        return stopped.is_set() or not threading.main_thread().is_alive()

    def hand_over(item: _Item) -> None:
        try:
            deliver(item)
        except RuntimeError:  # the event loop is closed although the generator was not
            stopped.set()

    def run() -> None:
        try:
            work(hand_over, is_over)
        except BaseException as error:  # noqa: BLE001 - it is the consumer's
            hand_over(_End(error))
        else:
            hand_over(_End())

    # No daemon, even if a daemon asks: one inside llama.cpp when the interpreter goes away would crash the process.
    threading.Thread(target=run, name="llm-local", daemon=False).start()
    return stopped
