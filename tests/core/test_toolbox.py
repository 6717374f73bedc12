"""Toolboxes: captured configuration, listed tools and added tools."""

import copy
import dataclasses
import inspect
import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from llm.core.server_tools import ServerSideTool
from llm.core.signatures import loggable_config
from llm.core.toolbox import Toolbox
from llm.core.tools import Tool


class Memory(Toolbox):
    def __init__(self, path: str = "memory.txt", *extra: str, limit: int = 10, **options: Any) -> None:
        self.seen_config = dict(self._config)
        self.values: dict[str, str] = {}

    def set(self, key: str, value: str) -> None:
        """Set something"""
        self.values[key] = value

    async def get(self, key: str) -> str:
        return self.values[key]

    def _hidden(self) -> None:
        pass


class Child(Memory):
    def __init__(self, color: str) -> None:
        self.add_tool(before)
        super().__init__("other.txt", limit=3)
        self.add_tool(after)


class Plain(Toolbox):
    """Nothing to configure"""


class Client:
    def __init__(self, url: str = "http://localhost/") -> None:
        self.url = url

    def __call__(self) -> str:
        return self.url

    def search(self, query: str) -> str:
        return query


def before() -> str:
    """Added before the parent's constructor"""
    return "before"


def after() -> str:
    return "after"


def names(tools: Any) -> list[str]:
    return [tool.name for tool in tools]


def test_config_holds_the_constructor_arguments() -> None:
    """Arguments are kept by name, with defaults, without self and catch-alls, before the constructor body runs."""
    box = Memory("notes.txt", "a", "b", verbose=True)
    assert box._config == box.seen_config == {"path": "notes.txt", "limit": 10}
    assert Memory()._config == {"path": "memory.txt", "limit": 10}
    assert Memory._config == {}


def test_config_is_that_of_the_outermost_constructor() -> None:
    """What a subclass passes to its parent's constructor does not replace its own arguments, nor its added tools."""
    box = Child("red")
    assert box._config == {"color": "red"}
    assert names(box._extra_tools) == ["before", "after"]


def test_config_without_a_constructor() -> None:
    """A toolbox without a constructor has an empty configuration and takes no arguments."""
    assert Plain()._config == Toolbox()._config == {}
    with pytest.raises(TypeError, match=r"Plain\(\) takes no arguments"):
        Plain("x")


def test_inherited_and_generated_constructors_are_captured() -> None:
    """A constructor may also come from the parent, from a mixin on either side, or from `dataclass`."""

    class Inherited(Memory):
        pass

    class Left(Client, Toolbox):
        pass

    class Right(Toolbox, Client):
        pass

    @dataclasses.dataclass
    class Generated(Toolbox):
        depth: int = 1

    assert Inherited("x")._config == {"path": "x", "limit": 10}
    assert Generated(2)._config == {"depth": 2}
    for kind in (Left, Right):
        box: Any = kind("u")
        assert (box._config, box.url) == ({"url": "u"}, "u")
        assert str(inspect.signature(kind)) == "(url: str = 'http://localhost/') -> None"


def test_signature_stays_that_of_the_constructor() -> None:
    """`inspect.signature` shows the parameters of the constructor, of a class without one none."""
    assert inspect.signature(Child) == inspect.signature(Child.__init__.__get__(object()))
    assert list(inspect.signature(Memory).parameters) == ["path", "extra", "limit", "options"]
    assert str(inspect.signature(Plain)) == str(inspect.signature(Toolbox)) == "()"


def test_signature_of_a_callable_instance() -> None:
    """A toolbox with `__call__` shows the signature of that, not of its class's constructor."""

    class Caller(Memory):
        def __call__(self, x: int) -> None:
            pass

    assert list(inspect.signature(Caller()).parameters) == ["x"]


def test_wrong_arguments_raise_the_constructors_error() -> None:
    """Arguments that do not fit give Python's own TypeError, which names the constructor."""
    with pytest.raises(TypeError, match=r"Child\.__init__\(\) missing 1 required positional argument: 'color'"):
        Child()  # type: ignore[call-arg]


def test_any_parameter_name_is_possible() -> None:
    """A constructor may have parameters called `cls` or `args`, given by keyword."""

    class Odd(Toolbox):
        def __init__(self, cls: int, args: int) -> None:
            pass

    assert Odd(cls=1, args=2)._config == {"cls": 1, "args": 2}


def test_abstract_toolboxes() -> None:
    """A toolbox class can be abstract."""

    class Base(Toolbox, ABC):
        @abstractmethod
        def run(self) -> None: ...

    class Concrete(Base):
        def run(self) -> None: ...

    with pytest.raises(TypeError):
        Base()  # type: ignore[abstract]
    assert names(Concrete().tools()) == ["Concrete_run"]


def test_copies_keep_state() -> None:
    """Copying and pickling keep configuration and state, although they call no constructor."""
    box = Memory("x")
    box.values["a"] = "b"
    for twin in (copy.copy(box), copy.deepcopy(box), pickle.loads(pickle.dumps(box))):
        assert (twin._config, twin.values) == (box._config, box.values)


def test_class_attributes() -> None:
    """The documented class attributes have their documented values."""
    assert (Toolbox.name, Toolbox.instance_id, Toolbox._prepared, Toolbox._async_prepared) == (None, None, False, False)
    assert Toolbox._extra_tools == []
    assert isinstance(Toolbox._blocked, tuple)
    blocked = {"tools", "add_tool", "method_tools", "__init_subclass__", "prepare", "prepare_async"}
    assert set(Toolbox._blocked) == blocked
    assert Toolbox.__module__ == "llm.models"


