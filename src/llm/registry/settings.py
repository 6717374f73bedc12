"""Reading and writing settings files, so that no crash, full disk or second writer can lose any of them.

A file is replaced as a whole: a complete copy is written beside it, synced and renamed over it. Changes of a JSON file
happen under a lock, from reading to renaming.
"""

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from llm.core.errors import SettingsError
from llm.registry.file_lock import settings_lock

#: edits the content of a settings file in place
Change: TypeAlias = Callable[[dict[str, Any]], object]


class DamagedSettingsError(SettingsError, ValueError):
    """A settings file is not a JSON object. (A `ValueError`, as the decoder's own error is.)"""


class BrokenJSONError(DamagedSettingsError, json.JSONDecodeError):
    """A settings file is not JSON at all: an error of the decoder as well, for programs that expect that one."""

    def __init__(self, message: str, error: json.JSONDecodeError) -> None:
        ValueError.__init__(self, message)
        # All that the decoder's error says, but for the file's text: it may hold keys.
        vars(self).update(vars(error), doc="")

    def __reduce__(self) -> tuple[type[DamagedSettingsError], tuple[str]]:
        return DamagedSettingsError, (str(self),)


def read_json_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file, empty if there is no file.

    Raises `DamagedSettingsError` if the content is something else, and `SettingsError` if the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except IsADirectoryError as error:
        raise SettingsError(f"{path} is a folder, where a file should be. Move it away.") from error
    except OSError as error:
        raise SettingsError(f"Cannot read {path}: {error.strerror}") from error
    try:
        content = json.loads(data)
    except json.JSONDecodeError as error:
        raise BrokenJSONError(str(_damaged(path, f"is not valid JSON: {error}")), error) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise _damaged(path, "does not hold a JSON object")
    return content


def update_json_object(
    path: Path,
    change: Change,
    *,
    indent: int,
    final_newline: bool,
    private: bool = False,
) -> None:
    """Change the JSON object in a file, or in a new one, in place: `change` gets it and edits it.

    What `change` raises leaves the file as it was. Raises `DamagedSettingsError`, and changes nothing, if the file
    holds no JSON object; `SettingsError` if it cannot be read or written. `private`: only the user may read the file.
    """
    with _writing(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with settings_lock(path.parent):
            content = read_json_object(path)
            change(content)
            end = "\n" if final_newline else ""
            _replace(path, json.dumps(content, indent=indent) + end, private=private)


def write_text_atomically(path: Path, text: str) -> None:
    """Replace a file by one with this text, in UTF-8; its permissions stay.

    Raises `SettingsError` if it cannot be written; the old content is then still there.
    """
    with _writing(path):
        _replace(path, text, private=False)


def set_aside_if_damaged(path: Path) -> Path | None:
    """Rename a file that holds no JSON object; return its new name, or None if it was in order."""
    with _writing(path), settings_lock(path.parent):
        try:
            read_json_object(path)
        except DamagedSettingsError:
            aside = _unused(path.with_name(f"{path.name}.damaged"))
            path.rename(aside)
            return aside
    return None


def _damaged(path: Path, what: str) -> DamagedSettingsError:
    return DamagedSettingsError(f"{path} {what}. Correct it in an editor, or move it away to start anew.")


def _unused(path: Path) -> Path:
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        link = f", a link to {os.path.realpath(path)}" if path.is_symlink() else ""
        raise SettingsError(f"Cannot write {path}{link}: {error.strerror}") from error


def _replace(path: Path, text: str, *, private: bool) -> None:
    target = Path(os.path.realpath(path))  # a symbolic link stays one
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # Windows would write \r\n otherwise
    descriptor = os.open(temporary, flags, 0o600 if private else 0o666)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            _take_over_permissions(descriptor, target, private=private)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _take_over_permissions(descriptor: int, target: Path, *, private: bool) -> None:
    if sys.platform == "win32":
        return
    with suppress(FileNotFoundError):
        existing = target.stat()
        os.fchmod(descriptor, 0o600 if private else stat.S_IMODE(existing.st_mode))
        if os.geteuid() == 0:  # under sudo the file has to stay its owner's
            os.fchown(descriptor, existing.st_uid, existing.st_gid)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    with suppress(OSError):  # some file systems do not sync folders; the file itself is safe
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
