"""Running the program that installs packages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click


def run_or_exit(words: Sequence[str]) -> None:
    """Run a command line; its exit code, if it is not 0, becomes that of this program."""
    from subprocess import call

    exit_code = call(list(words))
    if exit_code:
        raise click.exceptions.Exit(exit_code)


@contextmanager
def warning_of_settings() -> Iterator[None]:
    """Show an error in writing settings as a warning: what the user asked for has been done."""
    from llm.core.errors import SettingsError

    try:
        yield
    except SettingsError as error:
        click.echo(f"Warning: {error}", err=True)
