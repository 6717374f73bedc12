"""Sharing a log database with the released LLM 0.36."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.interop import (
    commands_with_released,
    compare_commands,
    compare_scripts,
    embeddings_with_released,
    management_with_released,
    with_released,
)

RELEASED = os.environ.get("LLM_RELEASED_PYTHON")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not RELEASED, reason="set LLM_RELEASED_PYTHON to an interpreter with llm==0.36"),
]


def test_both_programs_write_read_and_continue_each_others_logs(tmp_path: Path) -> None:
    """The same conversations give the same rows, and each program reads and continues what the other wrote."""
    assert list(with_released.differences(Path(RELEASED or ""), tmp_path)) == []


def test_both_commands_use_one_directory_in_turn(tmp_path: Path) -> None:
    """The two commands continue each other's conversations and print the same log."""
    assert list(commands_with_released.differences(Path(RELEASED or ""), tmp_path)) == []


def test_managing_settings(tmp_path: Path) -> None:
    """The commands that manage settings print and write the same, except where we do better on purpose."""
    assert list(management_with_released.differences(Path(RELEASED or ""), tmp_path)) == []


def test_command_lines_do_the_same_but_for_the_listed_improvements(tmp_path: Path) -> None:
    """Output, kind of error, exit code, files and tables of each compared command line are those of LLM 0.36."""
    assert list(compare_commands.differences(Path(RELEASED or ""), tmp_path, [])) == []


def test_python_programs_do_the_same_but_for_the_listed_improvements(tmp_path: Path) -> None:
    """What the compared programs print, how they end, their files and tables are those of LLM 0.36."""
    assert list(compare_scripts.differences(Path(RELEASED or ""), tmp_path, [])) == []


def test_both_commands_use_one_database_of_embeddings_in_turn(tmp_path: Path) -> None:
    """The two commands fill equal tables, find the same in each other's database, and see each other's changes."""
    assert list(embeddings_with_released.differences(Path(RELEASED or ""), tmp_path)) == []
