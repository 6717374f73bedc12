"""Checking that what is stored is what was said: every message still hashes to its key."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from llm.core.attachments import Attachment
from llm.core.canonical import message_hash
from llm.core.messages import Message
from llm.core.parts import AttachmentPart, ToolResultPart
from llm.store.chain_reading import Linked, with_parts
from llm.store.reading import in_batches, select

_BATCH = 200


def damaged_messages(conn: sqlite3.Connection) -> Iterator[str]:
    """Yield the hashes of messages whose content, files of attachments included, is not what was logged."""
    rowids = select(conn, "SELECT rowid FROM messages ORDER BY rowid")
    for batch in in_batches((rowid for (rowid,) in rowids), _BATCH):
        sql = """
            SELECT hash, parent_hash, role, provider_metadata FROM messages
            WHERE rowid BETWEEN ? AND ? ORDER BY rowid
            """
        for link in with_parts(conn, select(conn, sql, (batch[0], batch[-1]))):
            if not _is_sound(link):
                yield link.hash


def _is_sound(link: Linked) -> bool:
    _stay_offline(link.message)
    try:
        return message_hash(link.message, link.parent) == link.hash
    except (TypeError, ValueError, RecursionError):
        return False


def _stay_offline(message: Message) -> None:
    """Let attachments have the type that was logged, also if none was known: no server is asked."""
    for part in message.parts:
        if isinstance(part, AttachmentPart) and part.attachment is not None:
            part.attachment = _resolved(part.attachment)
        elif isinstance(part, ToolResultPart):
            part.attachments = [_resolved(attachment) for attachment in part.attachments]


def _resolved(attachment: Attachment) -> Attachment:
    if attachment.type:
        return attachment
    return _Resolved(url=attachment.url, path=attachment.path, content=attachment.content)


class _Resolved(Attachment):
    def resolve_type(self) -> str | None:
        return self.type
