"""`llm schemas`: the JSON schemas that prompts have asked for."""

from __future__ import annotations

import click

from llm.cli.groups import DefaultGroup, stacked
from llm.cli.log_database import database_option, log_to_read, path_option

_database_options = stacked(path_option, database_option)


@click.group("schemas", cls=DefaultGroup, default="list", default_if_no_args=True)
def schemas() -> None:
    """Look at JSON schemas that were used, and try out the short way to write them."""


@schemas.command("list")
@_database_options
@click.option("queries", "-q", "--query", multiple=True, help="Only schemas that contain this text; repeatable")
@click.option("full", "--full", is_flag=True, help="Show the whole schemas")
@click.option("json_", "--json", is_flag=True, help="Show a JSON array")
@click.option("nl", "--nl", is_flag=True, help="Show JSON, one object a line")
def schemas_list(
    path: str | None, database: str | None, queries: tuple[str, ...], full: bool, json_: bool, nl: bool
) -> None:
    """Show the schemas that were used, the last used at the end."""
    from llm.cli.safe_echo import echo_foreign
    from llm.core.tables import output_rows_as_json
    from llm.features.schema_listing import schema_lines
    from llm.store.stored_schemas import used_schemas

    with log_to_read(path or database) as conn:
        rows = used_schemas(conn, queries)
    if json_ or nl:
        for line in output_rows_as_json(rows, nl=nl):
            click.echo(line)
        return
    for row in rows:
        echo_foreign("\n".join(schema_lines(row, full=full)))


@schemas.command("show")
@click.argument("schema_id")
@_database_options
def schemas_show(schema_id: str, path: str | None, database: str | None) -> None:
    """Show a schema by its ID."""
    import json

    from llm.store.stored_schemas import stored_schema

    with log_to_read(path or database) as conn:
        schema = stored_schema(conn, schema_id)
    if schema is None:
        raise click.ClickException(f"Invalid schema ID: {schema_id}. 'llm schemas' lists those that were used")
    click.echo(json.dumps(schema, indent=2))


@schemas.command("dsl")
@click.argument("input")
@click.option("multi", "--multi", is_flag=True, help="For a list of such objects")
def schemas_dsl_debug(input: str, multi: bool) -> None:
    """Show the JSON schema for the short way to write one.

    \b
        llm schemas dsl 'name, age int, bio: one sentence'
    """
    import json

    from llm.core.schemas import schema_dsl

    try:
        schema = schema_dsl(input, multi)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(schema, indent=2))
