"""`llm aliases`: further names of models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from llm.cli.groups import DefaultGroup

if TYPE_CHECKING:
    from llm.engine.keyed import Keyed


@click.group("aliases", cls=DefaultGroup, default="list", default_if_no_args=True)
def aliases() -> None:
    """Give models shorter names."""


@aliases.command("list")
@click.option("json_", "--json", is_flag=True, help="Show a JSON object: alias to model ID")
def aliases_list(json_: bool) -> None:
    """Show all aliases with the models they stand for."""
    from llm.registry.finding import names_of_embedding_models, names_of_models

    models = _aliases_in(names_of_models())
    embedding_models = _aliases_in(names_of_embedding_models())
    if json_:
        import json

        click.echo(json.dumps({**models, **embedding_models}, indent=4))
        return
    width = max(map(len, [*models, *embedding_models]), default=0)
    for alias, model_id in models.items():
        click.echo(f"{alias:<{width}} : {model_id}")
    for alias, model_id in embedding_models.items():
        click.echo(f"{alias:<{width}} : {model_id} (embedding)")


@aliases.command("set")
@click.argument("alias")
@click.argument("model_id", required=False)
@click.option("query", "-q", "--query", multiple=True, help="Take the first model that matches this text; repeatable")
def aliases_set(alias: str, model_id: str | None, query: tuple[str, ...]) -> None:
    """Make ALIAS a name for a model.

    The model is given by its ID or another alias, or searched for:

    \b
        llm aliases set mini gpt-4o-mini
        llm aliases set mini -q 4o -q mini
    """
    from llm.registry.aliases import set_alias
    from llm.registry.finding import all_models
    from llm.registry.lookup import model_id_of

    if model_id:
        set_alias(alias, model_id)
        return
    if not query:
        raise click.ClickException("Which model? Give its ID after the alias, or search for it with -q")
    matching = (entry for entry in all_models() if all(map(entry.matches, query)))
    entry = next(matching, None)
    if entry is None:
        raise click.ClickException(f"No model found matching query: {', '.join(query)}")
    found = model_id_of(entry)
    set_alias(alias, found)
    click.echo(f"Alias '{alias}' now stands for the model '{found}'", err=True)


@aliases.command("remove")
@click.argument("alias")
def aliases_remove(alias: str) -> None:
    """Remove an alias that you have set."""
    from llm.registry.aliases import remove_alias

    try:
        remove_alias(alias)
    except KeyError as error:
        raise click.ClickException(error.args[0]) from error


@aliases.command("path")
def aliases_path() -> None:
    """Show where aliases.json is, the file that holds your aliases."""
    import llm
    from llm.registry.paths import ALIASES_FILE

    click.echo(llm.user_dir() / ALIASES_FILE)


def _aliases_in(names: Mapping[str, Keyed]) -> dict[str, str]:
    """Return the names that are aliases, with the ids of their models."""
    return {name: model.model_id for name, model in names.items() if name != model.model_id}
