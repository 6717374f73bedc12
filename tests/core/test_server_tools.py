"""Tools that the provider runs."""

import hashlib
import inspect
import json
from typing import Any

import pytest

from llm.core.server_tools import ServerSideTool, partition_tools
from llm.core.tools import Tool


class Search(ServerSideTool):
    """Search the web.

    With care.
    """

    name = "web_search"

    def __init__(self, value: str = "demo", *rest: str, **more: str) -> None:
        self.value = value

    def tool_spec(self, model: Any) -> dict[str, Any]:
        return {"type": self.name, "value": self.value}


class Undocumented(Search):
    name = "other"


class Model:
    model_id = "m1"

    def __init__(self, *supported: type[ServerSideTool]) -> None:
        self.supported_server_side_tools = supported


def test_class_attributes() -> None:
    """The base class has the documented attributes and module."""
    assert (ServerSideTool.name, ServerSideTool.plugin) == ("server_side_tool", None)
    assert (ServerSideTool.implementation, ServerSideTool.input_schema) == (None, {})
    assert ServerSideTool.__module__ == "llm.models"


def test_config_holds_the_constructor_arguments() -> None:
    """Arguments are kept by name with defaults and without catch-alls; the base keeps its specification."""
    assert ServerSideTool()._config == {"spec": None}
    assert ServerSideTool({"type": "x"})._config == {"spec": {"type": "x"}}
    assert Search("one", "two", three="3")._config == {"value": "one"}
    assert Undocumented()._config == {"value": "demo"}


def test_signatures_print_plainly() -> None:
    """Listings show the constructor's signature, of the base without quotes, type arguments or a return annotation."""
    assert str(inspect.signature(ServerSideTool)) == "(spec: dict | None = None)"
    assert str(inspect.signature(Search)) == "(value: str = 'demo', *rest: str, **more: str) -> None"


def test_description_is_the_cleaned_docstring() -> None:
    """The description is the class's docstring without its indentation, inherited if there is none."""
    assert Search().description == Undocumented().description == "Search the web.\n\nWith care."


def test_raw_specification() -> None:
    """The base returns the specification it was given; without one it raises, naming the class."""
    assert ServerSideTool({"type": "x"}).tool_spec(None) == {"type": "x"}
    with pytest.raises(TypeError, match="ServerSideTool has no raw provider tool spec"):
        ServerSideTool().tool_spec(None)


def test_specification_of_a_subclass_without_constructor_call() -> None:
    """A subclass whose constructor does not call the base's, and which has no `tool_spec`, gets the same error."""

    class Silent(ServerSideTool):
        def __init__(self) -> None:
            pass

    with pytest.raises(TypeError, match="raw provider tool spec"):
        Silent().tool_spec(None)


def test_prepare_request_changes_nothing() -> None:
    """The base leaves the request alone."""
    kwargs = {"model": "m"}
    ServerSideTool().prepare_request(None, kwargs)
    assert kwargs == {"model": "m"}


def test_hash_says_server_side() -> None:
    """The hash covers name, description, schema, the server-side mark, and last the plugin if there is one."""
    form: dict[str, Any] = {"name": "web_search", "description": Search().description, "input_schema": {}}
    form["server_side"] = True
    assert Search().hash() == hashlib.sha256(json.dumps(form).encode()).hexdigest()
    tool = Search()
    tool.plugin = "llm-search"
    form["plugin"] = "llm-search"
    assert tool.hash() == hashlib.sha256(json.dumps(form).encode()).hexdigest()


def test_partition_keeps_order() -> None:
    """Function tools and server-side tools come apart, each in their order."""
    one, two, first, second = Tool("one"), Tool("two"), Search(), Undocumented()
    assert partition_tools(Model(Search), [first, one, second, two]) == ([one, two], [first, second])
    assert partition_tools(object(), [one]) == ([one], [])


def test_unsupported_tool_is_refused_with_a_fixed_text() -> None:
    """A tool the model does not list raises the text that programs match."""
    with pytest.raises(ValueError) as caught:
        partition_tools(Model(Undocumented), [Search()])
    text = "Model 'm1' does not support server-side tool 'web_search'. Run: llm tools -m m1"
    assert str(caught.value) == text


def test_model_without_a_list_supports_none() -> None:
    """A model object without the property is one that supports no server-side tools."""

    class Bare:
        model_id = "bare"

    with pytest.raises(ValueError, match="Model 'bare' does not support server-side tool"):
        partition_tools(Bare(), [Search()])


def test_listing_the_base_accepts_raw_specifications_only() -> None:
    """`ServerSideTool` in a model's list stands for direct instances, not for every subclass."""
    raw = ServerSideTool({"type": "x"})
    assert partition_tools(Model(ServerSideTool), [raw]) == ([], [raw])
    with pytest.raises(ValueError, match="'web_search'"):
        partition_tools(Model(ServerSideTool), [Search()])
    with pytest.raises(ValueError, match="'server_side_tool'"):
        partition_tools(Model(Search), [raw])
