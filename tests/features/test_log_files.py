"""Where the log is, and whether prompts go there."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

import llm.cli
from llm.core.errors import SettingsError
from llm.features.log_files import set_logs_on


def test_path_of_the_log(user_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is `logs.db` in the user directory, wherever that is at the time; asking creates nothing."""
    assert llm.cli.logs_db_path() == user_path / "logs.db"
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path / "elsewhere"))
    path = llm.cli.logs_db_path()
    assert isinstance(path, Path)
    assert path == tmp_path / "elsewhere" / "logs.db"
    assert not path.exists()


def test_whether_prompts_are_logged(user_path: Path) -> None:
    """They are, unless there is a file `logs-off` in the user directory, whatever it contains."""
    assert llm.cli.logs_on() is True
    (user_path / "logs-off").touch()
    assert llm.cli.logs_on() is False


def test_switching(user_path: Path) -> None:
    """The switch is an empty file; setting it to what it is changes nothing."""
    for on in (False, False, True, True):
        set_logs_on(on)
        assert llm.cli.logs_on() is on
    assert list(user_path.iterdir()) == []


@pytest.mark.parametrize("on", [True, False])
def test_a_switch_that_is_stuck(on: bool, user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user directory that cannot be changed is an error that names the file."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "touch", refused)
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(SettingsError, match="Cannot switch logging") as caught:
        set_logs_on(on)
    assert str(user_path / "logs-off") in str(caught.value)
