"""`llm models`: which models there are, which one is the default, and options to use by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from llm.cli.groups import DefaultGroup
from llm.cli.model_lines import echo_models

if TYPE_CHECKING:
    from llm.registry.models import ModelWithAliases, SyncModels


@click.group("models", cls=DefaultGroup, default="list", default_if_no_args=True)
def models() -> None:
    """Look at the available models and set defaults."""


@models.command("list")
@click.option("--options", is_flag=True, help="Show the options and features of each model")
@click.option("async_", "--async", is_flag=True, help="Only models with an async version, showing that one")
@click.option("--schemas", is_flag=True, help="Only models that can answer in the form of a schema")
@click.option("--tools", is_flag=True, help="Only models that can call tools")
@click.option("json_", "--json", is_flag=True, help="Show a JSON array with all details")
@click.option("query", "-q", "--query", multiple=True, help="Only models that match this text; repeatable")
@click.option("model_ids", "-m", "--model", multiple=True, help="Only the model with this ID or alias; repeatable")
def models_list(
    options: bool,
    async_: bool,
    schemas: bool,
    tools: bool,
    json_: bool,
    query: tuple[str, ...],
    model_ids: tuple[str, ...],
) -> None:
    """List the models that can be used."""
    from llm.features.model_listing import ModelFilter
    from llm.registry.defaults import get_default_model
    from llm.registry.finding import all_models

    wanted = ModelFilter(queries=query, names=model_ids, schemas=schemas, tools=tools, async_=async_)
    entries = [entry for entry in all_models() if wanted.accepts(entry)]
    if json_:
        _echo_json(entries, async_=async_, options=options)
        return
    echo_models(entries, async_=async_, options=options)
    if not (query or options or schemas or model_ids):
        click.echo(f"Default: {get_default_model()}")


@models.command("default")
@click.argument("model", required=False)
def models_default(model: str | None) -> None:
    """Show the model that answers when none is named, or set it to MODEL."""
    from llm.core.errors import UnknownModelError
    from llm.registry.defaults import get_default_model, set_default_model
    from llm.registry.finding import find_model

    if not model:
        click.echo(get_default_model())
        return
    try:
        set_default_model(find_model(model).model_id)
    except UnknownModelError as error:
        raise click.ClickException(error.args[0]) from error


@models.group("options", cls=DefaultGroup, default="list", default_if_no_args=True)
def models_options() -> None:
    """Keep options that are used whenever a model runs."""


@models_options.command("list")
def models_options_list() -> None:
    """Show the stored options of all models."""
    from llm.registry.model_options import get_all_model_options

    stored = get_all_model_options()
    if not stored:
        click.echo("No options are stored for any model", err=True)
    for model_id, options in stored.items():
        click.echo(f"{model_id}:")
        for key, value in options.items():
            click.echo(f"  {key}: {value}")


@models_options.command("show")
@click.argument("model")
def models_options_show(model: str) -> None:
    """Show the stored options of MODEL."""
    from llm.registry.model_options import get_model_options

    model_id = _model_id(model)
    options = get_model_options(model_id)
    if not options:
        click.echo(f"No options are stored for the model '{model_id}'", err=True)
    for key, value in options.items():
        click.echo(f"{key}: {value}")


@models_options.command("set")
@click.argument("model")
@click.argument("key")
@click.argument("value")
def models_options_set(model: str, key: str, value: str) -> None:
    """Store the option KEY of MODEL, which -o can still override.

    \b
        llm models options set gpt-4o temperature 0.5
    """
    from llm.registry.model_options import set_model_option

    found = _find_model(model)
    if found is not None:
        _check_option(found, key, value)
    model_id = model if found is None else found.model_id
    set_model_option(model_id, key, value)
    click.echo(f"Set default option {key}={value} for model {model_id}", err=True)


@models_options.command("clear")
@click.argument("model")
@click.argument("key", required=False)
def models_options_clear(model: str, key: str | None) -> None:
    """Forget the stored option KEY of MODEL, or all of them."""
    from llm.registry.model_options import clear_model_option, get_model_options

    model_id = _model_id(model)
    cleared = [key] if key else list(get_model_options(model_id))
    for name in cleared:
        clear_model_option(model_id, name)
    if len(cleared) == 1:
        click.echo(f"Cleared option '{cleared[0]}' for model {model_id}")
    elif cleared:
        click.echo(f"Cleared {', '.join(cleared)} options for model {model_id}")


def _echo_json(entries: list[ModelWithAliases], *, async_: bool, options: bool) -> None:
    import json

    from llm.features.model_listing import model_as_dict

    click.echo(json.dumps([model_as_dict(entry, async_=async_, options=options) for entry in entries], indent=2))


def _find_model(name: str) -> SyncModels | None:
    from llm.core.errors import UnknownModelError
    from llm.registry.finding import find_model

    try:
        return find_model(name)
    except UnknownModelError:
        return None


def _model_id(name: str) -> str:
    found = _find_model(name)
    return name if found is None else found.model_id


def _check_option(model: SyncModels, key: str, value: str) -> None:
    from pydantic import ValidationError

    from llm.features.validation import render_errors

    try:
        model.Options(**{key: value})
    except ValidationError as error:
        # That other options are required is no fault of this one.
        problems = [
            problem for problem in error.errors() if problem["type"] != "missing" or problem["loc"][:1] == (key,)
        ]
        if problems:
            raise click.ClickException(render_errors(problems)) from error
