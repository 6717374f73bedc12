"""Installing packages into the environment that this program runs in, and remembering what the user asked for.

An upgrade of the program, or of Python, may rebuild that environment without its plugins. What was asked for is kept in
the user directory, so that it can be installed again.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm.core.errors import UserError
from llm.registry.distributions import normalised
from llm.registry.paths import INSTALLED_PLUGINS_FILE
from llm.registry.settings import Change, read_json_object, update_json_object

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^]]*\])?\s*(?:$|[<>=!~;@(])")
# In web addresses all that stands before the host; elsewhere the password only, as `git@` says which service it is.
_CREDENTIALS = re.compile(r"(https?://)[^/\s]+@|(://[^/:@\s]+):[^/\s]+(?=@)")
#: what the options of `llm install` are called by either program
_PIP_FLAGS = {
    "upgrade": "--upgrade",
    "no_cache_dir": "--no-cache-dir",
    "pre": "--pre",
    "force_reinstall": "--force-reinstall",
}
_UV_FLAGS = {
    "upgrade": "--upgrade",
    "no_cache_dir": "--no-cache",
    "pre": "--prerelease=allow",
    "force_reinstall": "--reinstall",
}


class NoInstallerError(UserError):
    """Neither pip nor uv is there."""


@dataclass(frozen=True, slots=True)
class Installer:
    """The program that installs into this environment."""

    command: tuple[str, ...]
    is_uv: bool = False

    def install(
        self, packages: Iterable[str], editable: str | None = None, *, force_reinstall: bool = False, **options: bool
    ) -> list[list[str]]:
        """Return the command lines that install packages, to be run in turn; `options` are the others of
        `llm install`.

        Only what is named is forced, and what it needs is looked at afterwards: both programs would force that as well,
        this package among it, and the index may have another version of it only.
        """
        names = _UV_FLAGS if self.is_uv else _PIP_FLAGS
        flags = [names[option] for option, wanted in options.items() if wanted]
        words = [*flags, *(["--editable", editable] if editable else []), *packages]
        lines = [self._line("install", words)]
        if force_reinstall:
            lines.insert(0, self._line("install", [names["force_reinstall"], "--no-deps", *words]))
        return lines

    def uninstall(self, packages: Iterable[str], *, yes: bool) -> list[str]:
        """Return the command line that removes packages. uv never asks back."""
        return self._line("uninstall", [*(["--yes"] if yes and not self.is_uv else []), *packages])

    def _line(self, action: str, arguments: Sequence[str]) -> list[str]:
        target = ["--python", sys.executable] if self.is_uv else []
        return [*self.command, action, *target, *arguments]


def installer() -> Installer:
    """Return the program that owns this environment: uv if it made it, else pip. Raises `NoInstallerError`."""
    from importlib.util import find_spec
    from shutil import which

    uv, has_pip = which("uv"), find_spec("pip") is not None
    if uv is not None and (_made_by_uv(Path(sys.prefix)) or not has_pip):
        return Installer((uv, "pip"), is_uv=True)
    if has_pip:
        return Installer((sys.executable, "-m", "pip"))
    raise NoInstallerError(f"pip is missing in {sys.prefix}. Install it with: {sys.executable} -m ensurepip")


def _made_by_uv(prefix: Path) -> bool:
    if (prefix / "uv-receipt.toml").exists():
        return True
    try:
        settings = (prefix / "pyvenv.cfg").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.partition("=")[0].strip() == "uv" for line in settings.splitlines())


@dataclass(frozen=True, slots=True)
class Wanted:
    """A package that the user asked for."""

    name: str  #: of the distribution, or the requirement itself where that tells none
    requirement: str
    editable: bool = False
    pre: bool = False


def wanted_packages() -> list[Wanted]:
    """Return what the user asked for, in that order. Raises `SettingsError` if the file is damaged."""
    return [_from_row(name, row) for name, row in read_json_object(_path()).items() if isinstance(row, dict)]


def remember(packages: Iterable[str], editable: str | None = None, *, pre: bool = False) -> list[str]:
    """Note what was installed; return the requirements whose credentials were left out of that.

    The program itself is not noted, unless with extras: it is what remembers.
    """
    asked = [_wanted(package, pre=pre) for package in packages]
    if editable:
        asked.append(_wanted(editable, editable=True, pre=pre))
    kept = [one for one in asked if one.name and (one.name != "llm" or "[" in one.requirement)]

    def change(rows: dict[str, Any]) -> None:
        rows.update({one.name: {key: value for key, value in asdict(one).items() if value} for one in kept})

    if kept:
        _update(change)
    given = [*packages, *([editable] if editable else [])]
    return [_without_credentials(text) for text in given if _CREDENTIALS.search(text)]


def forget(packages: Iterable[str]) -> None:
    """Note that packages were removed, those of them that are gone: who removes is asked whether to."""
    names = {normalised(_name(package) or package) for package in packages} - _present()

    def change(rows: dict[str, Any]) -> None:
        for name in names & rows.keys():
            del rows[name]

    if _path().exists():
        _update(change)


def missing_packages() -> list[Wanted]:
    """Return what the user asked for and this environment has not."""
    present = _present()
    return [one for one in wanted_packages() if one.name not in present]


def _present() -> set[str]:
    return {normalised(str(one.metadata["Name"])) for one in _distributions()}


def _distributions() -> Iterator[Distribution]:
    """Yield what is installed; a folder of sources on the path, as the current one may be, is not."""
    from importlib.metadata import distributions

    return iter(distributions(path=[entry for entry in sys.path if entry.endswith("-packages")]))


def _update(change: Change) -> None:
    update_json_object(_path(), change, indent=2, final_newline=True, private=True)


def _path() -> Path:
    import llm

    return llm.user_dir() / INSTALLED_PLUGINS_FILE


def _from_row(name: str, row: Mapping[str, Any]) -> Wanted:
    return Wanted(name, str(row.get("requirement", name)), bool(row.get("editable")), bool(row.get("pre")))


def _wanted(package: str, *, pre: bool, editable: bool = False) -> Wanted:
    requirement = _without_credentials(package)
    is_path = _is_path(package) or (editable and "://" not in package)
    if is_path:
        requirement = os.path.abspath(package)  # noqa: PTH100 - a symbolic link stays one
    name = None if is_path else _name(package)
    return Wanted(normalised(name or _name_at(requirement) or requirement), requirement, editable, pre)


def _without_credentials(package: str) -> str:
    return _CREDENTIALS.sub(lambda found: found[1] or found[2], package)


def _is_path(package: str) -> bool:
    path = package.partition("[")[0]
    is_place = any(separator in path for separator in (os.sep, os.altsep) if separator) or path in {".", ".."}
    return "://" not in package and (is_place or path.endswith((".whl", ".tar.gz", ".zip")))


def _name(package: str) -> str | None:
    found = _NAME.match(package)
    return found[1] if found and not _is_path(package) else None


def _name_at(requirement: str) -> str | None:
    """Return the name of the installed distribution that came from an address or a path."""
    from urllib.parse import unquote, urlsplit

    try:
        is_address = "://" in requirement
        address = requirement if is_address else Path(os.path.realpath(requirement.partition("[")[0])).as_uri()
        wanted = urlsplit(address.removeprefix("git+"))
    except ValueError:  # neither address nor path
        return None
    path = unquote(wanted.path.partition("@")[0])
    for one in _distributions():
        source = urlsplit(_source_of(one))
        same_host = (source.hostname or "") == (wanted.hostname or "")
        if source.scheme and same_host and _same_path(unquote(source.path), path):
            return str(one.metadata["Name"])
    return None


def _same_path(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _source_of(distribution: Distribution) -> str:
    import json

    try:
        return str(json.loads(distribution.read_text("direct_url.json") or "{}").get("url", ""))
    except (ValueError, AttributeError):
        return ""
