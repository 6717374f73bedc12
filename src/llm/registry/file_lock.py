"""One process at a time changes the settings of a folder.

The lock is the operating system's, on a file that stays: it goes away with the process that holds it, however that
process ends.
"""

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llm.core.errors import SettingsError

LOCK_FILE = ".settings.lock"
PATIENCE = 30.0  #: seconds to wait for another process
PAUSE = 0.02

_BUSY = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    # flock and not lockf: its locks belong to the open file, so threads of one process exclude each other as well.
    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def settings_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; not re-entrant.

    Raises `SettingsError` if somebody else keeps it for longer than `PATIENCE` seconds, and `OSError` if the lock file
    cannot be written.
    """
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        held = _wait_for(descriptor, folder)
        try:
            yield
        finally:
            if held:
                _unlock(descriptor)
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, folder: Path) -> bool:
    """Return whether there is a lock to release: some network file systems have none, and that must not stop anyone."""
    give_up_at = time.monotonic() + PATIENCE
    while True:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno not in _BUSY:
                return False
        else:
            return True
        if time.monotonic() >= give_up_at:
            raise SettingsError(
                f"Another process has been changing the settings in {folder} for {PATIENCE:.0f} seconds. "
                "Try again when it has ended."
            )
        time.sleep(PAUSE)
