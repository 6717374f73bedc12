"""The page about compatibility says what the comparisons do."""

from __future__ import annotations

from downstream.exercises import EXERCISES
from tests.docs.pages import ROOT
from tests.interop.command_lines import GROUPS
from tests.interop.compared_program import programs

PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")


def test_each_deliberate_difference_is_told() -> None:
    """Each improvement that a compared line or program names has a row on the page."""
    named = {line.improves for group in GROUPS for line in group.lines} | {group.tables_differ for group in GROUPS}
    named |= {program.improves for program in programs([])}
    rows = {"| {} | {} |".format(*text.split(": ", 1)) for text in named if text}
    assert {row for row in rows if row not in PAGE} == set()


def test_each_exercise_has_a_row() -> None:
    """Each plugin that is exercised is in the table, with what is done."""
    missing = [each.plugin for each in EXERCISES if f"| {each.plugin} |" not in PAGE or each.what not in PAGE]
    assert missing == []
