"""Attachments, whose rows are shared by everything with the same bytes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from llm.core.attachments import Attachment
from llm.core.history import extend
from llm.core.messages import Message, assistant, tool_message, user
from llm.core.parts import AttachmentPart, ToolResultPart
from llm.features.log_listing import LogListing, render
from llm.store.attachments import ensure_attachment
from llm.store.chain_reading import load_history
from llm.store.database import Handle
from llm.store.logstore import LogStore
from tests.store.samples import chain, column, rows, turn

ID = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of b"abc"


@pytest.fixture
def abc(tmp_path: Path) -> Path:
    """A file of the bytes `abc`."""
    path = tmp_path / "abc.txt"
    path.write_bytes(b"abc")
    return path


def attached(store: LogStore, attachment: Attachment, text: str = "") -> Attachment:
    """Store a message with this attachment (and this text) and return it as it is read back."""
    [message] = store.load_chain(store.ensure_chain([user(text, attachment)]))
    [_, part] = message.parts
    assert isinstance(part, AttachmentPart)
    assert part.attachment is not None
    return part.attachment


def test_the_row(conn: sqlite3.Connection, abc: Path) -> None:
    """A row holds id, resolved type, path, url and content; of a file no copy of the bytes is kept."""
    assert ensure_attachment(Handle(conn), Attachment(type="text/plain", path=str(abc))) == ID
    assert rows(conn, "attachments") == [
        {"id": ID, "type": "text/plain", "path": str(abc), "url": None, "content": None}
    ]


def test_the_type_is_resolved_once(conn: sqlite3.Connection) -> None:
    """A type that was not given is found out and stored."""
    ensure_attachment(Handle(conn), Attachment(content=b"\x89PNG\r\n\x1a\n" + bytes(20)))
    assert column(conn, "SELECT type FROM attachments") == ["image/png"]


def test_bytes_stay_when_they_come_again_as_a_file(store: LogStore, conn: sqlite3.Connection, abc: Path) -> None:
    """Logging the same bytes as a path fills in the path and leaves the content, also when the file is gone later."""
    attached(store, Attachment(type="text/plain", content=b"abc"))
    attached(store, Attachment(type="text/plain", path=str(abc)), "again")
    abc.unlink()
    assert rows(conn, "attachments") == [
        {"id": ID, "type": "text/plain", "path": str(abc), "url": None, "content": b"abc"}
    ]
    assert store.verify() == []


def test_what_a_row_lacks_is_filled_in(store: LogStore, conn: sqlite3.Connection, abc: Path) -> None:
    """The bytes are added to a row that only had a path, and the part keeps that it had none."""
    attached(store, Attachment(type="text/plain", path=str(abc)))
    given = Attachment(type="text/plain", content=b"abc")
    assert attached(store, given, "again") == given
    assert column(conn, "SELECT content FROM attachments") == [b"abc"]
    assert column(conn, "SELECT path FROM attachments") == [str(abc)]


def test_another_media_type(store: LogStore, conn: sqlite3.Connection) -> None:
    """A differing type is kept beside the id in the part, and preferred when reading; both messages verify."""
    plain, markdown = (Attachment(type=kind, content=b"abc") for kind in ("text/plain", "text/markdown"))
    assert attached(store, plain) == plain
    assert attached(store, markdown) == markdown
    assert column(conn, "SELECT type FROM attachments") == ["text/plain"]
    assert column(conn, "SELECT payload FROM parts WHERE type = 'attachment'") == [
        f'{{"attachment": {{"id": "{ID}"}}}}',
        f'{{"attachment": {{"id": "{ID}", "type": "text/markdown"}}}}',
    ]
    assert store.verify() == []


def test_a_type_that_was_unknown(store: LogStore, conn: sqlite3.Connection) -> None:
    """It stays so in the row, as it is part of the first message's hash; a type given later is the part's own."""
    unknown, known = Attachment(content=b"\0"), Attachment(type="image/png", content=b"\0")
    assert attached(store, unknown) == unknown
    assert attached(store, known) == known
    assert column(conn, "SELECT type FROM attachments") == [None]
    assert store.verify() == []


def test_another_path(store: LogStore, abc: Path) -> None:
    """Identical bytes at two paths are one message under one parent; after another one, the part keeps its own path."""
    other = abc.with_name("other.txt")
    other.write_bytes(b"abc")
    first, second = (Attachment(type="text/plain", path=str(path)) for path in (abc, other))
    tip = store.ensure_chain([user(first)])
    assert store.ensure_chain([user(second)]) == tip
    assert store.load_chain(store.ensure_chain([user("x"), user(second)]))[1] == user(second)
    assert store.verify() == []


def test_attachments_of_tool_results(store: LogStore) -> None:
    """They keep their differences as well, in order."""
    results = [Attachment(type=kind, content=b"abc") for kind in ("image/png", "image/gif", "image/png")]
    message = tool_message(ToolResultPart("t", "o", attachments=results))
    assert store.load_chain(store.ensure_chain([message])) == [message]


@pytest.mark.parametrize("attachment", [Attachment(type="text/plain", path="/nowhere/f"), Attachment(path="/nowhere")])
def test_a_file_that_is_gone(store: LogStore, attachment: Attachment) -> None:
    """A file that vanished before logging costs nothing but itself."""
    assert attached(store, attachment) == attachment
    assert store.verify() == []


def test_a_server_that_does_not_answer(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the type of a URL cannot be found out it stays unknown; nothing asks again when verifying."""
    asked: list[str] = []

    def refuse(url: str) -> str:
        asked.append(url)
        raise ConnectionError

    monkeypatch.setattr("llm.core.attachments._ask_type", refuse)
    attached(store, Attachment(url="https://example.invalid/x"))
    asked.clear()
    assert store.verify() == []
    assert asked == []


def test_a_missing_row(store: LogStore, conn: sqlite3.Connection) -> None:
    """Where the row is gone, the rest of the chain is read; the attachment has its id and nothing else."""
    message = Message("user", [AttachmentPart(Attachment(type="image/png", content=b"abc"))])
    tip = store.ensure_chain([message, user("after")])
    conn.execute("DELETE FROM attachments")
    first, second = store.load_chain(tip)
    assert second == user("after")
    assert first == user(Attachment())
    assert first.parts[0].attachment._id == ID  # type: ignore[attr-defined]
    assert store.verify() == column(conn, "SELECT hash FROM messages WHERE parent_hash IS NULL")


def test_a_type_is_asked_for_once(store: LogStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The type of a URL is found out when it is logged first, and stored: nobody is asked again when the conversation
    is read, continued and logged, or shown."""
    asked: list[str] = []

    def answer(url: str) -> str:
        asked.append(url)
        return "image/png"

    monkeypatch.setattr("llm.core.attachments._ask_type", answer)
    first = user("look", Attachment(url="https://example.invalid/x"))
    store.log(turn(thread_id="t", input=chain(first), output=(assistant("seen"),)))
    assert len(asked) == 1
    history = load_history(store.db.conn, store.thread_tip("t"))
    store.log(turn(thread_id="t", input=extend(history, [user("and?")])))
    assert (len(asked), len(store.thread_messages("t")), store.verify()) == (1, 4, [])
    assert "**image/png**: https://example.invalid/x" in "".join(render(store.db.conn, LogListing()))
    assert len(asked) == 1
