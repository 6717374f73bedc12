"""Attachments in the forms that the APIs take."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm.core.attachments import Attachment

IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
VISION_TYPES = IMAGE_TYPES | {"application/pdf"}
AUDIO_TYPES = frozenset({"audio/wav", "audio/mpeg"})


def chat_attachment(attachment: Attachment, image_detail: Any = None) -> dict[str, Any]:
    """Return an attachment as an entry of the `content` of a Chat Completions message.

    Raises `ValueError` for what is neither image, PDF nor sound.
    """
    kind = attachment.resolve_type() or "unknown"
    if kind.startswith("image/"):
        image = {"url": _image_url(attachment, kind)}
        if image_detail:
            image["detail"] = plain_detail(image_detail)
        return {"type": "image_url", "image_url": image}
    if kind == "application/pdf":
        return {"type": "file", "file": _file(attachment)}
    if kind.startswith("audio/"):
        sound = {"data": _base64(attachment), "format": "wav" if kind == "audio/wav" else "mp3"}
        return {"type": "input_audio", "input_audio": sound}
    raise ValueError(f"Chat Completions takes images, PDF documents and sound, but {attachment!r} is of type {kind}")


def responses_attachment(attachment: Attachment, image_detail: Any = None) -> dict[str, Any]:
    """Return an attachment as an entry of the `content` of a Responses input item.

    Raises `ValueError` for what is neither image nor PDF.
    """
    kind = attachment.resolve_type() or "unknown"
    if kind.startswith("image/"):
        item = {"type": "input_image", "image_url": _image_url(attachment, kind)}
        if image_detail:
            item["detail"] = plain_detail(image_detail)
        return item
    if kind == "application/pdf":
        return {"type": "input_file", **_file(attachment)}
    raise ValueError(f"Responses takes images and PDF documents, but {attachment!r} is of type {kind}")


def plain_detail(image_detail: Any) -> str:
    """Return the level of detail as text, from an enum member or text."""
    text: str = getattr(image_detail, "value", image_detail)
    return text


def _image_url(attachment: Attachment, kind: str) -> str:
    return attachment.url or f"data:{kind};base64,{_base64(attachment)}"


def _file(attachment: Attachment) -> dict[str, Any]:
    return {
        "filename": f"{attachment.id()}.pdf",
        "file_data": f"data:application/pdf;base64,{_base64(attachment)}",
    }


class _Encoded:
    """Base64 texts of attachments: each turn of a conversation sends those of all turns before it again.

    Bounded by the length of the texts; the least recently used one goes first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._texts: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> str | None:
        with self._lock:
            text = self._texts.get(key)
            if text is not None:
                self._texts.move_to_end(key)
            return text

    def put(self, key: Hashable, text: str) -> None:
        with self._lock:
            self._size += len(text) - len(self._texts.pop(key, ""))
            self._texts[key] = text
            while self._size > self._limit:
                self._size -= len(self._texts.popitem(last=False)[1])


_encoded = _Encoded(limit=32 << 20)


def _base64(attachment: Attachment) -> str:
    key = _identity(attachment)
    if key is None:
        return attachment.base64_content()
    text = _encoded.get(key)
    if text is None:
        text = attachment.base64_content()
        _encoded.put(key, text)
    return text


def _identity(attachment: Attachment) -> Hashable | None:
    """Return what stands for the bytes of an attachment, or None for a URL: it remembers its download by itself.

    The id of a file is not asked for: computing it means reading the file.
    """
    if attachment.content:
        return attachment.id()
    if not attachment.path:
        return None
    from pathlib import Path

    path = Path(attachment.path)
    try:
        status = path.stat()
    except OSError:  # reading the file will say it
        return None
    return path.resolve(), status.st_size, status.st_mtime_ns
