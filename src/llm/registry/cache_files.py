"""Files that only save time: what is in them can be worked out anew.

So one that is missing, damaged or of another format is as good as none, and so is one that cannot be written.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

from llm.registry.paths import PLUGIN_CACHE_FOLDER, user_folder

#: What using a file raises whose content is not what it should be; only somebody's editor could make one.
UNUSABLE = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


def cache_path(name: str) -> Path:
    """Return the path of the cache file of this name."""
    return user_folder() / PLUGIN_CACHE_FOLDER / name


def load(path: Path, *, form: int) -> dict[str, Any]:
    """Return what `save` wrote. Raises one of `UNUSABLE` if that is not there any more, or is of another format."""
    import json

    text, _, checksum = path.read_bytes().rpartition(b"\n")
    content: dict[str, Any] = json.loads(text)
    if int(checksum, 16) != crc32(text) or content["format"] != form:
        raise ValueError("damaged, or of another format")
    return content


def save(path: Path, content: dict[str, Any], *, form: int) -> None:
    """Store JSON data, for the user's eyes only, if it can be stored."""
    import json

    text = json.dumps({"format": form, **content}, separators=(",", ":")).encode()
    temporary = path.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}.tmp")
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text + b"\n" + f"{crc32(text):x}".encode())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
