"""Reading the journal: turns that are nowhere else, because they are running or because their process was killed."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from llm.core.events import StreamEvent
from llm.core.history import History
from llm.core.messages import Message
from llm.core.records import TurnRecord
from llm.store.chain_reading import load_history
from llm.store.connection import Handle
from llm.store.logstore import LogStore
from llm.store.orphans import journal_entries
from llm.store.reading import ONE_OF, json_list, select

#: Makes messages of the first events of a response.
Assembler = Callable[[Iterable[StreamEvent]], Sequence[Message]]

#: What damaged records raise: when they are read, or not before they are written.
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, RecursionError)

_REASON = "The process ended before the answer was complete"


class Late:
    """A record as something that can be logged."""

    def __init__(self, record: TurnRecord) -> None:
        self._record = record

    def turn_record(self) -> TurnRecord:
        return self._record


def journaled_turn(
    conn: sqlite3.Connection, turn_id: str, header: str, assemble: Assembler, *, running: bool = False
) -> TurnRecord:
    """Return what the journal has of a turn by now. Raises `ValueError` if that is damaged."""
    from llm.store.record_form import record_of

    record = record_of(header, lambda tip: stored_history(conn, tip))
    if record.state == "complete":
        return record
    output = tuple(assemble(list(_events(conn, turn_id))))
    if running:
        return replace(record, output=output, state="running", error=None)
    return replace(record, output=output, state="recovered", error=_REASON)


@contextlib.contextmanager
def unlogged_turns(conn: sqlite3.Connection, assemble: Assembler) -> Iterator[sqlite3.Connection | None]:
    """Give a log database in memory of the turns that are only in the journal of this one; None if there are none.

    So whatever lists turns lists them as well. What cannot be read is left out.
    """
    entries = journal_entries(conn, now=time.time())
    if not entries:
        yield None
        return
    with contextlib.closing(sqlite3.connect(":memory:")) as memory:
        store = LogStore(Handle(memory))
        for entry in entries:
            with contextlib.suppress(*UNREADABLE):
                turn = journaled_turn(conn, entry.turn_id, entry.header, assemble, running=entry.is_running)
                store.log(Late(turn))
        _copy_names(conn, memory)
        yield memory


def stored_history(conn: sqlite3.Connection, tip: str) -> History | None:
    """Return the chain that ends with `tip` if it is there.

    The database may have been replaced meanwhile: what is new in a turn is still worth having.
    """
    try:
        return load_history(conn, tip)
    except KeyError:
        return None


def _events(conn: sqlite3.Connection, turn_id: str) -> Iterator[StreamEvent]:
    from llm.store.record_form import events_of

    sql = "SELECT events FROM llm_journal_chunks WHERE turn_id = ? ORDER BY number"
    for (text,) in select(conn, sql, (turn_id,)):
        yield from events_of(text)


def _copy_names(conn: sqlite3.Connection, memory: sqlite3.Connection) -> None:
    """Let the turns have the names of their conversations; of a new one it is that which it will get."""
    threads = [found for (found,) in select(memory, "SELECT id FROM threads")]
    names = select(conn, f"SELECT name, id FROM threads WHERE id {ONE_OF}", (json_list(threads),))
    memory.executemany("UPDATE threads SET name = ? WHERE id = ?", names)
