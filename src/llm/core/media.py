"""Media types, found by looking at the first bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

_PREFERRED = {"audio/wave": "audio/wav"}  # the name that model APIs know
_ID3 = b"ID3"  # puremagic takes many MP3 files for an audio format that has no media type


def mimetype_from_string(content: bytes) -> str | None:
    """Return the media type of these bytes, `None` if it is unknown."""
    import puremagic

    return _sniff(lambda: puremagic.from_string(content, mime=True) or _mp3(content))


def mimetype_from_path(path: str | PathLike[str]) -> str | None:
    """Return the media type of this file, `None` if it is unknown or the file cannot be read."""
    import puremagic

    return _sniff(lambda: puremagic.from_file(path, mime=True) or _mp3(_head(path)))


def _sniff(look: Callable[[], str]) -> str | None:
    from puremagic import PureError

    try:
        found = look()
    except (PureError, OSError, ValueError):  # unknown, unreadable, empty
        return None
    return _PREFERRED.get(found, found) or None


def _mp3(content: bytes) -> str:
    return "audio/mpeg" if content.startswith(_ID3) else ""


def _head(path: str | PathLike[str]) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 -- pathlib would cost its import
        return file.read(len(_ID3))


mimetype_from_string.__module__ = "llm.utils"
mimetype_from_path.__module__ = "llm.utils"
