"""The command line changes how the garbage collector works in processes of its own only."""

from __future__ import annotations

import gc

from tests.cli.spies import run


def test_programs_keep_their_garbage_collector(user_path: object) -> None:
    """A program that runs a command in its own process has its collector as it was: same thresholds, nothing frozen."""
    before = gc.get_threshold(), gc.get_freeze_count()
    run("aliases", "list")
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
