from __future__ import annotations

import io
import sys

import pytest

from llm.registry.notices import warn


def test_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The same line is written once, other lines are written too."""
    for line in ("one", "two", "one"):
        warn(line)
    assert capsys.readouterr() == ("", "one\ntwo\n")


def test_told_again_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who redirects standard error is told what others were told before."""
    streams = [io.StringIO(), io.StringIO()]
    for stream in streams:
        monkeypatch.setattr(sys, "stderr", stream)
        warn("line")
    assert [stream.getvalue() for stream in streams] == ["line\n", "line\n"]


def test_nobody_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without a console goes on in silence."""
    monkeypatch.setattr(sys, "stderr", None)
    warn("line")
