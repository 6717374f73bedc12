"""`llm install` and `llm uninstall`: pip, or uv, for the environment that this program runs in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from llm.cli.groups import HELP_NAMES


@click.command("install", context_settings=HELP_NAMES)
@click.argument("packages", nargs=-1)
@click.option("-U", "--upgrade", is_flag=True, help="Upgrade what is installed to the newest version")
@click.option("-e", "--editable", metavar="PATH", help="Install the project in this folder, to be worked on")
@click.option("--force-reinstall", is_flag=True, help="Install the named packages again if they are there")
@click.option("--no-cache-dir", is_flag=True, help="Download everything anew")
@click.option("--pre", is_flag=True, help="Accept pre-releases and development versions")
def install(
    packages: tuple[str, ...],
    upgrade: bool,
    editable: str | None,
    force_reinstall: bool,
    no_cache_dir: bool,
    pre: bool,
) -> None:
    """Install plugins, or other packages, beside llm.

    What you ask for is remembered: when the environment was rebuilt, 'llm plugins restore' installs it again.

    \b
        llm install llm-anthropic
        llm install -U llm-anthropic
    """
    from llm.features.installer import installer, remember

    options = {"upgrade": upgrade, "force_reinstall": force_reinstall, "no_cache_dir": no_cache_dir, "pre": pre}
    for line in installer().install(packages, editable, **options):
        _run_or_exit(line)
    with _warning_of_settings():
        for requirement in remember(packages, editable, pre=pre):
            click.echo(f"Remembered without its credentials: {requirement}", err=True)


@click.command("uninstall", context_settings=HELP_NAMES)
@click.argument("packages", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before removing")
def uninstall(packages: tuple[str, ...], yes: bool) -> None:
    """Remove plugins, or other packages, from llm's environment."""
    from llm.features.installer import forget, installer

    program = installer()
    if program.is_uv and not yes:
        click.confirm(f"Remove {', '.join(packages)}?", abort=True)
    _run_or_exit(program.uninstall(packages, yes=yes))
    with _warning_of_settings():
        forget(packages)


def _run_or_exit(words: Sequence[str]) -> None:
    """Run a command line; its exit code, if it is not 0, becomes that of this program."""
    from subprocess import call

    exit_code = call(list(words))
    if exit_code:
        raise click.exceptions.Exit(exit_code)


@contextmanager
def _warning_of_settings() -> Iterator[None]:
    """Show an error in writing settings as a warning: what the user asked for has been done."""
    from llm.core.errors import SettingsError

    try:
        yield
    except SettingsError as error:
        click.echo(f"Warning: {error}", err=True)
