"""`llm install` and `llm uninstall`: pip for the environment that this program runs in."""

from __future__ import annotations

import sys

import click

from llm.cli.groups import HELP_NAMES


@click.command("install", context_settings=HELP_NAMES)
@click.argument("packages", nargs=-1)
@click.option("-U", "--upgrade", is_flag=True, help="Upgrade what is installed to the newest version.")
@click.option("-e", "--editable", metavar="PATH", help="Install the project in this folder, to be worked on.")
@click.option("--force-reinstall", is_flag=True, help="Install again what is already there.")
@click.option("--no-cache-dir", is_flag=True, help="Download everything anew.")
@click.option("--pre", is_flag=True, help="Accept pre-releases and development versions.")
def install(
    packages: tuple[str, ...],
    upgrade: bool,
    editable: str | None,
    force_reinstall: bool,
    no_cache_dir: bool,
    pre: bool,
) -> None:
    """Install plugins, or other packages, beside LLM.

    llm install llm-anthropic

    llm install -U llm
    """
    flags = {
        "--upgrade": upgrade,
        "--force-reinstall": force_reinstall,
        "--no-cache-dir": no_cache_dir,
        "--pre": pre,
    }
    arguments = [flag for flag, wanted in flags.items() if wanted]
    if editable:
        arguments += ["--editable", editable]
    _run_pip("install", *arguments, *packages)


@click.command("uninstall", context_settings=HELP_NAMES)
@click.argument("packages", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before removing.")
def uninstall(packages: tuple[str, ...], yes: bool) -> None:
    """Remove plugins, or other packages, from LLM's environment."""
    _run_pip("uninstall", *(["--yes"] if yes else []), *packages)


def _run_pip(*arguments: str) -> None:
    from importlib.util import find_spec
    from subprocess import call

    if find_spec("pip") is None:
        raise click.ClickException(f"pip is missing in {sys.prefix}. Install it with: {sys.executable} -m ensurepip")
    exit_code = call([sys.executable, "-m", "pip", *arguments])
    if exit_code:
        raise click.exceptions.Exit(exit_code)
