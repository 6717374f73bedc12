"""`llm similar`: the items of a collection that are most like a stored one, or like a text or file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from llm.cli.embedding_params import content_to_embed, database_option, database_path, opened
from llm.cli.errors import reporting_everything
from llm.cli.groups import HELP_NAMES
from llm.cli.params import key_option

if TYPE_CHECKING:
    from pathlib import Path

    from llm.features.collections import Collection, Entry


@click.command("similar", context_settings=HELP_NAMES)
@click.argument("collection")
@click.argument("id", required=False)
@click.option(
    "input", "-i", "--input", type=click.Path(exists=True, readable=True, allow_dash=True),
    help="File to compare with; - for standard input",
)  # fmt: skip
@click.option("-c", "--content", help="Text to compare with")
@click.option("--binary", is_flag=True, help="Compare with the bytes of the input instead of its text")
@click.option("-n", "--number", type=int, default=10, show_default=True, help="How many items to show")
@click.option("plain", "-p", "--plain", is_flag=True, help="Show text to read instead of JSON")
@database_option
@click.option("--prefix", help="Only items whose ID starts with this")
@key_option
@reporting_everything
def similar(
    collection: str,
    id: str | None,
    input: str | None,
    content: str | None,
    binary: bool,
    number: int,
    plain: bool,
    database: str | None,
    prefix: str | None,
    key: str | None,
) -> None:
    """Show the items of COLLECTION that are most like the item ID, or like a text.

    \b
        llm similar notes monday
        llm similar notes -c 'What did we decide about the roof?'

    The score is the cosine similarity: 1 for the same direction, 0 for nothing in common.
    """
    if not (id or content or input):
        raise click.ClickException("Must provide content or an ID for the comparison")
    path = database_path(database)
    _check_is_there(path)
    with opened(path, read_only=True) as conn:
        from llm.features.collections import Collection
        from llm.store.connection import Handle, has_table
        from llm.store.vectors import prepare_to_scan

        if not has_table(conn, "embeddings"):
            raise click.ClickException(f"There are no embeddings in {path}")
        handle = Handle(conn)
        if not Collection.exists(handle, collection):
            raise click.ClickException("Collection does not exist")
        prepare_to_scan(conn)
        target = Collection(collection, handle, create=False)
        found = (
            _like_item(target, id, number, prefix)
            if id
            else target.similar(content_to_embed(content, input, binary=binary), number, prefix, key=key)
        )
    from llm.cli.answers import quiet_without_reader

    show = _show_plain if plain else _show_json
    with quiet_without_reader():
        for entry in found:
            show(entry)


def _check_is_there(path: Path) -> None:
    """Opening a database that is missing would say so too, but not where it was to come from."""
    if not path.exists():
        raise click.ClickException(f"There is no embeddings database {path}. Make one with: llm embed-multi")


def _like_item(target: Collection, id: str, number: int, prefix: str | None) -> list[Entry]:
    try:
        return target.similar_by_id(id, number, prefix)
    except target.DoesNotExist as error:
        raise click.ClickException("ID not found in collection") from error


def _show_json(entry: Entry) -> None:
    import json
    from dataclasses import asdict

    click.echo(json.dumps(asdict(entry)))


def _show_plain(entry: Entry) -> None:
    import json
    from textwrap import indent

    from llm.cli.safe_echo import echo_foreign

    lines = [f"{entry.id} ({entry.score})\n"]
    if entry.content:
        lines.append(indent(entry.content, "  "))
    if entry.metadata:
        lines.append(indent(json.dumps(entry.metadata), "  "))
    echo_foreign("\n".join([*lines, ""]))
