"""Releasing the connection of a stream whose consumer stops early."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any


@contextmanager
def closing_stream(stream: Any) -> Iterator[Any]:
    """Close a stream at the end of the block, if it can be closed: a plain list in its place cannot."""
    try:
        yield stream
    finally:
        close = getattr(stream, "close", None)
        if callable(close):
            close()


@asynccontextmanager
async def closing_async_stream(stream: Any) -> AsyncIterator[Any]:
    """Do the same for an asynchronous stream, whose `close` or `aclose` is awaited."""
    try:
        yield stream
    finally:
        close = getattr(stream, "close", None) or getattr(stream, "aclose", None)
        if callable(close):
            closed = close()
            if hasattr(type(closed), "__await__"):
                await closed
