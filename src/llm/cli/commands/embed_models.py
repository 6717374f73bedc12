"""`llm embed-models`: which embedding models there are, and which one is the default."""

from __future__ import annotations

import click

from llm.cli.errors import reporting_everything
from llm.cli.groups import DefaultGroup


@click.group("embed-models", cls=DefaultGroup, default="list", default_if_no_args=True)
def embed_models() -> None:
    """Look at the available embedding models and set the default."""


@embed_models.command("list")
@click.option("query", "-q", "--query", multiple=True, help="Only models that match this text; repeatable")
@reporting_everything
def embed_models_list(query: tuple[str, ...]) -> None:
    """List the embedding models that can be used."""
    from llm.registry.finding import all_embedding_models

    for entry in all_embedding_models():
        if all(entry.matches(text) for text in query):
            aliases = f" (aliases: {', '.join(entry.aliases)})" if entry.aliases else ""
            click.echo(f"{entry.model}{aliases}")


@embed_models.command("default")
@click.argument("model", required=False)
@click.option("--remove-default", is_flag=True, help="Have no default embedding model any more")
@reporting_everything
def embed_models_default(model: str | None, remove_default: bool) -> None:
    """Show the embedding model that is used when none is named, or set it to MODEL."""
    from llm.core.errors import UnknownModelError
    from llm.registry.defaults import get_default_embedding_model, set_default_embedding_model
    from llm.registry.finding import find_embedding_model

    if remove_default:
        set_default_embedding_model(None)
    elif model:
        try:
            set_default_embedding_model(find_embedding_model(model).model_id)
        except UnknownModelError as error:
            raise click.ClickException(f"Unknown embedding model: {model}") from error
    elif default := get_default_embedding_model():
        click.echo(default)
    else:
        click.echo("<No default embedding model set>", err=True)
