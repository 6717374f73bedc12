"""The chain of messages before a turn, as an immutable linked list.

A conversation of 2,000 turns must not copy 2,000 messages to add one. Each node points at its parent, so a longer
history shares all of a shorter one, and a node remembers the content hash under which the log store knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

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


class _StoredHistory(History):
    """A message of a chain that was read at once. The nodes before it are made when somebody walks there."""

    __slots__ = ("_hashes", "_messages")

    def __init__(self, messages: Sequence[Message], hashes: Sequence[str], length: int) -> None:
        self._messages = messages
        self._hashes = hashes
        self.message = messages[length - 1]
        self.stored_hash = hashes[length - 1]
        self.length = length

    def __getattr__(self, name: str) -> History | None:
        """Return the parent: it is asked for here as long as the attribute has no value."""
        if name != "parent":
            raise AttributeError(name)
        self.parent = _StoredHistory(self._messages, self._hashes, self.length - 1) if self.length > 1 else None
        return self.parent

    def so_far(self) -> Sequence[Message]:
        """Return the messages up to this one."""
        return self._messages[: self.length]


def stored_history(messages: Sequence[Message], hashes: Sequence[str]) -> History | None:
    """Return a chain that the log store has read: its messages, oldest first, and their hashes."""
    return _StoredHistory(messages, hashes, len(messages)) if messages else None


def messages_of(history: History | None) -> list[Message]:
    """Return a new list of the messages, oldest first."""
    found: list[Message] = []
    while history is not None and not isinstance(history, _StoredHistory):
        found.append(history.message)
        history = history.parent
    found.reverse()
    return found if history is None else [*history.so_far(), *found]


def extend(history: History | None, messages: Iterable[Message]) -> History | None:
    """Return the history that continues `history` with `messages`."""
    if history is None and isinstance(messages, History):
        return messages
    for message in messages:
        history = History(message, history)
    return history
