"""What is published, built and tried as its users get it: `make package`.

Builds the wheel and the source distribution, looks at what is in them and at their metadata, installs each into an
environment of its own, and the clone into one of these, as it is and editable, and runs commands there. Not one of the
tests, as it needs the package index and takes minutes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.packaging.contents import REPOSITORY, faults
from tests.packaging.smoke import failures


@dataclass(frozen=True, slots=True)
class Way:
    """A way of installing: into which environment, and what pip is told."""

    name: str
    environment: str
    words: tuple[str, ...]
    local: bool = False


def run(*words: str | Path) -> None:
    """Run a program that has to succeed; what it prints is shown if it does not."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")


def ways(wheel: Path, sdist: Path) -> tuple[Way, ...]:
    """Return the ways of installing; the clone comes into an environment that has what it needs."""
    again = ("--no-deps", "--force-reinstall")
    return (
        Way("wheel", "wheel", (f"{wheel}[local]",), local=True),
        Way("sdist", "sdist", (str(sdist),)),
        Way("clone", "sdist", (*again, str(REPOSITORY))),
        Way("editable", "sdist", (*again, "--editable", str(REPOSITORY))),
    )


def install(way: Way, folder: Path) -> Path:
    """Install in this way, and return the folder of programs of the environment."""
    environment = folder / way.environment
    binaries = environment / ("Scripts" if sys.platform == "win32" else "bin")
    if not environment.exists():
        run(sys.executable, "-m", "venv", environment)
        run(binaries / "python", "-m", "pip", "install", "--quiet", "--upgrade", "pip")
    run(binaries / "python", "-m", "pip", "install", "--quiet", *way.words)
    return binaries


def check_metadata(folder: Path, *archives: Path) -> None:
    """Let twine, in an environment of its own, look at the metadata and at how the description is shown."""
    twine = folder / "twine"
    run(sys.executable, "-m", "venv", twine)
    python = twine / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", "twine")
    run(python, "-m", "twine", "check", "--strict", *archives)


def problems(folder: Path) -> Iterator[str]:
    """Build, look and try; yield what is wrong."""
    run(sys.executable, "-m", "build", "--outdir", folder / "dist", REPOSITORY)
    [wheel], [sdist] = (list((folder / "dist").glob(pattern)) for pattern in ("*.whl", "*.tar.gz"))
    print(f"built {wheel.name} and {sdist.name}", flush=True)
    yield from faults(wheel, sdist)
    check_metadata(folder, wheel, sdist)
    for way in ways(wheel, sdist):
        binaries = install(way, folder)
        home = folder / f"home-{way.name}"
        home.mkdir()
        yield from failures(binaries, home, local=way.local)
        print(f"tried {way.name}", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="llm-package-") as name:
        found = 0
        for problem in problems(Path(name)):
            found += 1
            print(problem, flush=True)
    print(f"{found} problems" if found else "The packages are as they should be.")
    sys.exit(bool(found))
