"""Input schemas from signatures, and the recognition of `llm_tool_call`."""

import json
from collections.abc import Callable
from functools import lru_cache, partial, wraps
from inspect import signature
from keyword import iskeyword
from types import MethodType
from typing import Any, Literal, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, PydanticSchemaGenerationError

from llm.core.signatures import bound_arguments, input_schema_of, wants_tool_call


class Inner(BaseModel):
    title: str = "title"
    next: "Inner | None" = None


INNER = Inner()


class Opaque:
    pass


def test_key_order_follows_pydantic() -> None:
    """The schema of the forecast function is fixed to the order of keys, since tool hashes depend on it."""

    def forecast(city: str, days: int = 3, unit: Optional[str] = None) -> None:  # noqa: UP045
        pass

    assert json.dumps(input_schema_of(forecast)) == (
        '{"properties": {"city": {"type": "string"}, "days": {"default": 3, "type": "integer"}, '
        '"unit": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null}}, '
        '"required": ["city"], "type": "object"}'
    )


def test_nothing_required_means_no_required_key() -> None:
    """A function without parameters has exactly the schema that existing logs hold."""

    def nothing() -> None:
        pass

    assert json.dumps(input_schema_of(nothing)) == '{"properties": {}, "type": "object"}'


def test_unannotated_parameters_are_strings() -> None:
    """A parameter without annotation is a string, whatever its default."""

    def loose(a, b=3):  # type: ignore[no-untyped-def]
        pass

    assert input_schema_of(loose)["properties"] == {"a": {"type": "string"}, "b": {"default": 3, "type": "string"}}


def test_self_and_tool_call_are_not_offered() -> None:
    """`self` and `llm_tool_call` are no arguments for the model."""

    def method(self, llm_tool_call, text: str):  # type: ignore[no-untyped-def]
        pass

    assert list(input_schema_of(method)["properties"]) == ["text"]


def test_catch_alls_are_left_out() -> None:
    """`*args` and `**kwargs` are no properties."""

    def flexible(a: int, *args: int, b: int = 1, **kwargs: int) -> None:
        pass

    assert list(input_schema_of(flexible)["properties"]) == ["a", "b"]


def test_names_that_pydantic_refuses_are_kept() -> None:
    """Names with a leading underscore, and names of Pydantic's own attributes, stay as they are, without warnings."""

    def odd(_path: str, model_config: int, schema: str, copy: bool = False) -> None:
        pass

    schema = input_schema_of(odd)
    assert list(schema["properties"]) == ["_path", "model_config", "schema", "copy"]
    assert schema["required"] == ["_path", "model_config", "schema"]


