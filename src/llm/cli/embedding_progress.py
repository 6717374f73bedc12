"""The progress of `llm embed-multi`: a bar with the rate and the time that remains, for whoever is watching."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from llm.features.embedding_input import Entry, Source

LABEL = "Embedding"
_PAUSE = 0.1  #: seconds between two changes of the bar


def with_progress(source: Source, begin: list[Entry]) -> Iterator[Entry]:
    """Yield the entries, after those of `begin`, under a progress bar.

    The bar is on standard output. Where that is no terminal there is only its label, and the bar is on standard error,
    if that is one.
    """
    entries = chain(begin, source.entries)
    if not sys.stdout.isatty():
        click.echo(LABEL)
        if not sys.stderr.isatty():
            yield from entries
            return
    yield from _under_a_bar(source, entries, sys.stdout if sys.stdout.isatty() else sys.stderr)


def _under_a_bar(source: Source, entries: Iterator[Entry], file: TextIO) -> Iterator[Entry]:
    count, started = 0, time.monotonic()
    updated = started

    def rate(_: object) -> str:
        return f"{count:,} items, {count / max(time.monotonic() - started, 1e-6):,.0f}/s"

    done: Callable[[], int] = source.done or (lambda: count)
    with click.progressbar(
        _unmeasured() if source.total is None else None, length=source.total, label=LABEL, file=file,
        show_percent=source.total is not None, show_eta=source.total is not None, item_show_func=rate,
    ) as bar:  # fmt: skip
        shown = 0
        for entry in entries:
            yield entry
            count += 1
            if (now := time.monotonic()) - updated > _PAUSE:
                bar.update(done() - shown)
                shown, updated = done(), now
        bar.update(done() - shown)


def _unmeasured() -> Iterator[None]:
    """Return what makes Click show a bar without an end: something to go through whose length it cannot ask for."""
    yield from ()
