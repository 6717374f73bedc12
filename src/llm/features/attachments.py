"""From what was typed after `-a` to an attachment whose media type is known, or left to the server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from llm.core.attachments import Attachment
from llm.core.errors import UserError
from llm.core.media import mimetype_from_path, mimetype_from_string
from llm.features.standard_input import StandardInput
from llm.features.web import ProbeType, probe_type


class AttachmentError(UserError):
    """A file, URL or input cannot be attached. The message names it."""

    __module__ = "llm.cli"


@dataclass(frozen=True, slots=True)
class AttachmentRequest:
    """An attachment that a template asks for: a path, a URL or `-`, and the media type if it is given."""

    value: str
    type: str | None = None


def resolve_attachment(
    value: str, *, probe: ProbeType = probe_type, stdin: StandardInput | None = None
) -> Attachment:  # fmt: skip
    """Return the attachment that a path, a URL or `-` for standard input stands for, with its media type.

    A URL is asked for its type, and need not tell it; nothing else is fetched. Raises `AttachmentError` for what does
    not exist or has no type that can be found.
    """
    found = _placed(value, stdin)
    found.type = _probed(found.url, probe) if found.url is not None else _detected(found, value)
    return found


def resolve_attachment_with_type(value: str, mimetype: str, *, stdin: StandardInput | None = None) -> Attachment:
    """Return the attachment that a path, a URL or `-` stands for, with this media type; no URL is asked for anything.

    Raises `AttachmentError` for a file that does not exist.
    """
    found = _placed(value, stdin)
    found.type = mimetype
    return found


def resolve_attachments(items: Iterable[Attachment | AttachmentRequest]) -> list[Attachment]:
    """Return the attachments, resolving those that are only asked for. Raises `AttachmentError`."""
    return [item if isinstance(item, Attachment) else _resolved(item) for item in items]


def _resolved(request: AttachmentRequest) -> Attachment:
    if request.type is None:
        return resolve_attachment(request.value)
    return resolve_attachment_with_type(request.value, request.type)


def _placed(value: str, stdin: StandardInput | None) -> Attachment:
    """Return the attachment that a path, a URL or `-` stands for, its media type left open."""
    if value == "-":
        return Attachment(content=_content(stdin))
    if "://" in value:
        return Attachment(url=value)
    path = _existing(value)
    return Attachment(path=str(path.resolve())) if path.is_file() else Attachment(content=_read_once(path))


def _probed(url: str, probe: ProbeType) -> str | None:
    try:
        return probe(url)
    except UserError as error:
        raise AttachmentError(str(error)) from error


def _detected(attachment: Attachment, value: str) -> str:
    """Return the media type of a file or of content, which `value` stood for."""
    if attachment.content is not None:
        return _known(mimetype_from_string(attachment.content), value)
    path = Path(value)
    if not path.stat().st_size:
        raise AttachmentError(f"File {value} is empty")
    return _known(mimetype_from_path(path), value)


def _content(stdin: StandardInput | None) -> bytes:
    content = (stdin or StandardInput()).content()
    if not content:
        raise AttachmentError("There is nothing to attach on standard input")
    return content


def _existing(value: str) -> Path:
    """Return the path of a file, a pipe or a device."""
    path = Path(value)
    try:
        found, is_folder = path.exists(), path.is_dir()
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise AttachmentError(f"Cannot read {value}: {getattr(error, 'strerror', None) or error}") from error
    if not found:
        raise AttachmentError(f"File {value} does not exist")
    if is_folder:
        raise AttachmentError(f"{value} is a folder: attach its files one by one")
    return path


def _read_once(pipe: Path) -> bytes:
    """Return what comes through a pipe, such as the shell's `<(command)`: later it is empty, or not even there."""
    try:
        content = pipe.read_bytes()
    except OSError as error:
        raise AttachmentError(f"Cannot read {pipe}: {error.strerror}") from error
    if not content:
        raise AttachmentError(f"There is nothing to attach in {pipe}")
    return content


def _known(mimetype: str | None, value: str) -> str:
    if mimetype is None:
        what = "standard input" if value == "-" else value
        raise AttachmentError(f"Could not determine the media type of {what}. Give it with: --at {value} TYPE")
    return mimetype
