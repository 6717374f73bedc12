"""What a model's `execute()` yielded, in order, as the base of a response.

Most of it is plain text, a million chunks of it in a long answer. A string stays a string until somebody looks at its
event: making the objects, and having the garbage collector walk over them, is most of what a chunk would cost.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from llm.core.events import StreamEvent
from llm.core.tools import ToolResult
from llm.engine.assembly import PartIndexes

if TYPE_CHECKING:
    from llm.engine.worlds import AnyModel


class EventRecord:
    """The events of a response and the text among them, which readers follow while they grow."""

    model: AnyModel
    _observe: Callable[[StreamEvent], object] | None = None  # the journal's: it gets each event once it is recorded
    _observe_result: Callable[[ToolResult], object] | None = None  # likewise the result of each of its tool calls

    def __init__(self) -> None:
        self._chunks: list[str] = []
        self._items: list[Any] = []  # events, and strings whose events nobody has asked for
        self._runs: list[tuple[int, int]] = []  # of strings in a row: the first one's position, their part_index
        self._run_index: int | None = None  # where the next string would belong too, if it came now
        self._keeps_strings = True
        self._part_indexes = PartIndexes()

    @property
    def _stream_events(self) -> list[StreamEvent]:
        """The recorded events. Who has this list sees all later ones in it, so no strings are kept from now on."""
        if self._keeps_strings:
            self._keeps_strings = False
            for position, item in enumerate(self._items):
                if isinstance(item, str):
                    self._items[position] = StreamEvent("text", item, self._index_at(position))
        return self._items

    @_stream_events.setter
    def _stream_events(self, events: list[StreamEvent]) -> None:
        self._keeps_strings = False
        self._items = events

    def _record(self, chunk: str | StreamEvent) -> None:
        if chunk.__class__ is str and self._run_index is not None:
            if self._observe is not None:
                self._record_event(StreamEvent("text", chunk, self._run_index))
                return
            self._items.append(chunk if self._keeps_strings else StreamEvent("text", chunk, self._run_index))
            self._chunks.append(chunk)
        elif isinstance(chunk, str):
            self._begin_run(chunk)
        elif hasattr(chunk, "part_index"):
            self._run_index = None
            self._part_indexes.place(chunk)
            self._record_event(chunk)
        else:
            raise TypeError(f"Model '{self.model.model_id}' yielded {chunk!r}: execute() must yield str or StreamEvent")

    def _begin_run(self, chunk: str) -> None:
        event = StreamEvent("text", chunk)
        self._part_indexes.place(event)
        self._run_index = event.part_index
        self._runs.append((len(self._items), event.part_index or 0))
        if self._keeps_strings and self._observe is None:
            self._items.append(chunk)
            self._chunks.append(chunk)
        else:
            self._record_event(event)

    def _record_event(self, event: StreamEvent) -> None:
        self._items.append(event)
        if event.type == "text":
            self._chunks.append(event.chunk)
        if self._observe is not None:
            self._observe(event)

    def _index_at(self, position: int) -> int:
        return self._runs[bisect_right(self._runs, position, key=itemgetter(0)) - 1][1]

    def _merged_events(self) -> Iterator[StreamEvent]:
        """Yield the events, those of strings in a row as one: there are fewer, and they amount to the same messages."""
        position = 0
        for kind, group in groupby(self._items, type):
            items = list(group)
            if issubclass(kind, str):
                yield StreamEvent("text", "".join(items), self._index_at(position))
            else:
                yield from items
            position += len(items)
