"""Lists in which tools, toolboxes and functions are mixed."""

from collections.abc import Iterator
from typing import Any

import pytest

from llm.core.server_tools import ServerSideTool
from llm.core.toolbox import Toolbox, expand_tools, instance_of, toolboxes_in
from llm.core.tools import Tool


class Memory(Toolbox):
    def set(self, key: str) -> None: ...

    async def get(self, key: str) -> None: ...


class Plain(Toolbox):
    pass


class Client:
    def search(self, query: str) -> str:
        return query


def before() -> None: ...


def after() -> None: ...


def names(tools: Any) -> list[str]:
    return [tool.name for tool in tools]


def test_expand_tools_keeps_order() -> None:
    """Tools, server-side tools, toolboxes and functions become one flat list, in order, repetitions included."""
    tool, server_side = Tool("zero"), ServerSideTool()
    expanded = expand_tools([tool, Memory(), before, server_side, tool])
    assert names(expanded) == ["zero", "Memory_get", "Memory_set", "before", "server_side_tool", "zero"]
    assert expanded[0] is tool
    assert expanded[4] is server_side


@pytest.mark.parametrize("item", [5, None, "upper", Memory, ServerSideTool])
def test_expand_tools_refuses_anything_else(item: Any) -> None:
    """What is no tool is a TypeError that shows it; so is a toolbox class in place of an instance."""
    with pytest.raises(TypeError) as caught:
        expand_tools([item])
    assert repr(item) in str(caught.value)


def test_tools_can_be_overridden_as_a_generator() -> None:
    """An overriding `tools` may be a generator, call the base method and yield plain functions."""

    class Dynamic(Memory):
        def tools(self) -> Iterator[Any]:
            yield from super().tools()
            yield Tool("made", implementation=before)
            yield after
            yield ServerSideTool()

    box = Dynamic()
    *expanded, server_side = expand_tools([box])
    assert names(expanded) == ["Dynamic_get", "Dynamic_set", "made", "after"]
    assert all(instance_of(tool) is box for tool in expanded)
    assert instance_of(server_side) is server_side


def test_expanded_tools_know_toolbox_and_plugin() -> None:
    """Methods, added functions and added tools lead back to their toolbox and carry its plugin."""

    class Boxed(Memory):
        plugin = "llm-boxed"

    shared = Tool("shared")
    foreign = Tool("foreign", plugin="llm-other")
    boxes = [Boxed(), Boxed()]
    for box in boxes:
        for item in (before, shared, foreign):
            box.add_tool(item)
    for box in boxes:
        expanded = expand_tools([box])
        assert [instance_of(tool) for tool in expanded] == [box] * 5
        assert [tool.plugin for tool in expanded] == ["llm-boxed"] * 4 + ["llm-other"]
    assert shared == Tool("shared")
    assert instance_of(shared) is None


def test_instance_of_other_things() -> None:
    """A bound method leads to its object; functions, class methods and builtins to nothing."""

    class Maker:
        @classmethod
        def make(cls) -> None: ...

    client, box, server_side = Client(), Memory(), ServerSideTool()
    assert instance_of(Tool.function(client.search)) is client
    assert instance_of(box.set) is box
    assert instance_of(server_side) is server_side
    for item in (before, Maker.make, print, Tool("bare"), Tool.function(before)):
        assert instance_of(item) is None


def test_toolboxes_in_a_list() -> None:
    """Toolboxes are found as items, behind expanded tools and behind bound methods, each once and in order."""
    first, second, third = Memory(), Plain(), Memory()
    items = [before, *expand_tools([first]), second, third.set, first, Client().search, ServerSideTool()]
    found = toolboxes_in(items)
    assert len(found) == 3
    assert all(a is b for a, b in zip(found, (first, second, third), strict=True))
