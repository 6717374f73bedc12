"""JSON schemas: the concise syntax, identity and summary, and what Pydantic classes become."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}

# Keywords of JSON schema whose value holds further schemas. All others (default, enum, const, examples, extensions)
# hold data, in which a key `title` is nobody's title.
_SCHEMA = frozenset(
    {"additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not"}
    | {"propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"}
)
_LIST_OF_SCHEMAS = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
_MAP_OF_SCHEMAS = frozenset(
    {"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"}
)


def schema_dsl(schema_dsl: str, multi: bool = False) -> dict[str, Any]:
    """Turn the concise syntax (`name, age int: in years`) into the JSON schema of an object.

    Fields are separated by newlines if there is one, else by commas; each is `NAME [TYPE] [: DESCRIPTION]` with the
    types str, int, float and bool. `multi` asks for a list of such objects (see `multi_schema`). Raises `ValueError`
    for a field without a name, an unknown type and a repeated name.
    """
    properties: dict[str, Any] = {}
    for field in _fields(schema_dsl):
        name, schema = _parse_field(field)
        if name in properties:
            raise ValueError(f"Invalid schema DSL: duplicate field name '{name}'")
        properties[name] = schema
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return multi_schema(schema) if multi else schema


schema_dsl.__module__ = "llm.utils"


def multi_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object whose single property `items` is an array of `schema`."""
    return {"type": "object", "properties": {"items": {"type": "array", "items": schema}}, "required": ["items"]}


multi_schema.__module__ = "llm.utils"


def make_schema_id(schema: dict[str, Any]) -> tuple[str, str]:
    """Return the id under which the log keeps a schema, and the JSON text that is hashed and kept.

    The order of keys counts, so the same schema written in another order has another id.
    """
    from hashlib import blake2b

    text = json.dumps(schema, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest(), text


make_schema_id.__module__ = "llm.utils"


def schema_summary(schema: Any) -> str:
    """Return an outline of an object's properties, such as `{name, dogs: [{name}], address: {city}}`.

    An array is summed up by its items; what is neither object nor array gives an empty string.
    """
    if not isinstance(schema, Mapping):
        return ""
    if schema.get("type") == "array":
        return schema_summary(schema.get("items"))
    if schema.get("type") != "object":
        return ""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return "{}"
    return "{" + ", ".join(_property_summary(name, value) for name, value in properties.items()) + "}"


schema_summary.__module__ = "llm.utils"


def schema_of(schema: Any) -> Any:
    """Return the JSON schema of a Pydantic model class, titles included; anything else is returned unchanged."""
    if isinstance(schema, type) and hasattr(schema, "model_json_schema"):
        return schema.model_json_schema()
    return schema


def without_titles(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a JSON schema without its titles, at every level at which a schema stands."""
    return {
        key: _inside(key, value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))
    }


def _fields(text: str) -> Iterable[str]:
    stripped = (field.strip() for field in text.split("\n" if "\n" in text else ","))
    return filter(None, stripped)


def _parse_field(field: str) -> tuple[str, dict[str, Any]]:
    definition, _, description = field.partition(":")
    name, kind, *_ = [*definition.split(), "", ""]
    if not name:
        raise ValueError(f"Invalid schema DSL: field {field!r} is missing a name before ':'")
    if kind and kind not in _TYPES:
        raise ValueError(f"Invalid schema DSL: unknown type '{kind}' for field '{name}'; use {', '.join(_TYPES)}")
    schema = {"type": _TYPES[kind or "str"]}
    if description.strip():
        schema["description"] = description.strip()
    return name, schema


def _property_summary(name: str, schema: Any) -> str:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    if kind == "array":
        return f"{name}: [{schema_summary(schema)}]"
    if kind == "object":
        return f"{name}: {schema_summary(schema)}"
    return name


def _inside(keyword: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        if keyword in _MAP_OF_SCHEMAS:
            return {name: _stripped(schema) for name, schema in value.items()}
        return without_titles(value) if keyword in _SCHEMA else value
    if isinstance(value, list) and keyword in _LIST_OF_SCHEMAS:
        return [_stripped(schema) for schema in value]
    return value


def _stripped(schema: Any) -> Any:
    return without_titles(schema) if isinstance(schema, Mapping) else schema
