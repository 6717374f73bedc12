"""Tables of measurements: printed while they are made, and kept in the page of benchmarks.

A benchmark is a module with a title (the first line of its docstring) and a function `tables`.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PREFACE = """\
# Benchmarks

Each program in `bench/` runs beside the released LLM 0.36, in turns with it; what matters are the ratios. An aim that
is missed stands in **bold**. `make bench` repeats everything and rewrites this page, which takes about half an hour;
`python -m bench startup stream` does it for some sections. The machine should have nothing else to do.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """What one table says, and the rows, which may still have to be measured."""

    about: str
    columns: tuple[str, ...]
    rows: Iterable[Sequence[str]]

    def lines(self) -> Iterator[str]:
        """Yield the table as Markdown; a row comes as soon as it has been measured."""
        widths = (max(48, len(self.columns[0])), *(max(8, len(column)) for column in self.columns[1:]))
        yield from (*textwrap.wrap(self.about, 118, break_long_words=False, break_on_hyphens=False), "")
        yield _line(self.columns, widths)
        yield _line(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])], widths)
        for row in self.rows:
            yield _line(row, widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = cells
    padded = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
    return f"| {' | '.join(padded)} |"


def judged(value: float, aim: float, form: str = ".2f") -> str:
    """Return a figure as a cell: in bold if it is more than the aim."""
    text = format(value, form)
    return text if float(text) <= aim else f"**{text}**"


def show(tables: Iterable[Table], write: Callable[[str], None] = print) -> None:
    """Print tables."""
    for table in tables:
        for line in table.lines():
            write(line)
        write("")


def section(benchmark: ModuleType) -> str:
    """Run a benchmark, print its tables and return its section of the page."""
    lines = [f"## {title(benchmark)}", "", machine(), ""]
    print("\n".join(lines))

    def write(line: str) -> None:
        lines.append(line)
        print(line, flush=True)

    show(benchmark.tables(), write)
    return "\n".join(lines)


def title(benchmark: ModuleType) -> str:
    """Return the heading of a benchmark's section."""
    return (benchmark.__doc__ or "").partition("\n")[0].rstrip(".")


def machine() -> str:
    """Return one line that says when and where this was measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    day = datetime.now(tz=timezone.utc)
    return (
        f"*{day:%Y-%m-%d}; {os.cpu_count()} cores, {memory:.0f} GB; {platform.system()}, Python "
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}; load before: {os.getloadavg()[0]:.1f}*"
    )


def keep(text: str, headings: Sequence[str], page: Path = PAGE) -> None:
    """Put a section into the page, in place of the one with the same heading; sections follow the order of headings."""
    sections = _sections(page.read_text(encoding="utf-8")) if page.exists() else {}
    sections |= _sections(text)
    kept = [sections[heading].strip() for heading in headings if heading in sections]
    page.write_text("\n\n".join([PREFACE.strip(), *kept]) + "\n", encoding="utf-8")


def _sections(text: str) -> dict[str, str]:
    """Split a page at its headings of the second level."""
    parts = ("\n" + text).split("\n## ")[1:]
    return {part.partition("\n")[0].strip(): f"## {part}" for part in parts}
