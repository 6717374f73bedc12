"""Chains of messages as linked lists."""

from __future__ import annotations

import pytest

from llm.core.history import History, extend, messages_of, stored_history
from llm.core.messages import Message, assistant, user

STORED = [user("a"), assistant("b"), user("c")]
HASHES = ["h1", "h2", "h3"]


def nodes(history: History | None) -> list[tuple[Message, str | None, int]]:
    """Return what the nodes hold, newest first."""
    found = []
    while history is not None:
        found.append((history.message, history.stored_hash, history.length))
        history = history.parent
    return found


def test_a_stored_chain() -> None:
    """A chain that was read has the messages and hashes it was made of, walked by nodes or as a list."""
    history = stored_history(STORED, HASHES)
    assert messages_of(history) == STORED
    assert nodes(history) == [(STORED[2], "h3", 3), (STORED[1], "h2", 2), (STORED[0], "h1", 1)]


def test_nodes_are_made_once() -> None:
    """What somebody notes on a node before the last is still there on the next walk."""
    history = stored_history(STORED, HASHES)
    assert history is not None
    assert history.parent is not None
    history.parent.stored_hash = "changed"
    assert [found for _, found, _ in nodes(history)] == ["h3", "changed", "h1"]


def test_going_on_from_a_stored_chain() -> None:
    """New messages follow the stored ones, also those that follow a message in the middle; the list is a new one."""
    history = stored_history(STORED, HASHES)
    assert history is not None
    longer = extend(history, [assistant("d")])
    assert messages_of(longer) == [*STORED, assistant("d")]
    assert messages_of(extend(history.parent, [user("e")])) == [*STORED[:2], user("e")]
    messages_of(history).clear()
    assert messages_of(history) == STORED


def test_no_stored_messages() -> None:
    """A chain without messages is the empty history."""
    assert stored_history([], []) is None


def test_other_attributes() -> None:
    """A node has no further attributes."""
    with pytest.raises(AttributeError):
        _ = stored_history(STORED, HASHES).nonsense  # type: ignore[union-attr]