def test_secret_arguments_are_not_for_the_log() -> None:
    """Arguments that the class calls secret stay in the configuration but are left out of what is logged."""

    class Vault(Toolbox):
        secret_arguments = ("key",)

        def __init__(self, key: str, path: str) -> None:
            pass

    box = Vault("sk-1", "here")
    assert box._config == {"key": "sk-1", "path": "here"}
    assert loggable_config(box) == {"path": "here"}


def test_tools_are_the_public_methods() -> None:
    """One bound tool per public method, async ones too, named after class and method, in alphabetical order."""
    box = Memory()
    get, put = box.tools()
    assert (get.name, put.name) == ("Memory_get", "Memory_set")
    assert (put.description, put.implementation, put.plugin) == ("Set something", box.set, None)
    assert list(put.input_schema["properties"]) == ["key", "value"]


def test_tools_take_the_class_name_and_plugin() -> None:
    """Names come from the class, not from the registered name; the plugin is that of the toolbox."""

    class Renamed(Memory):
        name = "Other"
        plugin = "llm-memory"

    assert {(tool.name, tool.plugin) for tool in Renamed().tools()} == {
        ("Renamed_get", "llm-memory"),
        ("Renamed_set", "llm-memory"),
    }


def test_only_functions_and_methods_are_tools() -> None:
    """Static, class and inherited methods and functions on the instance count; other callables do not."""
    evaluated = []

    class Base:
        def inherited(self) -> None: ...

    class Mixed(Base, Toolbox):
        client = Client()
        shout = partial(str.upper)
        length = len

        class Nested: ...

        def __init__(self) -> None:
            self.own_client = Client()
            self.kind = dict
            self.on_instance = before
            self.borrowed = self.own_client.search

        @property
        def bad(self) -> Callable[[], str]:
            evaluated.append("bad")
            return before

        @staticmethod
        def static(x: int) -> None: ...

        @classmethod
        def of_class(cls, y: int) -> None: ...

    tools = {tool.name: tool for tool in Mixed().tools()}
    assert list(tools) == ["Mixed_borrowed", "Mixed_inherited", "Mixed_of_class", "Mixed_on_instance", "Mixed_static"]
    assert list(tools["Mixed_static"].input_schema["properties"]) == ["x"]
    assert list(tools["Mixed_of_class"].input_schema["properties"]) == ["y"]
    assert evaluated == []


def test_blocked_names_are_never_offered() -> None:
    """A subclass can block names of its own; those of the base stay blocked even where it forgets them."""

    class Quiet(Memory):
        _blocked = ("get",)

    class More(Memory):
        _blocked = (*Toolbox._blocked, "set")

    assert names(Quiet().tools()) == ["Quiet_set"]
    assert names(More().tools()) == ["More_get"]


def test_method_tools_need_no_instance() -> None:
    """The class lists the same tools, unbound and without the added ones."""

    class Odd(Memory):
        def __init__(self, needed: int) -> None:
            self.add_tool(before)

        def find(this, query: str) -> str:  # noqa: N805  # the name of the first parameter does not matter
            return query

        @staticmethod
        def static(x: int) -> None: ...

    from_class, from_instance = Odd.method_tools(), list(Odd(1).tools())[:-1]
    assert [(t.name, t.description, t.input_schema) for t in from_class] == [
        (t.name, t.description, t.input_schema) for t in from_instance
    ]
    assert from_class[0].implementation is Odd.find


def test_add_tool_wraps_functions_and_keeps_tools() -> None:
    """Functions are added under their own names, tools as they are, after the methods and in the order added."""
    box = Memory()
    tool = Tool("zero")
    box.add_tool(tool)
    box.add_tool(before)
    listed = list(box.tools())
    assert names(listed) == ["Memory_get", "Memory_set", "zero", "before"]
    assert listed[2] is tool
    assert listed[3].implementation is before


def test_add_tool_can_pass_the_toolbox() -> None:
    """With `pass_self` the function's first parameter receives the toolbox and is not offered to the model."""

    def count(box: Memory, plus: int) -> int:
        return len(box.values) + plus

    box = Memory()
    box.add_tool(count, pass_self=True)
    tool = box._extra_tools[0]
    assert tool.name == "count"
    assert list(tool.input_schema["properties"]) == ["plus"]
    assert tool.implementation is not None
    assert tool.implementation(plus=2) == 2


@pytest.mark.parametrize("item", [3, None, "name", Plain(), ServerSideTool()])
def test_add_tool_refuses_anything_else(item: Any) -> None:
    """What is neither a tool nor callable is a TypeError that shows it."""
    with pytest.raises(TypeError, match="Not a tool"):
        Plain().add_tool(item)


def test_extra_tools_are_not_shared() -> None:
    """Every instance has a list of its own, also direct instances of Toolbox."""
    one, other = Toolbox(), Toolbox()
    one.add_tool(before)
    assert (names(one.tools()), list(other.tools()), Toolbox._extra_tools) == (["before"], [], [])


def test_prepare_does_nothing_by_itself() -> None:
    """The base methods for preparing are empty, and the asynchronous one is a coroutine function."""
    box = Memory()
    box.prepare()
    coroutine = box.prepare_async()
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert (box._prepared, box._async_prepared) == (False, False)
