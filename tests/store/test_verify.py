"""Checking the content against its hashes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from llm.core.attachments import Attachment
from llm.core.messages import assistant, user
from llm.store import verify
from llm.store.logstore import LogStore
from tests.store.samples import column


def test_a_sound_database(store: LogStore) -> None:
    """Nothing is reported."""
    assert store.verify() == []
    store.ensure_chain([user("a", Attachment(type="image/png", content=b"x")), assistant("b")], fragments=["a"])
    assert store.verify() == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE parts SET text = 'changed' WHERE text = 'b'",
        "UPDATE messages SET role = 'user' WHERE hash = :hash",
        "UPDATE messages SET provider_metadata = '{\"a\": 1}' WHERE hash = :hash",
        "UPDATE messages SET provider_metadata = 'no JSON [' WHERE hash = :hash",
        "UPDATE parts SET type = 'hologram' WHERE text = 'b'",
        "UPDATE parts SET payload = '{\"text_ref\": [{\"fragment\": 99}]}', text = NULL WHERE text = 'b'",
        "DELETE FROM parts WHERE text = 'b'",
    ],
)
def test_changed_content(store: LogStore, conn: sqlite3.Connection, damage: str) -> None:
    """The hash of a message is reported when anything of its content changed; others are not, and nothing raises."""
    store.ensure_chain([user("a"), assistant("b", provider_metadata={"p": 1}), user("c")])
    [_, changed, _] = column(conn, "SELECT hash FROM messages ORDER BY rowid")
    conn.execute(damage, {"hash": changed} if ":hash" in damage else ())
    assert store.verify() == [changed]


def test_a_deleted_fragment(store: LogStore, conn: sqlite3.Connection) -> None:
    """A text that refers to it is no longer what was logged."""
    tip = store.ensure_chain([user("alpha!")], fragments=["alpha"])
    conn.execute("DELETE FROM fragments")
    assert store.verify() == [tip]


@pytest.mark.parametrize("delete", [True, False])
def test_a_file_that_changed(store: LogStore, tmp_path: Path, delete: bool) -> None:
    """A changed or deleted file behind an attachment is reported."""
    path = tmp_path / "f.txt"
    path.write_text("before")
    tip = store.ensure_chain([user(Attachment(type="text/plain", path=str(path)))])
    path.write_text("after")
    if delete:
        path.unlink()
    assert store.verify() == [tip]


def test_many_messages(store: LogStore, conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are looked at in batches, each of them once."""
    monkeypatch.setattr(verify, "_BATCH", 4)
    store.ensure_chain([user(str(number)) for number in range(10)])
    conn.execute("UPDATE parts SET text = 'x'")
    assert store.verify() == column(conn, "SELECT hash FROM messages ORDER BY rowid")
