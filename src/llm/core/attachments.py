"""Images, sound and documents that go with a prompt."""

import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm.core.errors import ModelError
from llm.core.media import mimetype_from_path, mimetype_from_string
from llm.core.wire import AttachmentDict

if TYPE_CHECKING:
    import httpx2

MAX_DOWNLOAD = 100 * 1024 * 1024
_TIMEOUT = 60.0
_MAX_REDIRECTS = 3


@dataclass(repr=False)
class Attachment:
    """Something other than text, given by its bytes, a file or a URL.

    `type` is the media type; when it is not given, `resolve_type` finds it out. `content` wins over `path`, and that
    over `url`.
    """

    __module__ = "llm.models"

    type: str | None = None
    path: str | None = None
    url: str | None = None
    content: bytes | None = None
    _id: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        # What was learnt from the network, each with the URL it is true of: the object is mutable. Not fields, and not
        # stored in `type` and `content`, which stay what the caller said.
        self._remote_type: tuple[str, str | None] | None = None
        self._remote_content: tuple[str, bytes] | None = None

    def id(self) -> str:
        """Return the identity: SHA-256 of the bytes, of the file's bytes, or of the URL. It is computed once."""
        if not self._id:
            self._id = content_id(self)
        return self._id

    def resolve_type(self) -> str | None:
        """Return the media type as given, else as sniffed from the file, asked from the server, or sniffed.

        `None` means that it is unknown. Raises `ValueError` if there is nothing to look at, and what httpx2 raises.
        """
        if self.type:
            return self.type
        if self.path:
            return mimetype_from_path(self.path)
        if self.url:
            return self._type_from_server(self.url)
        if self.content:
            return mimetype_from_string(self.content)
        raise ValueError("Attachment has no type, and no content to derive it from")

    def content_bytes(self) -> bytes | None:
        """Return the bytes, reading the file or fetching the URL; `None` if the attachment is empty.

        Raises `OSError` for the file, what httpx2 raises for the URL, and `ModelError` for a download over 100 MB.
        """
        if self.content:
            return self.content
        if self.path:
            with open(self.path, "rb") as file:  # noqa: PTH123 -- pathlib would cost its import
                return file.read()
        if self.url:
            return self._content_from_server(self.url)
        return self.content

    def base64_content(self) -> str:
        """Return `content_bytes()` as standard base64. Raises `ValueError` if the attachment is empty."""
        content = self.content_bytes()
        if content is None:
            raise ValueError("Attachment has no content: give it content, a path or a url")
        return binascii.b2a_base64(content, newline=False).decode()

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Attachment":
        """Build an attachment from a row of the table `attachments`."""
        return cls(_id=row["id"], type=row["type"], path=row["path"], url=row["url"], content=row["content"])

    def __repr__(self) -> str:
        shown = [
            self._id_or_nothing(),
            f'type="{self.type}"' if self.type else "",
            f'path="{self.path}"' if self.path else "",
            f'url="{self.url}"' if self.url else "",
            f"content={len(self.content)} bytes" if self.content else "",
        ]
        return f"<Attachment: {' '.join(filter(None, shown))}>"

    def _id_or_nothing(self) -> str:
        try:
            return self.id()
        except Exception:  # noqa: BLE001 -- a repr is for looking at broken objects too
            return ""

    def _type_from_server(self, url: str) -> str | None:
        if self._remote_type is None or self._remote_type[0] != url:
            self._remote_type = url, _ask_type(url)
        return self._remote_type[1]

    def _content_from_server(self, url: str) -> bytes:
        if self._remote_content is None or self._remote_content[0] != url:
            self._remote_content = url, _download(url)
        return self._remote_content[1]


def content_id(attachment: Attachment) -> str:
    """Return the identity computed from what the attachment holds now, whatever `_id` says."""
    import hashlib

    if attachment.content:
        return hashlib.sha256(attachment.content).hexdigest()
    if attachment.path:
        return _file_digest(attachment.path)
    import json

    return hashlib.sha256(json.dumps({"url": attachment.url}).encode()).hexdigest()


def attachment_to_dict(attachment: Attachment) -> AttachmentDict:
    """Return the JSON form: the fields that are set, the bytes as base64 text."""
    found: AttachmentDict = {}
    if attachment.type:
        found["type"] = attachment.type
    if attachment.url:
        found["url"] = attachment.url
    if attachment.path:
        found["path"] = os.fspath(attachment.path)
    if attachment.content:
        found["content"] = binascii.b2a_base64(attachment.content, newline=False).decode()
    return found


def attachment_from_dict(found: AttachmentDict) -> Attachment:
    """Return the attachment that `attachment_to_dict` described. Raises `ValueError` if it is malformed."""
    if not isinstance(found, Mapping):
        raise ValueError(f"An attachment is described by a mapping, not by {found!r}")  # noqa: TRY004 - of JSON
    content = found.get("content")
    if content is not None and not isinstance(content, str):
        raise ValueError(f"The content of an attachment has to be base64 text, not {content!r}")
    return Attachment(
        type=found.get("type"),
        path=found.get("path"),
        url=found.get("url"),
        content=binascii.a2b_base64(content) if content else None,
    )


def _file_digest(path: str) -> str:
    import hashlib

    digest = hashlib.sha256()
    with open(path, "rb") as file:  # noqa: PTH123 -- pathlib would cost its import
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _client() -> "httpx2.Client":
    import httpx2

    return httpx2.Client(max_redirects=_MAX_REDIRECTS, follow_redirects=True, timeout=_TIMEOUT)


def _ask_type(url: str) -> str | None:
    with _client() as client:
        response = client.head(url)
    response.raise_for_status()
    return response.headers.get("content-type", "").partition(";")[0].strip().lower() or None


def _download(url: str) -> bytes:
    content = bytearray()
    with _client() as client, client.stream("GET", url) as response:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > MAX_DOWNLOAD:
                raise ModelError(f"{url} is larger than {MAX_DOWNLOAD >> 20} MB: attach a smaller file")
    return bytes(content)