def test_nested_models_and_titles() -> None:
    """Nested models become definitions; titles go, but properties called `title` and default data stay."""

    def store(item: Inner, title: str, kind: Literal["title", "body"] = "title", given: Inner = INNER) -> None:
        pass

    schema = input_schema_of(store)
    inner = {
        "title": {"default": "title", "type": "string"},
        "next": {"anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "null"}], "default": None},
    }
    assert schema["$defs"] == {"Inner": {"properties": inner, "type": "object"}}
    assert schema["properties"]["title"] == {"type": "string"}
    assert schema["properties"]["given"] == {"$ref": "#/$defs/Inner", "default": {"title": "title", "next": None}}
    assert schema["properties"]["kind"] == {"default": "title", "enum": ["title", "body"], "type": "string"}


def test_field_as_default() -> None:
    """Pydantic's `Field` as a default value contributes its default, description and constraints."""

    def area(side: int = Field(3, description="in metres", ge=1)) -> None:
        pass

    assert input_schema_of(area)["properties"] == {
        "side": {"default": 3, "description": "in metres", "minimum": 1, "type": "integer"}
    }


def test_string_annotations_are_resolved() -> None:
    """Annotations written as strings count, and one that names nothing raises NameError."""

    def good(count: "int") -> None:
        pass

    def bad(count: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821
        pass

    assert input_schema_of(good)["properties"] == {"count": {"type": "integer"}}
    with pytest.raises(NameError):
        input_schema_of(bad)


def test_indescribable_annotation_raises() -> None:
    """A type that Pydantic cannot describe is an error, not a string."""

    def odd(value: Opaque) -> None:
        pass

    with pytest.raises(PydanticSchemaGenerationError):
        input_schema_of(odd)


def test_wrapped_functions_show_what_they_wrap() -> None:
    """Decorated and cached functions have the schema of the function behind them."""

    def plain(count: int) -> int:
        return count

    @wraps(plain)
    def decorated(*args: Any, **kwargs: Any) -> int:
        return plain(*args, **kwargs)

    class Wrapper:
        def __init__(self, function: Callable[..., Any]) -> None:
            self.__wrapped__ = function

        def __call__(self, *args: Any) -> Any:
            return self.__wrapped__(*args)

    for function in (decorated, lru_cache(plain), Wrapper(plain)):
        assert input_schema_of(function) == input_schema_of(plain)


def test_builtins_with_a_signature_work() -> None:
    """Builtins that tell their signature have schemas (`print` tells its own since Python 3.11)."""
    assert input_schema_of(locals) == {"properties": {}, "type": "object"}
    assert list(input_schema_of(sorted)["properties"]) == ["iterable", "key", "reverse"]


def test_class_is_described_by_its_constructor() -> None:
    """A class used as a tool takes what its constructor takes, with the types written there or on the class."""

    class Point:
        y: float

        def __init__(self, x: int, y=0.5):  # type: ignore[no-untyped-def]
            pass

    assert input_schema_of(Point)["properties"] == {"x": {"type": "integer"}, "y": {"default": 0.5, "type": "number"}}
    assert input_schema_of(Inner)["properties"]["title"] == {"default": "title", "type": "string"}


def test_bound_function_loses_its_first_parameter() -> None:
    """What a function is bound to is no argument, whatever the parameter is called."""

    def search(box: Opaque, query: str) -> str:
        return query

    assert list(input_schema_of(MethodType(search, Opaque()))["properties"]) == ["query"]


NAMES = st.from_regex(r"_{0,2}[a-z]{1,6}", fullmatch=True).filter(lambda name: name != "self" and not iskeyword(name))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(NAMES, st.sampled_from([int, str, float, bool])), unique_by=lambda pair: pair[0]))
def test_every_parameter_is_a_property(parameters: list[tuple[str, type]]) -> None:
    """Whatever parameters are called, each is a required property of its type, in order."""
    from inspect import Parameter, Signature

    def function(**kwargs: Any) -> None:
        pass

    kinds = {int: "integer", str: "string", float: "number", bool: "boolean"}
    function.__signature__ = Signature([Parameter(n, Parameter.KEYWORD_ONLY) for n, _ in parameters])  # type: ignore[attr-defined]
    function.__annotations__ = dict(parameters)
    schema = input_schema_of(function)
    assert list(schema["properties"].items()) == [(name, {"type": kinds[kind]}) for name, kind in parameters]
    assert schema.get("required", []) == [name for name, _ in parameters]


def test_tool_call_must_be_named_explicitly() -> None:
    """Only a parameter named `llm_tool_call` asks for the call; a catch-all does not."""

    def named(text: str, llm_tool_call: object = None) -> None:
        pass

    def catch_all(**llm_tool_call: object) -> None:
        pass

    class Box:
        async def method(self, *, llm_tool_call: object) -> None:
            pass

    assert wants_tool_call(named)
    assert wants_tool_call(partial(named, "x"))
    assert wants_tool_call(Box().method)
    assert not wants_tool_call(catch_all)
    assert not wants_tool_call(lambda **kwargs: None)
    assert not wants_tool_call(type)  # has no signature


def test_bound_arguments_by_name() -> None:
    """Arguments come by parameter name with defaults applied and catch-alls left out; a misfit gives nothing."""

    def constructor(a: int, *rest: int, b: int = 2, **more: int) -> None:
        pass

    assert bound_arguments(signature(constructor), (1, 8, 9), {"c": 3}) == {"a": 1, "b": 2}
    assert bound_arguments(signature(constructor), (), {}) == {}
