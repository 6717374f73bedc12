"""Tools, calls and results as data, and tools made of functions."""

import copy
import dataclasses
import pickle
import subprocess
import sys
from functools import partial
from typing import Any, Optional, get_type_hints

import pytest
from pydantic import BaseModel

from llm.core.tools import Tool, ToolCall, ToolOutput, ToolResult


def forecast(city: str, days: int = 3, unit: Optional[str] = None) -> None:  # noqa: UP045  # as in the fixed vector
    """Weather forecast"""


class Searcher:
    """Finds things"""

    def __call__(self, query: str, limit: "int" = 3) -> str:
        return query * limit

    def find(self, query: str) -> str:
        """Find one"""
        return query


def test_function_hash_is_fixed() -> None:
    """The hash of the forecast tool is the one that existing logs hold, without and with a plugin."""
    tool = Tool.function(forecast)
    assert tool.hash() == "df52e922114218f6f87bfbeaf862c16f3c71497aa94e2b50f29784645bb7ca7d"
    tool.plugin = "llm-weather"
    assert tool.hash() == "b696a3b019cf2f1276e049d8d812033a440eb9e93f8d19057e95e1f7806ad004"


def test_hash_of_a_handmade_tool_is_fixed() -> None:
    """A tool with its own schema hashes to the value that existing logs hold."""
    schema = {"type": "object", "properties": {"s": {"type": "string"}}}
    tool = Tool("up", "Upper", schema)
    assert tool.hash() == "1d59a67f779c7c405282d76f0c8b24456786250887fdeca9a89707733a070011"
    tool = Tool("up", "Upper", schema, plugin="plug")
    assert tool.hash() == "3869b7fef56f138fef38b47e3f0bf450ab1653cf28e32a2ff59b56c5d4eff423"


def test_function_takes_name_description_and_implementation() -> None:
    """Name and docstring come from the function unless given; the implementation is the function itself."""
    tool = Tool.function(forecast)
    assert (tool.name, tool.description, tool.implementation) == ("forecast", "Weather forecast", forecast)
    assert tool.plugin is None
    renamed = Tool.function(forecast, name="weather", description="Look outside")
    assert (renamed.name, renamed.description) == ("weather", "Look outside")


def test_docstring_is_taken_raw() -> None:
    """A docstring is not dedented, and an empty one counts as none."""

    def indented() -> None: ...

    indented.__doc__ = "First\n\n        second\n"  # before Python 3.13 docstrings were like this

    def empty() -> None:
        """"""

    assert Tool.function(indented).description == indented.__doc__
    assert "        second" in str(Tool.function(indented).description)
    assert Tool.function(empty).description is None


def test_lambda_needs_a_name() -> None:
    """A lambda without a name is refused, with a name it is a tool."""
    with pytest.raises(ValueError, match="name="):
        Tool.function(lambda text: text)
    with pytest.raises(ValueError, match="name="):
        Tool.function(partial(lambda text: text, text="x"))
    assert Tool.function(lambda text: text, name="echo").name == "echo"


def test_partial_is_described_by_its_function() -> None:
    """A partial has the name, docstring and remaining parameters of the function behind it."""
    tool = Tool.function(partial(forecast, "Oslo"))
    assert (tool.name, tool.description) == ("forecast", "Weather forecast")
    assert list(tool.input_schema["properties"]) == ["days", "unit"]
    assert Tool.function(partial(Searcher().find, query="x"), name="fixed").description == "Find one"


def test_callable_object_is_a_tool() -> None:
    """An object with `__call__` is named after its class and described by the signature of `__call__`."""
    tool = Tool.function(Searcher())
    assert (tool.name, tool.description) == ("Searcher", "Finds things")
    assert tool.input_schema == {
        "properties": {"query": {"type": "string"}, "limit": {"default": 3, "type": "integer"}},
        "required": ["query"],
        "type": "object",
    }


def test_pydantic_class_as_schema_loses_its_titles() -> None:
    """A Pydantic model class given as input schema is replaced by its JSON schema without titles."""

    class City(BaseModel):
        title: str
        size: int = 1

    assert Tool("city", input_schema=City).input_schema == {  # type: ignore[arg-type]  # what plugins do
        "properties": {"title": {"type": "string"}, "size": {"default": 1, "type": "integer"}},
        "required": ["title"],
        "type": "object",
    }


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Tool, ["name", "description", "input_schema", "implementation", "plugin"]),
        (ToolCall, ["name", "arguments", "tool_call_id"]),
        (ToolResult, ["name", "output", "attachments", "tool_call_id", "instance", "exception"]),
        (ToolOutput, ["output", "attachments"]),
    ],
)
def test_value_types(kind: type[Any], fields: list[str]) -> None:
    """They are mutable, unhashable dataclasses of `llm.models` with these fields in order, and resolvable types."""
    assert [field.name for field in dataclasses.fields(kind)] == fields
    assert list(get_type_hints(kind)) == fields
    assert kind.__module__ == "llm.models"
    assert kind.__hash__ is None


def test_equality_and_repr_show_fields_only() -> None:
    """Tools compare and print by their fields, whatever they belong to, and copies are equal."""
    tool = Tool("up", "Upper")
    assert tool == Tool("up", "Upper") == copy.copy(tool)
    assert repr(tool) == "Tool(name='up', description='Upper', input_schema={}, implementation=None, plugin=None)"
    assert tool.input_schema is not Tool("up").input_schema


def test_calls_take_foreign_attributes() -> None:
    """A model plugin can set attributes of its own on a call, which do not take part in comparison."""
    call = ToolCall("up", {"s": "x"}, "tc_1")
    call.signature = "abc"  # type: ignore[attr-defined]  # the point of this test
    assert call == ToolCall("up", {"s": "x"}, tool_call_id="tc_1")


def test_values_survive_pickling() -> None:
    """Calls, results and outputs can be pickled under their public module."""
    for value in (
        ToolCall("up", {"s": "x"}),
        ToolResult("up", "X", tool_call_id="1"),
        ToolOutput({"a": 1}),
        Tool("up"),
    ):
        assert pickle.loads(pickle.dumps(value)) == value


def test_importing_tools_does_not_import_pydantic() -> None:
    """The vocabulary of tools is available without Pydantic."""
    code = "import llm.core.tools, llm.core.toolbox, sys; print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
