from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from llm.core.schemas import make_schema_id, multi_schema, schema_dsl, schema_summary, without_titles
from tests.damage import damaged, json_values, nasty_texts

TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
PIECES = ["a", "b", " int", " str", " x", ":", ",", "\n", " ", "é", "\t", "\x00", "\x0b", "\u2028"]
texts = st.text(max_size=30) | nasty_texts | st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
SCHEMA: dict[str, Any] = {
    "title": "T",
    "type": "object",
    "properties": {
        "title": {"type": "string", "title": "Title"},
        "items": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}},
    },
    "$defs": {"x": {"anyOf": [{"title": "X", "type": "null"}]}},
    "required": ["title"],
}


def reference(text: str) -> dict[str, Any]:
    """The syntax in the plainest words. Raises ValueError."""
    properties: dict[str, Any] = {}
    for field in text.split("\n") if "\n" in text else text.split(","):
        if not field.strip():
            continue
        before, _, after = field.partition(":")
        words = before.split()
        if not words or words[0] in properties or (len(words) > 1 and words[1] not in TYPES):
            raise ValueError(field)
        properties[words[0]] = {"type": TYPES[words[1]] if len(words) > 1 else "string"}
        if after.strip():
            properties[words[0]]["description"] = after.strip()
    return {"type": "object", "properties": properties, "required": list(properties)}


@settings(max_examples=100)
@given(texts, st.booleans())
def test_any_text_means_what_the_reference_says(text: str, multi: bool) -> None:
    """Any text is the schema that a plain reading gives, in the same order, or a ValueError of the syntax."""
    try:
        expected = reference(text)
    except ValueError:
        expected = None
    try:
        found = schema_dsl(text, multi=multi)
    except ValueError as error:
        assert str(error).startswith("Invalid schema DSL: ")  # noqa: PT017
        assert expected is None
    else:
        assert expected is not None
        assert json.dumps(found) == json.dumps(multi_schema(expected) if multi else expected)


@settings(max_examples=50)
@given(damaged(SCHEMA))
def test_damaged_schemas_are_summed_up(schema: Any) -> None:
    """Whatever a schema holds, it has an outline, an id that depends on its text alone, and a form without titles."""
    assert isinstance(schema_summary(schema), str)
    if isinstance(schema, dict):
        schema_id, text = make_schema_id(schema)
        assert make_schema_id(json.loads(text))[0] == schema_id if "9" * 300 not in text else schema_id
        without_titles(schema)


@given(st.dictionaries(st.sampled_from(["title", "properties", "items", "default", "x"]), json_values, max_size=4))
def test_only_titles_go(schema: dict[str, Any]) -> None:
    """Removing titles takes away nothing but text under the key `title`, and changes nothing the second time."""
    stripped = without_titles(schema)
    assert set(schema) - set(stripped) <= {"title"}
    assert json.dumps(without_titles(stripped)) == json.dumps(stripped)
