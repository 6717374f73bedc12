"""Rows of the table `attachments`, which are shared by all parts with the same bytes or URL.

The row belongs to whoever logged these bytes first. Later ones fill in where else they can be found and change nothing,
since earlier messages stand on it; where they differ, the part keeps the difference for itself. The type is part of a
message's hash, so a type that was unknown stays unknown.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from llm.core.attachments import Attachment
from llm.core.text import plain_text
from llm.store.connection import HasConnection, execute, writing
from llm.store.reading import ONE_OF, json_list, select

_KEPT_APART = ("type", "path", "url")

_FILL = """
    UPDATE attachments
    SET path = coalesce(path, :path), url = coalesce(url, :url), content = coalesce(content, :content)
    WHERE id = :id
    """


def ensure_attachment(db: HasConnection, attachment: Attachment) -> str:
    """Store an attachment unless its id is there already, and return the id. What the row lacks is filled in."""
    with writing(db.conn):
        found: str = store_attachment(db.conn, attachment)["id"]
        return found


ensure_attachment.__module__ = "llm.logs"


def store_attachment(conn: sqlite3.Connection, attachment: Attachment) -> dict[str, Any]:
    """Store an attachment and return what a part keeps of it: the id, and whatever differs from the shared row."""
    values = _row_values(attachment)
    rows = select(conn, "SELECT type, path, url, content IS NOT NULL FROM attachments WHERE id = ?", (values["id"],))
    if not rows:
        execute(conn, "INSERT INTO attachments VALUES (:id, :type, :path, :url, :content)", values)
        return {"id": values["id"]}
    *present, has_content = rows[0]
    shared = dict(zip(_KEPT_APART, present, strict=True))
    lacks = [name for name in ("path", "url") if shared[name] is None and values[name] is not None]
    if lacks or (values["content"] is not None and not has_content):
        execute(conn, _FILL, values)
    apart = {name: values[name] for name in _KEPT_APART if name not in lacks and values[name] != shared[name]}
    return {"id": values["id"], **apart}


def load_attachments(conn: sqlite3.Connection, entries: Iterable[Mapping[str, Any]]) -> dict[str, Attachment]:
    """Return the attachments that these entries of parts refer to, by id, as the shared rows have them."""
    ids = {found for entry in entries if (found := _id_in(entry))}
    if not ids:
        return {}
    sql = f"SELECT id, type, path, url, content FROM attachments WHERE id {ONE_OF}"
    return {
        row[0]: Attachment(_id=row[0], type=row[1], path=row[2], url=row[3], content=row[4])
        for row in select(conn, sql, (json_list(sorted(ids)),), binary=(4,))
    }


def attachment_of(entry: Mapping[str, Any], shared: Mapping[str, Attachment]) -> Attachment:
    """Return the attachment of one entry; where its row is missing, one that has nothing but the id."""
    found = shared.get(_id_in(entry))
    given = {name: getattr(found, name, None) for name in (*_KEPT_APART, "content")}
    given.update({name: entry[name] for name in _KEPT_APART if name in entry})
    return Attachment(_id=_id_in(entry) or None, **given)


def _id_in(entry: Mapping[str, Any]) -> str:
    found = entry.get("id")
    return found if isinstance(found, str) else ""


def _row_values(attachment: Attachment) -> dict[str, Any]:
    path = None if attachment.path is None else plain_text(os.fspath(attachment.path))
    return {
        "id": plain_text(_id_of(attachment)),
        "type": _type_of(attachment),
        "path": path,
        "url": attachment.url,
        "content": attachment.content,
    }


def _id_of(attachment: Attachment) -> str:
    try:
        return attachment.id()
    except (OSError, ValueError):  # ValueError: a path that cannot be one
        return f"missing:{attachment.path}"


def _type_of(attachment: Attachment) -> str | None:
    try:
        return attachment.resolve_type()
    except Exception:  # noqa: BLE001 -- an unreachable server must not keep a turn out of the log
        return attachment.type
