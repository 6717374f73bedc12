"""`llm fragments`: texts that many prompts refer to, stored once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from llm.cli.groups import DefaultGroup

if TYPE_CHECKING:
    import sqlite3

    from llm.core.fragments import Fragment

_ALIAS = re.compile(r"[a-zA-Z0-9_-]+")


def _checked_alias(_context: click.Context, _parameter: click.Parameter, alias: str | None) -> str | None:
    """Return the alias if no path, URL or prefix can be taken for it; there is none while a shell completes words."""
    if alias is not None and not _ALIAS.fullmatch(alias):
        raise click.BadParameter(f"'{alias}' cannot be an alias: use letters, digits, '-' and '_'")
    return alias


@click.group("fragments", cls=DefaultGroup, default="list", default_if_no_args=True)
def fragments() -> None:
    """Store long texts and give them names, for use with 'llm -f NAME'."""


@fragments.command("list")
@click.option("queries", "-q", "--query", multiple=True, help="Only fragments that match this text; repeatable")
@click.option("aliases", "--aliases", is_flag=True, help="Only fragments with aliases")
@click.option("json_", "--json", is_flag=True, help="Show a JSON array, with the whole texts")
def fragments_list(queries: tuple[str, ...], aliases: bool, json_: bool) -> None:
    """Show the stored fragments, the oldest first.

    A query is a hash or an alias, or text that occurs in a fragment or in its source.
    """
    import json

    from llm.features.fragment_listing import SHOWN_LENGTH, fragment_yaml
    from llm.store.stored_fragments import list_fragments

    wanted = None if json_ else SHOWN_LENGTH + 1
    with _log_database() as conn:
        rows = list(list_fragments(conn, queries, with_alias=aliases, content_length=wanted))
    if json_:
        click.echo(json.dumps(rows, indent=4))
        return
    for row in rows:
        click.echo(fragment_yaml(row), nl=False)


@fragments.command("set")
@click.argument("alias", callback=_checked_alias)
@click.argument("fragment")
def fragments_set(alias: str, fragment: str) -> None:
    """Store a fragment and make ALIAS a name for it.

    FRAGMENT is what -f takes: a path, a URL, - for standard input, PREFIX:ARGUMENT, an alias or a hash.
    """
    from llm.store.stored_fragments import set_fragment_alias

    with _log_database() as conn:
        set_fragment_alias(conn, alias, _first(conn, fragment))


@fragments.command("show")
@click.argument("alias_or_hash")
def fragments_show(alias_or_hash: str) -> None:
    """Show the text of a fragment, stored or not.

    ALIAS_OR_HASH is what -f takes.
    """
    from llm.cli.safe_echo import echo_foreign

    with _log_database() as conn:
        fragment = _first(conn, alias_or_hash)
    echo_foreign(fragment)


@fragments.command("remove")
@click.argument("alias", callback=_checked_alias)
def fragments_remove(alias: str) -> None:
    """Remove an alias. The fragment itself stays."""
    from llm.store.stored_fragments import remove_fragment_alias

    with _log_database() as conn:
        remove_fragment_alias(conn, alias)


@fragments.command("loaders")
def fragments_loaders() -> None:
    """Show the prefixes under which plugins offer fragments."""
    from llm.cli.loader_docs import loader_entries
    from llm.registry.finding import find_loaders

    entries = loader_entries(find_loaders("fragment_loaders"))
    click.echo("\n\n".join(entries) or "No fragment loaders found")


def _first(conn: sqlite3.Connection, name: str) -> Fragment:
    from llm.core.fragments import Fragment
    from llm.features.fragments import FragmentNotFound, resolve_fragments
    from llm.store.database import Handle

    for found in resolve_fragments(Handle(conn), [name]):
        if isinstance(found, Fragment):
            return found
    raise FragmentNotFound(f"Fragment '{name}' not found")


@contextmanager
def _log_database() -> Iterator[sqlite3.Connection]:
    from contextlib import closing

    from llm.features.log_files import logs_db_path
    from llm.store.database import naming_file, open_log_database

    path = logs_db_path()
    with closing(open_log_database(path)) as conn, naming_file(str(path)):
        yield conn
