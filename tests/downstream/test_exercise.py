"""The runner of exercises notices what goes wrong, and keeps plugins off the network."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from downstream import replies
from downstream.exercise import Exercise, Step, StepFailedError, llm, perform, python
from downstream.exercises import EXERCISES

ASK = "import httpx; print(httpx.get('https://api.example.com/v1/thing?x=1').text)"


def exercise(*steps: Step) -> Exercise:
    """Make an exercise of no plugin, with one reply."""
    thing = replies.text("from the stub")
    return Exercise("none", "nothing", steps, {"api.example.com/v1/thing": thing}, listed=False)


def run(tmp_path: Path, *steps: Step) -> int:
    return perform(exercise(*steps), Path(sys.executable), tmp_path / "folder")


def test_requests_to_a_provider_reach_the_stub(tmp_path: Path) -> None:
    """A request to a provider's own https address is answered by the stub, by host and path."""
    step = python(ASK, prints=("from the stub",), asks=("api.example.com/v1/thing?x=1",), silent=True)
    assert run(tmp_path, step) == 1


def test_other_connections_are_refused(tmp_path: Path) -> None:
    """A connection that goes round the HTTP libraries fails at once, and never leaves this machine."""
    source = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    assert run(tmp_path, python(source, prints=("an exercise tried to reach 192.0.2.1",), code=1)) == 1


def test_commands_use_a_directory_of_their_own(tmp_path: Path) -> None:
    """`llm` runs with a user directory inside the exercise's folder, whatever the caller's is."""
    assert run(tmp_path, llm("keys", "path", prints=(str(tmp_path / "folder" / "user"),))) == 1


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        (python("print('a')", prints=("b",)), "'b' is not in the output"),
        (python("raise SystemExit(3)"), "exit code 3, not 0"),
        (python("import sys; print('x', file=sys.stderr)", silent=True), "something on standard error"),
        (python("pass", asks=("api.example.com",)), "'api.example.com' was not asked for"),
    ],
)
def test_a_step_that_goes_wrong_is_told(tmp_path: Path, step: Step, complaint: str) -> None:
    """Missing output, another exit code, an unexpected warning and a request not made each fail the exercise."""
    with pytest.raises(StepFailedError, match=complaint):
        run(tmp_path, step)


def test_each_plugin_has_one_exercise() -> None:
    """No plugin is exercised twice, and each exercise does something."""
    names = [each.plugin for each in EXERCISES]
    assert len(set(names)) == len(names)
    assert all(each.steps for each in EXERCISES)
