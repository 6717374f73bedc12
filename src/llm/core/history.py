"""The chain of messages before a turn, as an immutable linked list.

A conversation of 2,000 turns must not copy 2,000 messages to add one. Each node points at its parent, so a longer
history shares all of a shorter one, and a node remembers the content hash under which the log store knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llm.core.messages import Message


class History:
    """One message and everything before it. The empty history is `None`."""

    __slots__ = ("length", "message", "parent", "stored_hash")

    def __init__(self, message: Message, parent: History | None = None, *, stored_hash: str | None = None) -> None:
        self.message: Message = message
        self.parent: History | None = parent
        self.length: int = parent.length + 1 if parent else 1
        self.stored_hash: str | None = stored_hash

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Message]:
        """Yield the messages, oldest first."""
        return iter(messages_of(self))


def messages_of(history: History | None) -> list[Message]:
    """Return a new list of the messages, oldest first."""
    found: list[Message] = []
    while history is not None:
        found.append(history.message)
        history = history.parent
    found.reverse()
    return found


def extend(history: History | None, messages: Iterable[Message]) -> History | None:
    """Return the history that continues `history` with `messages`."""
    if history is None and isinstance(messages, History):
        return messages
    for message in messages:
        history = History(message, history)
    return history
