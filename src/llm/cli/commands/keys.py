"""`llm keys`: API keys that are stored for the user."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import click

from llm.cli.groups import DefaultGroup


@click.group("keys", cls=DefaultGroup, default="list", default_if_no_args=True)
def keys() -> None:
    """Store API keys and look them up."""


@keys.command("list")
def keys_list() -> None:
    """Show the names of the stored keys."""
    import llm
    from llm.registry.keys import all_key_names
    from llm.registry.paths import KEYS_FILE

    names = all_key_names()
    if not names and not (llm.user_dir() / KEYS_FILE).exists():
        click.echo("No keys found")
    for name in names:
        click.echo(name)


@keys.command("path")
def keys_path() -> None:
    """Show where keys.json is, the file that holds the keys."""
    import llm
    from llm.registry.paths import KEYS_FILE

    click.echo(llm.user_dir() / KEYS_FILE)


@keys.command("get")
@click.argument("name")
def keys_get(name: str) -> None:
    """Print a stored key.

    For use in scripts:

        export OPENAI_API_KEY="$(llm keys get openai)"
    """
    from llm.registry.keys import stored_key

    found = stored_key(name)
    if found is None:
        raise click.ClickException(f"No key is stored under the name '{name}'. Store one with: llm keys set {name}")
    click.echo(found)


@keys.command("set")
@click.argument("name")
@click.option("--value", help="The key; without this option you are asked for it")
@click.option("--keyring", is_flag=True, help="Store it in the system keyring and not in keys.json")
def keys_set(name: str, value: str | None, keyring: bool = False) -> None:
    """Store a key under a name, replacing the one that was there.

    The key is asked for and not shown, or read from a pipe:

    \b
        llm keys set openai
        pass show openai | llm keys set openai

    --keyring needs the package keyring: llm install keyring
    """
    from llm.registry.keys import set_key
    from llm.registry.system_keyring import require_keyring

    if keyring:
        require_keyring()
    set_key(name, _asked_for_key() if value is None else value, keyring=keyring)


@keys.command("remove")
@click.argument("name")
def keys_remove(name: str) -> None:
    """Remove a stored key, from keys.json or the system keyring."""
    from llm.registry.keys import remove_key

    try:
        remove_key(name)
    except KeyError as error:
        raise click.ClickException(
            f"No key is stored under the name '{name}'. 'llm keys' lists those there are"
        ) from error


def _asked_for_key() -> str:
    piped = _piped_input()
    if piped is None:
        key: str = click.prompt("Enter key", hide_input=True)
        return key
    for line in piped:
        if text := line.rstrip("\r\n"):
            return text
    raise click.Abort


def _piped_input() -> TextIO | None:
    """Return standard input if it is a pipe or a file: a hidden question would be asked on the terminal instead."""
    try:
        descriptor = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # none, or an object in memory, for which click has its ways
        return None
    return None if os.isatty(descriptor) else sys.stdin
