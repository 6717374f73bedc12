"""What fragments and schemas named on the command line are called in the log: hashes and ids."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from llm.core.errors import UserError
from llm.core.schemas import make_schema_id, multi_schema, schema_dsl
from llm.store.references import stored_fragment_hash, stored_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3


class InvalidSchemaError(UserError):
    """A text that is no schema, no file with one and no id of one."""


def fragment_hash(conn: sqlite3.Connection, name: str) -> str:
    """Return the hash of the stored fragment with this alias or hash. Raises `UserError` if there is none."""
    found = stored_fragment_hash(conn, name)
    if found is None:
        raise UserError(f"Fragment '{name}' not found. 'llm fragments' lists those that are stored")
    return found


def schema_id(conn: sqlite3.Connection, schema_input: str, *, multi: bool = False) -> str:
    """Return the id of a schema given as JSON, as DSL, as a file or by its id; `multi`: of a list of such objects.

    Raises `InvalidSchemaError`, and `UserError` for a file that holds no schema.
    """
    text = schema_input.strip()
    schema = _written_schema(text)
    if schema is None:
        schema = stored_schema(conn, text)
    if schema is None:
        raise InvalidSchemaError(f"Invalid schema: {text!r} is neither JSON, DSL, a file nor the id of a logged schema")
    return make_schema_id(multi_schema(schema) if multi else schema)[0]


def _written_schema(text: str) -> dict[str, Any] | None:
    if text.startswith("{"):
        return _object(text, InvalidSchemaError("Invalid schema: it begins like JSON and is none"))
    if os.path.isfile(text):  # noqa: PTH113 -- a text too long for a path is none, where pathlib raises
        return _object(Path(text).read_bytes(), UserError(f"There is no JSON schema in the file {text}"))
    if any(separator in text for separator in " ,\n"):
        try:
            return schema_dsl(text)
        except ValueError as error:
            raise InvalidSchemaError(str(error)) from error
    return None


def _object(text: str | bytes, otherwise: UserError) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise otherwise from error
    if not isinstance(found, dict):
        raise otherwise
    return found
