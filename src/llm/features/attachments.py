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
    if value == "-":
        content = _content(stdin)
        return Attachment(type=_known(mimetype_from_string(content), value), content=content)
    if "://" in value:
        try:
            return Attachment(type=probe(value), url=value)
        except UserError as error:
            raise AttachmentError(str(error)) from error
    path = _existing(value)
    if not path.is_file():
        content = _read_once(path)
        return Attachment(type=_known(mimetype_from_string(content), value), content=content)
    if not path.stat().st_size:
        raise AttachmentError(f"File {value} is empty")
    return Attachment(type=_known(mimetype_from_path(path), value), path=str(path.resolve()))


def resolve_attachment_with_type(value: str, mimetype: str, *, stdin: StandardInput | None = None) -> Attachment:
    """Return the attachment that a path, a URL or `-` stands for, with this media type; no URL is asked for anything.

    Raises `AttachmentError` for a file that does not exist.
    """
    if value == "-":
        return Attachment(type=mimetype, content=_content(stdin))
    if "://" in value:
        return Attachment(type=mimetype, url=value)
    path = _existing(value)
    if not path.is_file():
        return Attachment(type=mimetype, content=_read_once(path))
    return Attachment(type=mimetype, path=str(path.resolve()))


def resolve_attachments(items: Iterable[Attachment | AttachmentRequest]) -> list[Attachment]:
    """Return the attachments, resolving those that are only asked for. Raises `AttachmentError`."""
    return [item if isinstance(item, Attachment) else _resolved(item) for item in items]


def _resolved(request: AttachmentRequest) -> Attachment:
    if request.type is None:
        return resolve_attachment(request.value)
    return resolve_attachment_with_type(request.value, request.type)


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
