"""From what was typed after `--schema` to a JSON schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm.core.errors import UserError
from llm.core.schemas import make_schema_id, multi_schema, schema_dsl
from llm.features.named_files import is_readable

if TYPE_CHECKING:
    from llm.features.templates import Template
    from llm.store.database import HasConnection


class InvalidSchemaError(UserError, ValueError):
    """A text is no schema, and names none."""


class SchemaSourceError(UserError, ValueError):
    """The template or file that a schema was to come from cannot give it."""


def resolve_schema(
    db: HasConnection | None, schema_input: str, load_template: Callable[[str], Template]
) -> dict[str, Any]:
    """Return the schema that a text is or names. Tried in this order:

    `t:TEMPLATE`, JSON, a file with JSON, the concise syntax, the id of a schema in the log database `db`, if there is
    one. Raises `InvalidSchemaError` and `SchemaSourceError`.
    """
    text = schema_input.strip()
    if text.startswith("t:"):
        return _of_template(text[2:], load_template)
    if text.startswith("{"):
        return _parsed(text)
    if is_readable(text):
        return _in_file(text)
    if any(separator in text for separator in " ,\n"):
        return _from_dsl(text)
    stored = None if db is None else _stored(db, text)
    if stored is None:
        raise InvalidSchemaError("Invalid schema: expected JSON, fields such as 'name, age int', a file or a schema ID")
    return stored


def resolved_schema_id(
    db: HasConnection | None, schema_input: str, load_template: Callable[[str], Template], *, multi: bool = False
) -> str:
    """Return the id under which the log keeps a schema; `multi`: the schema of a list of such objects.

    Raises what `resolve_schema` raises.
    """
    schema = resolve_schema(db, schema_input, load_template)
    return make_schema_id(multi_schema(schema) if multi else schema)[0]


def _of_template(name: str, load_template: Callable[[str], Template]) -> dict[str, Any]:
    try:
        template = load_template(name)
    except (UserError, ValueError) as error:
        reason = str(error)
        message = f"Invalid template: {name}"
        raise SchemaSourceError(message if reason in message else f"{message}\n{reason}") from error
    if not template.schema_object:
        raise SchemaSourceError(f"Template '{name}' has no schema")
    return template.schema_object


def _parsed(text: str) -> dict[str, Any]:
    try:
        schema: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidSchemaError(f"Invalid schema: it begins like JSON, but {error}") from error
    return schema


def _in_file(path: str) -> dict[str, Any]:
    try:
        schema = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SchemaSourceError(f"Cannot read the schema file {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SchemaSourceError(f"Schema file {path} contains invalid JSON: {error}") from error
    if not isinstance(schema, dict):
        raise SchemaSourceError(f"Schema file {path} does not hold a JSON object, which every schema is")
    return schema


def _from_dsl(text: str) -> dict[str, Any]:
    try:
        return schema_dsl(text)
    except ValueError as error:
        raise InvalidSchemaError(str(error)) from error


def _stored(db: HasConnection, schema_id: str) -> dict[str, Any] | None:
    from llm.store.stored_schemas import stored_schema

    return stored_schema(db.conn, schema_id)
