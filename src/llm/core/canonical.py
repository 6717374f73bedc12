"""The identity of messages: a hash of what they say and of all that was said before.

Two programs that log the same conversation must come to the same hashes, so the form that is hashed is fixed to the
byte. Ids, times, models and paths are not part of it; the bytes behind attachments are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from llm.core.attachments import Attachment, content_id
from llm.core.messages import Message
from llm.core.parts import AttachmentPart, Part, ToolResultPart

HASH_PREFIX = "b2:"


def canonical_json(obj: Any) -> str:
    """Return JSON with sorted keys, no spaces and unescaped non-ASCII characters."""
    return json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(obj: Any) -> str:
    """Return `b2:` and the BLAKE2b hash (16 bytes, hex) of the canonical JSON.

    Raises `TypeError` or `ValueError` for what JSON cannot express.
    """
    return HASH_PREFIX + hashlib.blake2b(canonical_json(obj).encode(), digest_size=16).hexdigest()


def message_hash(message: Message, parent_hash: str | None) -> str:
    """Return the hash under which the log store keeps `message` as the successor of the message `parent_hash`."""
    content: dict[str, Any] = {"role": message.role, "parts": [_hashed_part(part) for part in message.parts]}
    if message.provider_metadata:
        content["provider_metadata"] = message.provider_metadata
    return content_hash({"parent": parent_hash or None, "message": content})


def _hashed_part(part: Part) -> Mapping[str, Any]:
    if isinstance(part, AttachmentPart) and part.attachment is not None:
        plain = replace(part, attachment=None).to_dict()
        return {**plain, "attachment": _hashed_attachment(part.attachment)}
    if isinstance(part, ToolResultPart) and part.attachments:
        rest = replace(part, attachments=[]).to_dict()
        return {**rest, "attachments": [_hashed_attachment(attachment) for attachment in part.attachments]}
    return part.to_dict()


def _hashed_attachment(attachment: Attachment) -> dict[str, str | None]:
    return {"id": _identity(attachment), "type": _media_type(attachment)}


def _identity(attachment: Attachment) -> str:
    try:
        return content_id(attachment)
    except (OSError, ValueError):  # a path may hold characters that no path can
        return f"missing:{attachment.path}"


def _media_type(attachment: Attachment) -> str | None:
    try:
        return attachment.resolve_type()
    except Exception:  # noqa: BLE001 -- a server that is down must not keep a paid answer out of the log
        return attachment.type
