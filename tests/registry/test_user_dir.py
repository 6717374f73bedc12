from __future__ import annotations

import stat
import sys
from pathlib import Path

import click
import pytest

from llm.core.errors import SettingsError
from llm.registry.paths import APPLICATION, user_dir


def test_variable_names_the_folder_literally(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`LLM_USER_PATH` is taken as it is: relative stays relative, `~` is not expanded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLM_USER_PATH", "~/settings")
    assert user_dir() == Path("~/settings")
    assert (tmp_path / "~" / "settings").is_dir()


def test_read_on_every_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A change of the variable counts from the next call on."""
    for name in ("one", "two"):
        monkeypatch.setenv("LLM_USER_PATH", str(tmp_path / name))
        assert user_dir() == tmp_path / name


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("xdg", [None, "config-home"])
@pytest.mark.parametrize("appdata", [None, "app-data"])
def test_same_folder_as_click(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, xdg: str | None, appdata: str | None
) -> None:
    """Without the variable it is the folder that `click.get_app_dir` computes, on every platform."""
    monkeypatch.setenv("LLM_USER_PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable, value in (("XDG_CONFIG_HOME", xdg), ("APPDATA", appdata)):
        if value is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, str(tmp_path / value))
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("click.utils.WIN", platform == "win32")
    folder = user_dir()
    assert folder == Path(click.get_app_dir(APPLICATION))
    assert folder.is_dir()


def test_new_folder_is_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A new folder is for its user only; parents are made as needed."""
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path / "a" / "b"))
    assert stat.S_IMODE(user_dir().stat().st_mode) == 0o700


def test_existing_folder_keeps_its_mode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder that is there is left as it is."""
    tmp_path.chmod(0o755)
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))
    assert stat.S_IMODE(user_dir().stat().st_mode) == 0o755


def test_impossible_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error names the folder and the variable that changes it."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path / "file" / "below"))
    with pytest.raises(SettingsError, match=r"file/below.*LLM_USER_PATH"):
        user_dir()
