"""The concise schema syntax, schema ids, summaries and titles."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from llm.core.schemas import make_schema_id, multi_schema, schema_dsl, schema_of, schema_summary, without_titles

TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["title", "type", "items", "a"]), inner)
    ),
    max_leaves=10,
)


def properties(text: str) -> dict[str, Any]:
    found: dict[str, Any] = schema_dsl(text)["properties"]
    return found


def test_dsl_with_commas() -> None:
    """Fields separated by commas become typed properties, all required, with keys in the fixed order."""
    assert json.dumps(schema_dsl("name, age int, bio: a short text, tall float, ok bool: yes: or no")) == (
        '{"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, '
        '"bio": {"type": "string", "description": "a short text"}, "tall": {"type": "number"}, '
        '"ok": {"type": "boolean", "description": "yes: or no"}}, "required": ["name", "age", "bio", "tall", "ok"]}'
    )


def test_dsl_with_newlines() -> None:
    """One newline makes newlines the separator, so that descriptions may hold commas."""
    assert properties("\n name: first, last\r\n\n  age int  \n") == {
        "name": {"type": "string", "description": "first, last"},
        "age": {"type": "integer"},
    }


@pytest.mark.parametrize("text", ["", " ", ",", " , ,", "\n\n"])
def test_dsl_without_fields(text: str) -> None:
    """Blank fields are dropped; nothing but blanks gives an object without properties."""
    assert schema_dsl(text) == {"type": "object", "properties": {}, "required": []}


def test_dsl_ignores_words_after_the_type() -> None:
    """Further words before the colon, and empty descriptions, are ignored."""
    assert properties("a int or so: number, b:, c\tfloat") == {
        "a": {"type": "integer", "description": "number"},
        "b": {"type": "string"},
        "c": {"type": "number"},
    }


@pytest.mark.parametrize("field", [":x", ":", ": d", "::"])
def test_dsl_missing_name(field: str) -> None:
    """A field without a name raises the fixed text, with the field in repr form."""
    with pytest.raises(ValueError) as caught:
        schema_dsl(f"name,  {field} ,age")
    assert str(caught.value) == f"Invalid schema DSL: field {field!r} is missing a name before ':'"


def test_dsl_unknown_type_and_duplicate() -> None:
    """An unknown type is named with its field, and so is a repeated name."""
    with pytest.raises(ValueError, match=r"^Invalid schema DSL: .*'date'.*'born'"):
        schema_dsl("born date")
    with pytest.raises(ValueError, match=r"^Invalid schema DSL: .*'name'"):
        schema_dsl("name, age, name int")


def test_multi_wraps_in_items() -> None:
    """`multi` gives an object whose single required property is an array of the schema."""
    schema = schema_dsl("name")
    wrapped = {"type": "object", "properties": {"items": {"type": "array", "items": schema}}, "required": ["items"]}
    assert json.dumps(schema_dsl("name", multi=True)) == json.dumps(multi_schema(schema)) == json.dumps(wrapped)


WORD = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=","), max_size=10)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(WORD, st.tuples(st.sampled_from(["", *TYPES]), TEXT), max_size=5), st.sampled_from([",", "\n"]))
def test_dsl_round_trip(fields: dict[str, tuple[str, str]], separator: str) -> None:
    """Whatever is written in the syntax is found in the schema, under either separator."""
    text = separator.join(f" {name} {kind} : {text}" for name, (kind, text) in fields.items())
    schema = schema_dsl(text)
    assert schema["required"] == list(schema["properties"]) == list(fields)
    for name, (kind, description) in fields.items():
        expected = {"type": TYPES[kind or "str"]}
        assert schema["properties"][name] == (expected | {"description": description} if description else expected)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=30))
def test_dsl_accepts_or_says_why(text: str) -> None:
    """Any text is either a schema or a ValueError of the syntax."""
    try:
        schema_dsl(text)
    except ValueError as error:
        assert str(error).startswith("Invalid schema DSL: ")  # noqa: PT017  # most texts are fine


def test_schema_ids_are_fixed() -> None:
    """Ids and stored texts are those of existing logs; key order counts and non-ASCII is escaped."""
    assert make_schema_id({"schema": "one"}) == ("9a8ed2c9b17203f6d8905147234475b5", '{"schema":"one"}')
    assert make_schema_id({"name": "string"})[0] == "5843577700ba729bb14c327b30441885"
    assert make_schema_id({"a": 1, "b": 2})[0] != make_schema_id({"b": 2, "a": 1})[0]
    assert make_schema_id({"a": "é"})[1] == '{"a":"\\u00e9"}'


ITEM = {"type": "object", "properties": {"z": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "summary"),
    [
        (schema_dsl("name, age int"), "{name, age}"),
        (schema_dsl("name", multi=True), "{items: [{name}]}"),
        ({"type": "array", "items": ITEM}, "{z}"),
        ({"type": "array", "items": {"type": "string"}}, ""),
        ({"type": "array"}, ""),
        ({"type": "object"}, "{}"),
        ({"type": "object", "properties": {"d": ITEM, "l": {"type": "array", "items": ITEM}}}, "{d: {z}, l: [{z}]}"),
        (
            {"type": "object", "properties": {"l": {"type": "array", "items": {"type": "array", "items": ITEM}}}},
            "{l: [{z}]}",
        ),
        ({"type": "object", "properties": {"l": {"type": "array", "items": {"type": "string"}}}}, "{l: []}"),
        (
            {"type": "object", "properties": {"d": {"type": "object"}, "r": {"$ref": "#/x"}, "any": True}},
            "{d: {}, r, any}",
        ),
        ({"properties": {"a": {}}}, ""),
        ({}, ""),
        ([], ""),
        (None, ""),
        ("text", ""),
    ],
)
def test_summary(schema: Any, summary: str) -> None:
    """Objects list their properties, arrays sum up their items, anything else is empty."""
    assert schema_summary(schema) == summary


@settings(max_examples=50, deadline=None)
@given(JSON, JSON)
def test_summary_never_fails(schema: Any, inner: Any) -> None:
    """Whatever JSON stands in the place of a schema, there is a summary."""
    assert isinstance(schema_summary(schema), str)
    assert isinstance(
        schema_summary({"type": "object", "properties": {"a": inner, "b": {"type": "array", "items": inner}}}), str
    )
    assert isinstance(schema_summary({"type": "object", "properties": inner}), str)


def test_titles_go_at_schema_positions_only() -> None:
    """Titles of schemas go at every level; properties called `title` and titles in data stay, order kept."""
    data = {"title": "kept"}
    schema = {
        "title": "Top",
        "$defs": {"title": {"title": "Definition", "type": "string"}},
        "properties": {
            "title": {"title": "Title", "type": "string", "default": "x"},
            "properties": {"title": "P", "properties": {"title": {"title": "Inner"}}, "default": data},
            "list": {"items": {"title": "Item", "enum": [data], "const": data, "examples": [data]}},
            "union": {"anyOf": [{"title": "One"}, {"title": "Two", "not": {"title": "Not"}}, True]},
            "map": {"additionalProperties": {"title": "Value"}, "patternProperties": {"a": {"title": "Pattern"}}},
        },
        "additionalProperties": False,
        "dependencies": {"title": ["list"]},
        "x-extension": data,
    }
    before = json.dumps(schema)
    assert json.dumps(without_titles(schema)) == json.dumps(
        {
            "$defs": {"title": {"type": "string"}},
            "properties": {
                "title": {"type": "string", "default": "x"},
                "properties": {"properties": {"title": {}}, "default": data},
                "list": {"items": {"enum": [data], "const": data, "examples": [data]}},
                "union": {"anyOf": [{}, {"not": {}}, True]},
                "map": {"additionalProperties": {}, "patternProperties": {"a": {}}},
            },
            "additionalProperties": False,
            "dependencies": {"title": ["list"]},
            "x-extension": data,
        }
    )
    assert json.dumps(schema) == before


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(["title", "properties", "items", "anyOf", "default", "a"]), JSON))
def test_removing_titles_twice_changes_nothing(schema: dict[str, Any]) -> None:
    """What has no titles stays as it is, and any JSON is accepted."""
    once = without_titles(schema)
    assert without_titles(once) == once
    assert not isinstance(once.get("title"), str)


def test_schema_of_a_class_keeps_titles() -> None:
    """A Pydantic class becomes its JSON schema with titles; a dict is passed on unchanged, and so is nothing."""

    class Dog(BaseModel):
        name: str

    schema = schema_of(Dog)
    assert schema == Dog.model_json_schema()
    assert (schema["title"], schema["properties"]["name"]["title"]) == ("Dog", "Name")
    given: dict[str, Any] = {"type": "object"}
    assert schema_of(given) is given
    assert schema_of(None) is None


def test_functions_belong_to_their_public_module() -> None:
    """The functions name `llm.utils` as their module."""
    assert {f.__module__ for f in (schema_dsl, multi_schema, make_schema_id, schema_summary)} == {"llm.utils"}
