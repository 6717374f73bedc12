"""Showing Markdown."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator

from bench import report
from llm.cli.rendering.display import MarkdownDisplay
from llm.core.events import StreamEvent

SIZE = 100_000
CHUNK = 5
PARTS = 10
AIM = 1.2
PAGE = (
    "# A heading\n\nText with **bold** words, `code` and a [link](https://example.com), long enough to fold once.\n\n"
    "1. an item\n2. another item\n   - below it\n\n| a | b |\n|---|---|\n| 1 | 中文 🎉 |\n\n"
    "```python\ndef double(x):\n    return x * 2  # twice\n```\n\n> quoted\n\n"
)


def part_times(text: str) -> list[float]:
    """Return the CPU time per chunk, in microseconds, of each tenth of an answer."""
    display = MarkdownDisplay(show_reasoning=True)
    chunks = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
    length = len(chunks) // PARTS
    times = []
    for part in range(PARTS):
        started = time.process_time()
        for chunk in chunks[part * length : (part + 1) * length]:
            display.show(StreamEvent("text", chunk))
        times.append((time.process_time() - started) / length * 1e6)
    display.finish()
    return times


def rows() -> Iterator[list[str]]:
    """Measure, then yield the rows."""
    text = PAGE * (SIZE // len(PAGE) + 1)
    real = sys.stdout
    with open(os.devnull, "w", encoding="utf-8") as sink:  # noqa: PTH123
        sys.stdout = sink
        part_times(text[: SIZE // 5])  # what is loaded and compiled once
        runs = [part_times(text) for _ in range(3)]
        sys.stdout = real
    best = [min(run[part] for run in runs) for part in range(PARTS)]
    yield ["CPU time for a chunk", f"{statistics.mean(best):.0f} µs", ""]
    yield ["last tenth of the answer, against the first", report.judged(best[-1] / best[0], AIM), f"{AIM}"]


def tables() -> Iterator[report.Table]:
    """Yield the table."""
    about = f"{SIZE // 1000} KB of Markdown, drawn while it comes in chunks of {CHUNK} characters."
    yield report.Table(about, ("what", "ours", "aim"), rows())


if __name__ == "__main__":
    report.show(tables())
