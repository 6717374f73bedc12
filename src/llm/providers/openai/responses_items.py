"""What is known of the output items of a Responses stream while they arrive in pieces.

The pieces name their item by id and by place in the output. Neither is reliable: some servers leave one out, and some
change the id between the first piece and the last.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from llm.core.events import StreamEvent


@dataclass(slots=True)
class Item:
    """An item of which at least one piece has come."""

    id: Hashable = None
    place: Hashable = None
    done: bool = False


@dataclass(slots=True)
class ReasoningItem(Item):
    """A reasoning item: which of its texts have come, and the first of its events, whose part the others join."""

    texts: set[tuple[str, Any]] = field(default_factory=set)
    summary_index: Any = None
    first: StreamEvent | None = None


@dataclass(slots=True)
class CallItem(Item):
    """A function call: its name, its id for the messages, and the pieces of its arguments that have come."""

    name: str = ""
    call_id: str = ""
    pieces: list[str] = field(default_factory=list)

    @property
    def arguments(self) -> str:
        """The arguments as far as they have come."""
        return "".join(self.pieces)


ItemT = TypeVar("ItemT", bound=Item)


class Items(Generic[ItemT]):
    """The items of one type, in order of arrival."""

    def __init__(self, make: Callable[[], ItemT]) -> None:
        self._make = make
        self.all: list[ItemT] = []

    def find(self, item_id: Hashable, place: Hashable) -> ItemT | None:
        """Return the item that a piece belongs to, None if it belongs to no known one."""
        found = self._match(item_id, place)
        if found is not None:
            found.id = found.id if item_id is None else item_id
            found.place = found.place if place is None else place
        return found

    def get(self, item_id: Hashable, place: Hashable) -> ItemT:
        """Return the item that a piece belongs to, a new one if it is the first of its pieces."""
        found = self.find(item_id, place)
        if found is None:
            found = self._make()
            found.id, found.place = item_id, place
            self.all.append(found)
        return found

    def _match(self, item_id: Hashable, place: Hashable) -> ItemT | None:
        if item_id is not None:
            known = next((item for item in self.all if item.id == item_id), None)
            if known is not None:
                return known
        waiting = [item for item in reversed(self.all) if not item.done]
        if item_id is None and place is None:
            return waiting[0] if waiting else None
        for item in waiting:
            if place is not None and item.place == place:
                return item
            if item.id is None and item.place is None:
                return item
        return None


class Texts:
    """The text that has come, and for which places of the output."""

    def __init__(self) -> None:
        self.places: set[Any] = set()
        self._texts: list[str] = []
        self._in_message = False

    def add(self, text: str, place: Any) -> None:
        """Take note of a piece."""
        self._texts.append(text)
        self.places.add(place)
        self._in_message = True

    def next_message(self) -> None:
        """Pieces without a place belong to another message from here on."""
        self._in_message = False

    def has_come(self, place: Any) -> bool:
        """Whether there was text of the message that ends at this place."""
        if place is None or None in self.places:
            return self._in_message
        return place in self.places

    def are(self, whole: str) -> bool:
        """Whether the pieces are this text."""
        return "".join(self._texts) == whole


def is_among(place: int, places: set[Any]) -> bool:
    """Whether a place is known; where a server leaves places out, nothing counts as missing."""
    return place in places or None in places


class PartPlaces:
    """Keeps adjacent reasoning items apart, which a response would take for one part.

    Events are left without an index as long as the response will place them right; it does so when it gets an event,
    before it asks for the next one.
    """

    def __init__(self) -> None:
        self._last: StreamEvent | None = None
        self._highest = -1
        self._count = 0

    def before(self, event: StreamEvent, item: ReasoningItem | None) -> None:
        """Place an event that is about to be handed out; `item` is the reasoning item it is about."""
        if event.type != "reasoning" or item is None:
            return
        if item.first is None:
            item.first = event
            if event.part_index is None and self._last is not None and self._last.type == "reasoning":
                event.part_index = self._next()
        elif event.part_index is None:
            event.part_index = item.first.part_index

    def after(self, event: StreamEvent) -> None:
        """Take note of where an event that was handed out has been placed."""
        self._last = event
        self._count += 1
        if event.part_index is not None:
            self._highest = max(self._highest, event.part_index)

    def kept_apart(self, events: Iterable[StreamEvent]) -> Iterator[StreamEvent]:
        """Hand out events of which each of type reasoning is an item of its own."""
        for event in events:
            self.before(event, ReasoningItem() if event.type == "reasoning" else None)
            yield event
            self.after(event)

    def _next(self) -> int:
        # Without a response that places the events, their number is above any index they may still get.
        unplaced = self._last is not None and self._last.part_index is None
        return self._count if unplaced else self._highest + 1
