"""What belongs into the wheel and into the source distribution: what git knows, no more and no less."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path
from zipfile import ZipFile

REPOSITORY = Path(__file__).parents[2]
#: what users miss if it is not there, whatever git knows
IN_WHEEL = {
    "llm/py.typed",
    *(f"llm/cli/scripts/completion.{shell}" for shell in ("bash", "zsh", "fish", "ps1")),
}
METADATA = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
NOT_IN_SDIST = (".ci/", ".github/")


def faults(wheel: Path, sdist: Path) -> list[str]:
    """Return a line for each file that is missing in one of them, or should not be there."""
    tracked = set(subprocess.check_output(["git", "ls-files"], cwd=REPOSITORY, text=True).splitlines())
    package = {path.removeprefix("src/") for path in tracked if path.startswith("src/")}
    stem = "-".join(wheel.name.split("-")[:2])
    return [
        *_differences("wheel", _in_wheel(wheel), package | IN_WHEEL | {f"{stem}.dist-info/{n}" for n in METADATA}),
        *_differences(
            "sdist",
            _in_sdist(sdist),
            {f"{stem}/{path}" for path in [*tracked, "PKG-INFO"] if not path.startswith(NOT_IN_SDIST)},
        ),
    ]


def _in_wheel(path: Path) -> set[str]:
    with ZipFile(path) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def _in_sdist(path: Path) -> set[str]:
    with tarfile.open(path) as archive:
        return {member.name for member in archive.getmembers() if member.isfile()}


def _differences(where: str, found: set[str], expected: set[str]) -> list[str]:
    return [
        *(f"not in the {where}: {name}" for name in sorted(expected - found)),
        *(f"in the {where}, but not in git: {name}" for name in sorted(found - expected)),
    ]
