"""`llm embed`: the embedding vector of one text or file, shown or stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from llm.cli.embedding_params import (
    chosen_model,
    collection_to_fill,
    content_to_embed,
    database_option,
    database_path,
    model_option,
    opened,
    store_option,
)
from llm.cli.errors import reporting_everything
from llm.cli.groups import HELP_NAMES
from llm.cli.params import key_option


def _metadata(_: click.Context, __: click.Parameter, value: str | None) -> dict[str, Any] | None:
    """Return the object that `--metadata` gives."""
    import json

    if value is None:
        return None
    try:
        metadata = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter("metadata must be valid JSON") from error
    if not isinstance(metadata, dict):
        raise click.BadParameter("metadata must be a JSON object")
    return metadata


@click.command("embed", context_settings=HELP_NAMES)
@click.argument("collection", required=False)
@click.argument("id", required=False)
@click.option(
    "input", "-i", "--input", type=click.Path(exists=True, readable=True, allow_dash=True),
    help="File to embed; - for standard input",
)  # fmt: skip
@model_option
@key_option
@store_option
@database_option
@click.option("-c", "--content", help="Text to embed")
@click.option("--binary", is_flag=True, help="Embed the bytes of the input instead of its text")
@click.option("--metadata", callback=_metadata, help="JSON object to store beside the vector")
@click.option(
    "format_", "-f", "--format", type=click.Choice(["json", "blob", "base64", "hex"]), help="How to show the vector"
)
@reporting_everything
def embed(
    collection: str | None,
    id: str | None,
    input: str | None,
    model: str | None,
    key: str | None,
    store: bool,
    database: str | None,
    content: str | None,
    binary: bool,
    metadata: dict[str, Any] | None,
    format_: str | None,
) -> None:
    """Embed a text and show its vector, or store it under ID in COLLECTION.

    \b
        llm embed -c 'A text'
        llm embed notes monday -i monday.md --store

    Without --content and --input, standard input is embedded. A collection is made when it is first used; it keeps
    the model it was made with.
    """
    if collection and not id:
        raise click.ClickException("Must provide both collection and id")
    if store and not collection:
        raise click.ClickException("Must provide collection when using --store")
    from llm.features.embedding_items import new_item, store_item, vector_of

    if collection is None or id is None:
        value = content_to_embed(content, input, binary=binary)
        _show(vector_of(chosen_model(model), value, key=key), format_ or "json")
        return
    with opened(database_path(database)) as conn, collection_to_fill(conn, collection, model) as target:
        value = content_to_embed(content, input, binary=binary)
        item = new_item(id, value, target.content_hash(value), metadata, store=store)
        vector = store_item(target, item, key=key)
    if format_:
        _show(vector, format_)


def _show(vector: Sequence[float], format: str) -> None:
    from llm.core.vectors import encode

    if format == "json":
        import json

        click.echo(json.dumps(list(vector), default=float))  # plugins may give numbers of numpy
    elif format == "blob":
        click.echo(encode(vector))
    elif format == "base64":
        import base64

        click.echo(base64.b64encode(encode(vector)).decode("ascii"))
    else:
        click.echo(encode(vector).hex())
