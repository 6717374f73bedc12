"""The weights file of a model: where it is, whether it is there, and whether it is what it should be.

Published weights are trusted only after their hash was right. Hashing takes a third of a second, so the size and time
of a file that was right are kept in a note beside it; a file that still has both is not hashed again.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from llm.core.errors import SettingsError
from llm.providers.local.catalog import LocalModel, LocalModelError, PublishedWeights, folder
from llm.registry.settings import write_text_atomically

_BLOCK = 1 << 20


def path_of(model: LocalModel) -> Path:
    """Return where the weights of a model are, or will be once they have been fetched."""
    if model.published is not None:
        return folder() / model.published.file
    if model.file is None:
        raise LocalModelError(f"The local model {model.name!r} has no weights")
    return model.file


def is_intact(path: Path, published: PublishedWeights) -> bool:
    """Tell whether this file is the published one, hashing it if it may have changed since it was hashed last."""
    stamp = _stamp(path)
    if stamp is None or stamp["size"] != published.size:
        return False
    stamp["sha256"] = published.sha256
    if _noted(path) == stamp:
        return True
    if sha256_of(path) != published.sha256:
        return False
    _note(path, stamp)
    return True


def note_intact(path: Path, published: PublishedWeights) -> None:
    """Remember that this file has just been found to be the published one."""
    stamp = _stamp(path)
    if stamp is not None:
        _note(path, {**stamp, "sha256": published.sha256})


def delete(path: Path) -> bool:
    """Delete a weights file and the note about it; tell whether there was a file. Raises `LocalModelError`."""
    try:
        _note_path(path).unlink(missing_ok=True)
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise LocalModelError(f"Cannot delete {path}: {error.strerror}") from error
    return True


def sha256_of(path: Path) -> str:
    """Return the SHA-256 digest of a file in hexadecimal."""
    from hashlib import sha256

    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _stamp(path: Path) -> dict[str, object] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return {"size": found.st_size, "mtime_ns": found.st_mtime_ns}


def _note_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.verified.json")


def _noted(path: Path) -> object:
    try:
        return json.loads(_note_path(path).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _note(path: Path, stamp: dict[str, object]) -> None:
    with suppress(SettingsError):  # without the note the file is hashed once more, that is all
        write_text_atomically(_note_path(path), json.dumps(stamp) + "\n")
