"""`llm install` remembers what was asked for, and `llm plugins restore` installs it again."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llm.cli import cli
from llm.features import installer
from llm.features.installer import Installer


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was to be run; it fails for packages with `bad` in their name."""
    seen: list[list[str]] = []

    def call(arguments: list[str]) -> int:
        seen.append(arguments)
        return int("bad" in arguments[-1])

    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr(installer, "installer", lambda: Installer(("pip",)))
    return seen


def run(*words: str, **more: str) -> Result:
    return CliRunner().invoke(cli, words, **more)  # type: ignore[arg-type]


def test_install_and_restore(calls: list[list[str]], user_path: Path) -> None:
    """What is missing is installed, each package in a run of its own, with the options that it was asked for with."""
    run("install", "llm-one", "--pre")
    run("install", "-e", str(user_path))
    calls.clear()
    result = run("plugins", "restore")
    assert result.exit_code == 0
    assert calls == [["pip", "install", "--pre", "llm-one"], ["pip", "install", "--editable", str(user_path)]]
    assert (result.stdout, result.stderr.count("Installing")) == ("", 2)


def test_dry_run(calls: list[list[str]]) -> None:
    """`--dry-run` shows the requirements and installs nothing."""
    run("install", "llm-one>=1", "llm-two")
    calls.clear()
    assert (run("plugins", "restore", "--dry-run").stdout, calls) == ("llm-one>=1\nllm-two\n", [])


def test_one_that_fails(calls: list[list[str]]) -> None:
    """A package that cannot be installed is named at the end, and stops no other; what was asked for stays known."""
    run("install", "llm-a", "llm-b")
    path = installer._path()
    path.write_text(path.read_text().replace("llm-a", "llm-bad"))
    calls.clear()
    result = run("plugins", "restore")
    assert result.exit_code == 1
    assert "Not installed: llm-bad" in result.stderr
    assert len(calls) == 2
    assert list(json.loads(path.read_text())) == ["llm-bad", "llm-b"]


def test_nothing_to_restore(calls: list[list[str]]) -> None:
    """When everything is there, that is said on standard error."""
    result = run("plugins", "restore")
    assert (result.exit_code, result.stdout, calls) == (0, "", [])
    assert "is there" in result.stderr


def test_failed_installation(calls: list[list[str]], user_path: Path) -> None:
    """What could not be installed is not remembered; the exit code is that of the program that failed."""
    assert run("install", "llm-bad").exit_code == 1
    assert not (user_path / "installed-plugins.json").exists()


def test_uninstalled(calls: list[list[str]], user_path: Path) -> None:
    """What was uninstalled is forgotten."""
    run("install", "llm-one", "llm-two")
    assert run("uninstall", "llm-one", "-y").exit_code == 0
    assert list(json.loads((user_path / "installed-plugins.json").read_text())) == ["llm-two"]


def test_uv_is_asked_for(monkeypatch: pytest.MonkeyPatch, calls: list[list[str]]) -> None:
    """uv removes without asking, so the question is asked here, unless `-y` is given."""
    monkeypatch.setattr(installer, "installer", lambda: Installer(("uv", "pip"), is_uv=True))
    result = run("uninstall", "llm-one", input="n\n")
    assert (result.exit_code, calls) == (1, [])
    assert run("uninstall", "llm-one", input="y\n").exit_code == 0
    assert run("uninstall", "llm-one", "-y").exit_code == 0
    assert len(calls) == 2


def test_damaged_memory(calls: list[list[str]], user_path: Path) -> None:
    """A damaged file of what was asked for stops no installation, and is left for its owner to mend."""
    (user_path / "installed-plugins.json").write_text("{")
    result = run("install", "llm-one")
    assert (result.exit_code, len(calls)) == (0, 1)
    assert result.stderr.startswith("Warning: ")
    assert "installed-plugins.json" in result.stderr
    assert run("plugins", "restore").exit_code == 1
    assert (user_path / "installed-plugins.json").read_text() == "{"


def test_credentials_are_told(calls: list[list[str]]) -> None:
    """That credentials were left out is told once, on standard error."""
    result = run("install", "https://me:secret@example.org/x.whl")
    assert result.stderr == "Remembered without its credentials: https://example.org/x.whl\n"
