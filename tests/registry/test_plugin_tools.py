from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from llm.core.toolbox import Toolbox
from llm.core.tools import Tool
from llm.registry.hook_calls import failing_plugin
from llm.registry.tools import get_tools
from tests.registry.stand_ins import plugin

Register = Callable[..., None]


def add(a: int, b: int) -> int:
    """Add two numbers"""
    return a + b


def tool_plugin(name: str, *entries: tuple[Any, ...]) -> Any:
    def register_tools(register: Any) -> None:
        for entry in entries:
            register(*entry)

    return plugin(name, register_tools=register_tools)


def test_functions(register_plugins: Register) -> None:
    """A function becomes a tool named after it, or as asked, that knows the name of its plugin."""
    register_plugins(tool_plugin("maths", (add,), (add, "plus"), (lambda: 1, "one")))
    tools: Any = get_tools()
    assert list(tools) == ["add", "plus", "one"]
    assert tools["add"] == Tool("add", "Add two numbers", Tool.function(add).input_schema, add, "maths")
    assert tools["plus"].name == "plus"
    assert tools["plus"].implementation is add


def test_tools_are_copied(register_plugins: Register) -> None:
    """A `Tool` is taken over with all its fields; the object that the plugin keeps is not changed."""
    kept = Tool("kept", "does", {"type": "object"}, add, None)
    register_plugins(tool_plugin("p", (kept,), (kept, "again"), (kept,)))
    tools: Any = get_tools()
    assert tools["kept"] == Tool("kept", "does", {"type": "object"}, add, "p")
    assert tools["again"] == Tool("again", "does", {"type": "object"}, add, "p")
    assert tools["kept_1"] == Tool("kept_1", "does", {"type": "object"}, add, "p")
    assert kept == Tool("kept", "does", {"type": "object"}, add, None)


def test_toolbox_classes(register_plugins: Register) -> None:
    """A toolbox stays the class it is, with the names of its registration and of its plugin on it."""

    class Memory(Toolbox):
        pass

    class Other(Toolbox):
        pass

    register_plugins(tool_plugin("p", (Memory,), (Other, "Renamed")))
    tools = get_tools()
    assert tools["Memory"] is Memory
    assert tools["Renamed"] is Other
    assert (Memory.name, Memory.plugin) == ("Memory", "p")
    assert (Other.name, Other.plugin) == ("Renamed", "p")


def test_taken_names(register_plugins: Register) -> None:
    """Plugins come in the order of their registration; a name that is taken gets a number, and the tool has it too."""

    class add_1(Toolbox):  # noqa: N801 - the suffix is the point
        pass

    register_plugins(
        tool_plugin("z", (add,), (add_1,)), tool_plugin("a", (add,)), tool_plugin("m", (add,), (add_1, "add"))
    )
    tools: Any = get_tools()
    assert list(tools) == ["add", "add_1", "add_2", "add_3", "add_4"]
    assert [tools[name].plugin for name in ("add", "add_2", "add_3")] == ["z", "a", "m"]
    assert [tools[name].name for name in ("add", "add_2", "add_3")] == ["add", "add_2", "add_3"]
    assert tools["add_1"] is tools["add_4"] is add_1


@pytest.mark.parametrize("wrong", [object, int, 5, Toolbox()])
def test_what_is_no_tool(register_plugins: Register, wrong: Any) -> None:
    """Classes that are no toolbox, instances of toolboxes, and other objects raise a `TypeError` that names them."""
    register_plugins(tool_plugin("good", (add,)), tool_plugin("bad", (wrong,)))
    with pytest.raises(TypeError) as caught:
        get_tools()
    assert getattr(wrong, "__name__", repr(wrong)) in str(caught.value)
    assert failing_plugin(caught.value) == "bad"


def test_lambda_without_a_name(register_plugins: Register) -> None:
    """A lambda needs a name."""
    register_plugins(tool_plugin("p", (lambda: 1,)))
    with pytest.raises(ValueError, match="name"):
        get_tools()


def test_fresh_on_every_call(register_plugins: Register) -> None:
    """A plugin registered later counts from the next call on."""
    assert get_tools() == {}
    register_plugins(tool_plugin("p", (add,)))
    assert list(get_tools()) == ["add"]


def test_built_in_tools() -> None:
    """The built-in tools run the very functions of `llm.tools`, and belong to the plugin `default_tools`."""
    import llm
    from llm import tools

    found: Any = llm.get_tools()
    for name in ("llm_version", "llm_time"):
        assert found[name].implementation is getattr(tools, name)
        assert found[name].plugin == "llm.default_plugins.default_tools"
