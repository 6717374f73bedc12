"""How a run stops where somebody has to ask for more: `engine.replay` drives it, `engine.host` is what runs."""

from __future__ import annotations

from collections.abc import Generator
from types import coroutine

PAUSED = object()  #: what a run yields when it stops; anything else is for the event loop


@coroutine
def pause() -> Generator[object, None, None]:
    """Stop here until somebody asks for more."""
    yield PAUSED
