"""What the command `llm` remembers of `extra-openai-models.yaml`."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from llm.providers.openai import extra_file
from llm.registry.manifest import Manifest
from llm.registry.manifest_in_use import use_manifest
from tests.contracts.processes import modules_after

TEXT = "- {model_id: mine, model_name: theirs, timeout: 1.5, vision: true}\n"
ENTRIES = [{"model_id": "mine", "model_name": "theirs", "timeout": 1.5, "vision": True}]


class Reader:
    """Reads the file as one process after the other would, and counts how often YAML was parsed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = folder / "extra-openai-models.yaml"
        self.cache = folder / "plugin-cache"
        self.parsed = 0
        self._monkeypatch = monkeypatch
        parse = yaml.safe_load

        def counted(text: Any) -> Any:
            self.parsed += 1
            return parse(text)

        monkeypatch.setattr(yaml, "safe_load", counted)

    def write(self, text: str) -> None:
        """Write the file."""
        self.file.write_text(text, encoding="utf-8")

    def read(self) -> list[Any]:
        """Return the entries, as a new process sees them."""
        self._monkeypatch.setattr(extra_file, "_last", None)
        return extra_file.entries_of(str(self.file))


@pytest.fixture
def reader(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader in a process that is a program."""
    reader = Reader(user_path, monkeypatch)
    reader.write(TEXT)
    monkeypatch.setattr(extra_file, "settled", lambda *_: True)
    return reader


@pytest.fixture
def command(reader: Reader) -> Iterator[Reader]:
    """A reader in a process that is the command `llm`."""
    use_manifest(Manifest())
    yield reader
    use_manifest(None)


def test_remembered(command: Reader) -> None:
    """Of one text, the command parses YAML once."""
    assert [command.read() for _ in range(3)] == [ENTRIES] * 3
    assert command.parsed == 1


def test_changed(command: Reader) -> None:
    """A file that was changed is read again, also where its size and date are as before."""
    command.read()
    before = command.file.stat()
    command.write(TEXT.replace("mine", "hers"))
    os.utime(command.file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert command.read()[0]["model_id"] == "hers"
    command.file.unlink()
    assert command.read() == []


def test_changed_a_moment_ago(command: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written so shortly before that another change might not show is not remembered."""
    monkeypatch.undo()
    monkeypatch.setenv("LLM_USER_PATH", str(command.file.parent))
    monkeypatch.setattr(time, "time_ns", lambda: command.file.stat().st_ctime_ns + 1)
    command.read()
    assert not command.cache.exists()


def test_programs_write_nothing(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is not the command, or one told to use no cache, reads the file and leaves nothing behind."""
    assert reader.read() == ENTRIES
    monkeypatch.setenv("LLM_NO_PLUGIN_CACHE", "1")
    use_manifest(Manifest())
    try:
        assert reader.read() == ENTRIES
    finally:
        use_manifest(None)
    assert not reader.cache.exists()


@pytest.mark.parametrize("text", ["- 2026-01-01\n", "- {1: a}\n", "- .nan\n", "- !!binary aGk=\n"])
def test_what_is_no_json(command: Reader, text: str) -> None:
    """What JSON cannot hold as it is in YAML is parsed every time."""
    command.write(text)
    first = command.read()
    assert repr(command.read()) == repr(first)
    assert command.parsed == 2


@pytest.mark.parametrize("text", ["a: b\n", "- [\n", ""])
def test_mistakes_are_told_every_time(command: Reader, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that makes no sense is not remembered: each command says so."""
    command.write(text)
    assert command.read() == []
    assert not command.cache.exists()
    assert "extra-openai-models.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("damage", [b"", b"{}\n0", b"\xff", b'{"format":1}\n00'])
def test_damaged(command: Reader, damage: bytes) -> None:
    """Whatever is in the place of the cache, the entries are those of the file."""
    command.read()
    (stored,) = command.cache.iterdir()
    stored.write_bytes(damage)
    assert command.read() == ENTRIES
    assert command.read() == ENTRIES
    assert command.parsed == 2


def test_no_place_for_it(command: Reader) -> None:
    """A cache that cannot be written stops nothing."""
    command.cache.write_text("in the way")
    assert command.read() == ENTRIES


def test_private(command: Reader) -> None:
    """Only the user can read what is remembered: headers of the file may hold secrets."""
    command.read()
    (stored,) = command.cache.iterdir()
    if os.name != "nt":
        assert (stored.stat().st_mode | command.cache.stat().st_mode) & 0o077 == 0


def test_listing_without_yaml(user_path: Path) -> None:
    """Once the command has read the file, it lists models without importing a YAML parser."""
    (user_path / "extra-openai-models.yaml").write_text(TEXT, encoding="utf-8")
    assert "yaml" in modules_after("models list", command=True)
    assert "yaml" not in modules_after("models list", command=True)
    shutil.rmtree(user_path / "plugin-cache")
    assert "yaml" in modules_after("aliases list", command=True)
