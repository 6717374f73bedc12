"""The page of benchmarks is put together from sections that are measured one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import report
from bench.__main__ import main


def test_a_section_takes_the_place_of_its_predecessor(tmp_path: Path) -> None:
    """Measuring one benchmark again changes its section alone, whatever the order they are measured in."""
    page = tmp_path / "page.md"
    for text in ("## Second\n\nold", "## First\n\nkept", "## Second\n\nnew"):
        report.keep(text, ["First", "Second"], page)
    assert page.read_text(encoding="utf-8") == report.PREFACE + "\n## First\n\nkept\n\n## Second\n\nnew\n"


def test_tables_are_markdown_that_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    """Each row of a table has as many cells as its head, in columns of equal width."""
    report.show([report.Table("About it.", ("what", "ours"), [("a", "1"), ("`b`", "22")])])
    about, empty, *rows, end = capsys.readouterr().out.split("\n")[:-1]
    assert (about, empty, end) == ("About it.", "", "")
    assert len({len(row) for row in rows}) == 1
    assert [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows[2:]] == [["a", "1"], ["`b`", "22"]]


@pytest.mark.parametrize(("value", "shown"), [(0.254, "0.25"), (0.256, "**0.26**")])
def test_missed_aims_are_bold(value: float, shown: str) -> None:
    """A figure is judged as it is shown: what rounds to the aim has reached it."""
    assert report.judged(value, 0.25) == shown


def test_unknown_benchmarks_are_named() -> None:
    """Asking for a benchmark that is not there says which ones are."""
    with pytest.raises(SystemExit, match="no benchmark speed; there are startup, plugins"):
        main(["speed"])
