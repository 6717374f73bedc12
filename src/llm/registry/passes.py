"""What plugins have answered in the course of one command, so that it asks none of them twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class Answers:
    """What plugins have answered about things of one kind."""

    __slots__ = ("by_plugin", "whole")

    def __init__(self) -> None:
        self.by_plugin: dict[str, list[Any]] = {}
        self.whole: Any = None


_current: ContextVar[dict[str, Answers] | None] = ContextVar("_current", default=None)


@contextmanager
def one_pass() -> Iterator[None]:
    """Within this the look-ups of `registry.finding` share their answers: for the time of one built-in command."""
    token = _current.set({})
    try:
        yield
    finally:
        _current.reset(token)


def answers_so_far(kind: str) -> Answers:
    """Return what has been answered about a kind, to be added to; outside of a pass that is nothing."""
    current = _current.get()
    return Answers() if current is None else current.setdefault(kind, Answers())
