"""Which program installs into this environment, and what is remembered of what the user asked for."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from llm.features import installer as module
from llm.features.installer import Installer, NoInstallerError, forget, installer, missing_packages, remember
from llm.registry.distributions import normalised

PIP = (sys.executable, "-m", "pip")
UV = Installer(("uv", "pip"), is_uv=True)
UV_INSTALL = ["uv", "pip", "install", "--python", sys.executable]


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that pip made."""
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return tmp_path


@pytest.fixture
def uv(monkeypatch: pytest.MonkeyPatch) -> str:
    """uv is there."""
    monkeypatch.setattr(shutil, "which", lambda name: f"/opt/{name}")
    return "/opt/uv"


def stored(user_path: Path) -> dict[str, object]:
    """What is remembered."""
    found: dict[str, object] = json.loads((user_path / "installed-plugins.json").read_text())
    return found


def test_pip_owns_what_it_made(prefix: Path, uv: str) -> None:
    """An environment that uv did not make is pip's, also where uv is there."""
    assert installer() == Installer(PIP)


@pytest.mark.parametrize("sign", ["pyvenv.cfg", "uv-receipt.toml"])
def test_uv_owns_what_it_made(prefix: Path, uv: str, sign: str) -> None:
    """uv owns environments that it made, for a project or for a tool."""
    with (prefix / sign).open("a") as file:
        file.write("uv = 0.9.1\n")
    assert installer() == Installer((uv, "pip"), is_uv=True)


