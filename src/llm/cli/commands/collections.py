"""`llm collections`: the collections of embeddings that there are."""

from __future__ import annotations

import os
from pathlib import Path

import click

from llm.cli.embedding_params import database_option, database_path, opened
from llm.cli.errors import reporting_everything
from llm.cli.groups import DefaultGroup


@click.group("collections", cls=DefaultGroup, default="list", default_if_no_args=True)
def collections() -> None:
    """Look at the collections of embeddings, and delete them."""


@collections.command("list")
@database_option
@click.option("json_", "--json", is_flag=True, help="Show a JSON array")
@reporting_everything
def collections_list(database: str | None, json_: bool) -> None:
    """Show the collections with their models and sizes."""
    from llm.store.connection import has_table
    from llm.store.embeddings import list_collections

    path = _existing(database)
    with opened(path, read_only=True) as conn:
        if not has_table(conn, "collections"):
            raise click.ClickException(f"There is no table of collections in {path}")
        found = list_collections(conn)
    if json_:
        import json

        entries = [{"name": name, "model": model, "num_embeddings": count} for name, model, count in found]
        click.echo(json.dumps(entries, indent=4))
        return
    for name, model, count in found:
        click.echo(f"{name}: {model}")
        click.echo(f"  {count} embedding{'' if count == 1 else 's'}")


@collections.command("path")
def collections_path() -> None:
    """Show where the embeddings database is."""
    click.echo(database_path(os.environ.get("LLM_EMBEDDINGS_DB")))


@collections.command("delete")
@click.argument("collection")
@database_option
@reporting_everything
def collections_delete(collection: str, database: str | None) -> None:
    """Delete COLLECTION with all its embeddings."""
    from llm.store.embeddings import delete_collection, find_collection

    path = Path(database_path(database))
    if path.exists():
        with opened(path) as conn:
            found = find_collection(conn, collection)
            if found is not None and delete_collection(conn, found):
                return
    raise click.ClickException("Collection does not exist")


def _existing(database: str | None) -> Path:
    path = database_path(database)
    if not path.exists():
        raise click.ClickException(f"There is no embeddings database {path}, so there is no table of collections")
    return path
