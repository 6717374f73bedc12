"""Where the log is, and whether prompts go there."""

from __future__ import annotations

from pathlib import Path

import pytest

import llm.cli


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
