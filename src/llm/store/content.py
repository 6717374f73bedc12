"""What a message is made of: parts to rows, and rows back to parts.

A row holds the type, the plain text where the part is text, and whatever else its JSON form says as the payload.
Attachments and fragments are rows of their own, referred to from the payload.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from llm.core.attachments import Attachment
from llm.core.parts import AttachmentPart, Part, TextPart, ToolResultPart
from llm.store.attachments import attachment_of, load_attachments, store_attachment
from llm.store.connection import execute, executemany
from llm.store.fragments import load_fragments, references_in, text_of
from llm.store.reading import ONE_OF, decoded, json_list, select

_WITH_TEXT = ("text", "reasoning")
_WITH_NAME = ("tool_call", "tool_result")
_ATTACHED = ("attachment", "attachments")


def write_part(
    conn: sqlite3.Connection, message_hash: str, position: int, part: Part, fragments: Mapping[str, int]
) -> None:
    """Store one part; the contents of `fragments` (content -> row id) become references in its text."""
    form, attachments = _without_attachments(part)
    kind = form.pop("type")
    entries = [store_attachment(conn, attachment) for attachment in attachments]
    if entries:
        _insert_before_metadata(form, **_referring(kind, entries))
    text = form.pop("text", None) if kind in _WITH_TEXT else None
    pieces = references_in(text, fragments) if text else []
    if pieces:
        form["text_ref"] = pieces
    row = (
        message_hash, position, kind, form.get("name") if kind in _WITH_NAME else None, None if pieces else text,
        json.dumps(form) if form else None,
    )  # fmt: skip
    sql = "INSERT INTO parts (message_hash, position, type, tool_name, text, payload) VALUES (?, ?, ?, ?, ?, ?)"
    part_id = execute(conn, sql, row).lastrowid
    _link(conn, "part_attachments", "attachment_id", part_id, [entry["id"] for entry in entries])
    _link(conn, "part_fragments", "fragment_id", part_id, [ref["fragment"] for ref in pieces if "fragment" in ref])


def load_parts(conn: sqlite3.Connection, message_hashes: Iterable[str]) -> dict[str, list[Part]]:
    """Return the parts of these messages, in order. What cannot be read is a placeholder, never an error."""
    sql = f"""
        SELECT message_hash, type, tool_name, text, payload FROM parts
        WHERE message_hash {ONE_OF} ORDER BY message_hash, position
        """
    rows = select(conn, sql, (json_list(message_hashes),))
    # Most parts are plain text and made at once.
    telling = {index: _StoredPart.of(row) for index, row in enumerate(rows) if row[4] or row[1] != "text"}
    attachments = load_attachments(conn, (entry for part in telling.values() for entry in part.entries()))
    fragments = load_fragments(conn, (piece for part in telling.values() for piece in part.pieces()))
    found: dict[str, list[Part]] = {}
    for index, row in enumerate(rows):
        part = telling[index].part(attachments, fragments) if index in telling else TextPart(row[3] or "")
        if row[0] in found:
            found[row[0]].append(part)
        else:
            found[row[0]] = [part]
    return found


class _StoredPart(NamedTuple):
    """A row of `parts`."""

    kind: str
    name: str | None
    text: str | None
    payload: Mapping[str, Any]

    @classmethod
    def of(cls, row: Sequence[Any]) -> _StoredPart:
        payload = decoded(row[4]) if row[4] else None
        return cls(row[1], row[2], row[3], payload if isinstance(payload, dict) else {})

    def entries(self) -> list[Mapping[str, Any]]:
        """The attachments, as the payload refers to them."""
        if self.kind == "tool_result":
            return _dicts(self.payload.get("attachments"))
        return _dicts([self.payload["attachment"]]) if "attachment" in self.payload else []

    def pieces(self) -> list[Mapping[str, Any]]:
        """The text in pieces, if it is stored that way."""
        return _dicts(self.payload.get("text_ref"))

    def part(self, attachments: Mapping[str, Attachment], fragments: Mapping[int, str]) -> Part:
        form = {"name": self.name or "", "output": "", "arguments": {}, **self.payload, "type": self.kind}
        if self.kind in _WITH_TEXT:
            form["text"] = text_of(self.pieces(), fragments) if self.text is None else self.text
        for field in _ATTACHED:
            form.pop(field, None)
        try:
            part = Part.from_dict(cast("Any", form))
        except ValueError:  # written by a later version
            return TextPart(f"[{self.kind}]")
        attached = [attachment_of(entry, attachments) for entry in self.entries()]
        if attached and isinstance(part, AttachmentPart):
            part.attachment = attached[0]
        elif attached and isinstance(part, ToolResultPart):
            part.attachments = attached
        return part


def _dicts(listed: Any) -> list[Mapping[str, Any]]:
    """Return the dictionaries of a list; the payload may be damaged, or written by a later version."""
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _without_attachments(part: Part) -> tuple[dict[str, Any], list[Attachment]]:
    """Return the JSON form of the rest, so that the bytes are not turned into text for nothing."""
    if isinstance(part, AttachmentPart) and part.attachment is not None:
        return dict(replace(part, attachment=None).to_dict()), [part.attachment]
    if isinstance(part, ToolResultPart):
        return dict(replace(part, attachments=[]).to_dict()), list(part.attachments)
    return dict(part.to_dict()), []


def _referring(kind: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"attachment": entries[0]} if kind == "attachment" else {"attachments": entries}


def _insert_before_metadata(form: dict[str, Any], **added: Any) -> None:
    """Add keys where the JSON form of a part has them: at the end, but before `provider_metadata`."""
    metadata = form.pop("provider_metadata", None)
    form.update(added)
    if metadata is not None:
        form["provider_metadata"] = metadata


def _link(conn: sqlite3.Connection, table: str, column: str, part_id: int | None, ids: Sequence[Any]) -> None:
    sql = f'INSERT INTO {table} (part_id, {column}, "order") VALUES (?, ?, ?)'
    executemany(conn, sql, [(part_id, found, order) for order, found in enumerate(ids)])
