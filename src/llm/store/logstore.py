"""`LogStore`: the log database as an object."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from llm.core.ids import new_id
from llm.core.messages import Message
from llm.core.parts import Part, ToolCallPart
from llm.core.records import TurnRecord
from llm.store import chains, payloads, turns, verify
from llm.store.chain_reading import has_message, load_chain, load_message
from llm.store.connection import HasConnection, execute, patiently, writing
from llm.store.content import write_part
from llm.store.fragments import fragment_ids
from llm.store.migrations import MIGRATIONS, migrate
from llm.store.reading import select


class Loggable(Protocol):
    """A finished response: it says what is to be logged of it."""

    def turn_record(self) -> TurnRecord:
        """Return the record of the turn."""
        ...


class LogStore:
    """Threads, turns and messages in a database, which is brought up to date first.

    A *thread* is a conversation, a *turn* one model call, a *chain* a message with all before it, and a *tip* the hash
    of a chain's last message. `db` is a `sqlite_utils.Database` or anything else with the connection as `conn`; it may
    be in use by other code, whose open transaction is joined and left open.
    """

    __module__ = "llm.logs"

    def __init__(self, db: HasConnection) -> None:
        #: The object that was handed over. (Typed as Any: callers know what they gave.)
        self.db: Any = db
        # Without WAL also a reader is shut out while somebody else writes.
        patiently(db.conn, lambda: _migrate_once(db))

    def ensure_chain(
        self, messages: Sequence[Message], parent: str | None = None, fragments: Iterable[str] | None = None
    ) -> str | None:
        """Store messages one after another and return the tip: `parent`, or None, if there are none.

        What is stored already is left alone. Inside the texts, the contents of `fragments` are stored as references.
        """
        conn = self.db.conn
        with writing(conn):
            known = fragment_ids(conn, fragments or ())
            return chains.store_messages(conn, messages, parent, known, self._write_part).tip

    def load_chain(self, tip: str | None) -> list[Message]:
        """Return the messages up to `tip`, oldest first. Raises `KeyError` for an unknown hash."""
        return load_chain(self.db.conn, tip)

    def create_thread(
        self,
        name: str | None = None,
        tip: str | None = None,
        forked_from: str | None = None,
        id: str | None = None,  # noqa: A002 -- the interface
    ) -> str:
        """Create a thread and return its id. Raises `sqlite3.IntegrityError` if the id is taken."""
        thread_id = id or new_id()
        with writing(self.db.conn):
            turns.create_thread(self.db.conn, thread_id, name=name, tip=tip, forked_from=forked_from)
        return thread_id

    def ensure_thread(self, thread_id: str, name: str | None = None) -> str:
        """Create the thread if there is none with this id, and return the id. An existing one keeps its name."""
        with writing(self.db.conn):
            if not turns.has_thread(self.db.conn, thread_id):
                turns.create_thread(self.db.conn, thread_id, name=name, tip=None, forked_from=None)
        return thread_id

    def fork(self, message_hash: str, name: str | None = None, forked_from: str | None = None) -> str:
        """Create a thread that goes on from this message, and return its id. Raises `KeyError` for an unknown hash."""
        if not has_message(self.db.conn, message_hash):
            raise KeyError(message_hash)
        return self.create_thread(name=name, tip=message_hash, forked_from=forked_from)

    def thread_tip(self, thread_id: str) -> str | None:
        """Return the tip of a thread. Raises `KeyError` for an unknown id."""
        rows = select(self.db.conn, "SELECT tip_message_hash FROM threads WHERE id = ?", (thread_id,))
        if not rows:
            raise KeyError(thread_id)
        tip: str | None = rows[0][0]
        return tip

    def thread_messages(self, thread_id: str) -> list[Message]:
        """Return the messages of a thread, oldest first. Raises `KeyError` for an unknown id."""
        return self.load_chain(self.thread_tip(thread_id))

    def append(self, thread_id: str, messages: Sequence[Message]) -> str | None:
        """Store messages at the end of a thread and return the new tip. Raises `KeyError` for an unknown id."""
        with writing(self.db.conn):
            tip = self.ensure_chain(messages, parent=self.thread_tip(thread_id))
            execute(self.db.conn, "UPDATE threads SET tip_message_hash = ? WHERE id = ?", (tip, thread_id))
        return tip

    def log(self, response: Loggable, thread_id: str | None = None) -> str:
        """Write the turn of a finished response and return its id; a turn that is there already is written again.

        It goes into the thread `thread_id`, else into the conversation's, else into a new one. Raises
        `sqlite_utils.db.NotFoundError` if there is no thread `thread_id`, and what SQLite raises; then nothing of the
        turn is stored.
        """
        record = response.turn_record()
        with writing(self.db.conn):
            hashes = turns.write_turn(self.db.conn, record, thread_id, self._write_part)
        for node, stored_hash in hashes:
            node.stored_hash = stored_hash
        return record.id

    def turn_response_json(self, turn_id: str) -> Any:
        """Return the provider's payload of a turn, `None` if there is no such turn or it has none.

        Raises `condense_json.UncondenseError` if what the stored form refers to is gone.
        """
        return payloads.turn_response_json(self.db.conn, turn_id)

    def verify(self) -> list[str]:
        """Return the hashes of messages whose stored content, attached files included, is not what was logged."""
        return list(verify.damaged_messages(self.db.conn))

    def pending_tool_calls(self, tip: str | None) -> list[ToolCallPart]:
        """Return the calls in the message `tip` that wait to be run here. Raises `KeyError` for an unknown hash."""
        if tip is None:
            return []
        last = load_message(self.db.conn, tip)
        return [part for part in last.parts if isinstance(part, ToolCallPart) and not part.server_executed]

    def _write_part(self, message_hash: str, position: int, part: Part, fragment_map: Mapping[str, int]) -> None:
        """Store one part. Other programs wrap this method, which is called with positional arguments."""
        write_part(self.db.conn, message_hash, position, part, fragment_map)


# Databases that were seen up to date, with what would change if they no longer were.
_up_to_date: weakref.WeakKeyDictionary[Any, tuple[int, int, int]] = weakref.WeakKeyDictionary()


def _migrate_once(db: HasConnection) -> None:
    if _up_to_date.get(db) != _state(db):
        migrate(db)
        _up_to_date[db] = _state(db)


def _state(db: HasConnection) -> tuple[int, int, int]:
    [(schema_version,)] = select(db.conn, "PRAGMA schema_version")
    return id(db.conn), schema_version, len(MIGRATIONS)
