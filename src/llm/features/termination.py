"""Termination signals as exceptions: a command that is told to end gets to write down what it has."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import FrameType

_Handler = Callable[[int, FrameType | None], None]
_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextlib.contextmanager
def terminations_raise() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Raise `SystemExit` for SIGTERM and SIGHUP within the block, unless the program has plans of its own for them.

    Gives a function for a `with` statement inside the block: what that encloses is not cut short by them, nor by the
    first Ctrl-C; they take effect after the block.
    """
    state = _State()
    with _handled(_SIGNALS, signal.SIG_DFL, state.on_signal):
        yield state.shielded
    if state.pending is not None:
        raise _exception_of(state.pending)


class _State:
    """What happened to the signals so far."""

    def __init__(self) -> None:
        self.pending: int | None = None
        self._is_shielded = False

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        is_impatient = number == self.pending == signal.SIGINT
        if is_impatient or not self._is_shielded:
            raise _exception_of(number)
        self.pending = number

    @contextlib.contextmanager
    def shielded(self) -> Iterator[None]:
        self._is_shielded = True
        # Only here: elsewhere, event loops have their own way of dealing with Ctrl-C.
        with _handled([signal.SIGINT], signal.default_int_handler, self.on_signal):
            yield
        self._is_shielded = False


@contextlib.contextmanager
def _handled(numbers: list[signal.Signals], usual: object, handler: _Handler) -> Iterator[None]:
    """Install the handler for those of the signals that are handled as usual."""
    if threading.current_thread() is not threading.main_thread():  # Python takes handlers from no other
        yield
        return
    replaced = {number: found for number in numbers if (found := signal.getsignal(number)) is usual}
    for number in replaced:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, found in replaced.items():
            signal.signal(number, found)


def _exception_of(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)
