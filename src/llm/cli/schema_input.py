"""`llm.utils.resolve_schema_input`, whose errors are those of Click: a schema given on a command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from llm.features.templates import Template
    from llm.store.database import HasConnection


def resolve_schema_input(
    db: HasConnection | None, schema_input: str | None, load_template: Callable[[str], Template]
) -> dict[str, Any] | None:
    """Return the schema that a text is or names, None for an empty one.

    The text is `t:TEMPLATE`, JSON, a file with JSON, the concise syntax, or the id of a schema in the log database
    `db`. Raises `click.BadParameter` for a text that is none of these, and `click.ClickException` for a template or
    file that cannot give a schema.
    """
    from llm.features.schemas import InvalidSchemaError, SchemaSourceError, resolve_schema

    if not schema_input:
        return None
    try:
        return resolve_schema(db, schema_input, load_template)
    except InvalidSchemaError as error:
        raise click.BadParameter(str(error)) from error
    except SchemaSourceError as error:
        raise click.ClickException(str(error)) from error


def schema_for_prompt(
    db: HasConnection | None, schema_input: str | None, schema_multi: str | None
) -> dict[str, Any] | None:
    """Return the schema that `--schema` or `--schema-multi`, which wins, asks for. Raises what they do above."""
    from llm.core.schemas import multi_schema
    from llm.features.template_files import load_template

    schema = resolve_schema_input(db, schema_multi or schema_input, load_template)
    return multi_schema(schema) if schema_multi and schema else schema


resolve_schema_input.__module__ = "llm.utils"