def test_uv_is_used_without_pip(prefix: Path, uv: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pip is missing, uv does its work."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert installer().is_uv


def test_neither(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without either, the error says how to get pip."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NoInstallerError, match="ensurepip"):
        installer()


def test_command_lines() -> None:
    """Options get the names that either program has for them; uv is told which environment it is about."""
    options = {"upgrade": True, "no_cache_dir": True, "pre": True}
    assert Installer(("pip",)).install(["x"], ".", **options) == [
        ["pip", "install", "--upgrade", "--no-cache-dir", "--pre", "--editable", ".", "x"],
    ]
    assert UV.install(["x"], ".", **options) == [
        [*UV_INSTALL, "--upgrade", "--no-cache", "--prerelease=allow", "--editable", ".", "x"],
    ]
    assert Installer(("pip",)).uninstall(["x"], yes=True) == ["pip", "uninstall", "--yes", "x"]
    assert UV.uninstall(["x"], yes=True) == ["uv", "pip", "uninstall", "--python", sys.executable, "x"]


def test_forcing() -> None:
    """What is named is installed again without what it needs, this program among it; then what is missing is added."""
    assert Installer(("pip",)).install(["x"], upgrade=True, force_reinstall=True) == [
        ["pip", "install", "--force-reinstall", "--no-deps", "--upgrade", "x"],
        ["pip", "install", "--upgrade", "x"],
    ]
    assert UV.install([], ".", force_reinstall=True) == [
        [*UV_INSTALL, "--reinstall", "--no-deps", "--editable", "."],
        [*UV_INSTALL, "--editable", "."],
    ]


@pytest.mark.parametrize(
    ("package", "name", "requirement"),
    [
        ("llm-one", "llm-one", "llm-one"),
        ("LLM_One>=1,<2", "llm-one", "LLM_One>=1,<2"),
        ("llm-one[extra]==1", "llm-one", "llm-one[extra]==1"),
        ("llm-one @ https://example.org/x.whl", "llm-one", "llm-one @ https://example.org/x.whl"),
        ("git+https://example.org/llm-one", "git+https://example.org/llm-one", "git+https://example.org/llm-one"),
        ("llm[local]", "llm", "llm[local]"),
    ],
)
def test_what_is_remembered(user_path: Path, package: str, name: str, requirement: str) -> None:
    """A requirement is kept as it was typed, under the name of its distribution where it tells one."""
    assert remember([package]) == []
    assert stored(user_path) == {normalised(name): {"name": normalised(name), "requirement": requirement}}


def test_options_and_paths(user_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders are kept as absolute paths, with what makes them editable, and whether pre-releases were wanted.

    What is to be editable is a folder, also where its name alone is typed.
    """
    monkeypatch.chdir(tmp_path)
    remember([], ".")
    remember([], "garden")
    remember(["llm-two"], pre=True)
    here, garden = normalised(str(tmp_path)), normalised(str(tmp_path / "garden"))
    assert stored(user_path) == {
        here: {"name": here, "requirement": str(tmp_path), "editable": True},
        garden: {"name": garden, "requirement": str(tmp_path / "garden"), "editable": True},
        "llm-two": {"name": "llm-two", "requirement": "llm-two", "pre": True},
    }


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("file://{here}/a%20b%40c", "./a b@c"),
        ("file://{here}/a%20b%40c/", "./a b@c[extra]"),
        ("https://example.org/a%20b.whl", "https://example.org/a%20b.whl"),
        ("ssh://git@example.org/a", "git+ssh://git@example.org/a@v1"),
    ],
)
def test_names_of_places(
    source: str, asked: str, user_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was installed from an address or a folder is remembered under the name of its distribution."""
    packages = tmp_path / "site-packages"
    information = packages / "llm_one-1.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-one\nVersion: 1\n")
    here = tmp_path.resolve().as_uri().removeprefix("file://")
    (information / "direct_url.json").write_text(json.dumps({"url": source.format(here=here)}))
    monkeypatch.setattr(sys, "path", [str(packages), *sys.path])
    monkeypatch.chdir(tmp_path)
    remember([asked])
    assert list(stored(user_path)) == ["llm-one"]


def test_paths_of_windows(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a path can be written with either separator, both make a path of what was typed."""
    monkeypatch.setattr(os, "sep", "\\")
    monkeypatch.setattr(os, "altsep", "/")
    assert module._is_path("folder/plugin")
    assert module._is_path("folder\\plugin")


def test_the_program_itself(user_path: Path) -> None:
    """`llm install -U llm` upgrades what remembers: it is not to be remembered."""
    remember(["llm", "llm==0.36"])
    assert not (user_path / "installed-plugins.json").exists()


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("https://user:secret@example.org/x.whl", "https://example.org/x.whl"),
        ("https://user:sec@ret-secret@example.org/x@v1", "https://example.org/x@v1"),
        ("git+https://secret@example.org/x", "git+https://example.org/x"),
        ("y @ http://a:secret@b/c", "y @ http://b/c"),
        ("git+ssh://git:secret@example.org/x", "git+ssh://git@example.org/x"),
    ],
)
def test_credentials(user_path: Path, where: str, kept: str) -> None:
    """Credentials in an address are not written down, which is told; and the file is private nevertheless."""
    assert remember([where]) == [kept]
    path = user_path / "installed-plugins.json"
    assert "secret" not in path.read_text()
    assert [one.requirement for one in module.wanted_packages()] == [kept]
    if os.name != "nt":
        assert path.stat().st_mode & 0o077 == 0


def test_addresses_without_credentials(user_path: Path) -> None:
    """The user of a git server over ssh, and a version after `@`, are no credentials."""
    assert remember(["git+ssh://git@example.org/x", "git+https://example.org/x@v1"]) == []
    assert [one.requirement for one in module.wanted_packages()] == [
        "git+ssh://git@example.org/x",
        "git+https://example.org/x@v1",
    ]


def test_restoring(user_path: Path) -> None:
    """What is missing is what was asked for and is not there, whatever way its name is written."""
    remember(["Click_Default.Group", "llm-gone", "llm-two"])
    assert [one.requirement for one in missing_packages()] == ["llm-gone", "llm-two"]


def test_forgetting(user_path: Path) -> None:
    """A package that was removed is forgotten, one that is still there (the user said no) is not."""
    remember(["click", "llm-one", "llm-two"])
    forget(["LLM_one", "click", "never-heard-of"])
    assert list(stored(user_path)) == ["click", "llm-two"]


def test_nothing_remembered() -> None:
    """Without anything remembered there is nothing to restore, and forgetting writes no file."""
    assert missing_packages() == []
    forget(["llm-one"])
    assert missing_packages() == []
