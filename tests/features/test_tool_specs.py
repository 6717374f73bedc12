from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import llm
from llm.features.tool_code import FunctionsError, tools_from_code
from llm.features.tool_specs import ToolSpecError, conversation_tool_specs, gather_tools
from tests.registry.stand_ins import plugin


def upper(text: str) -> str:
    """Make it loud."""
    return text.upper()


def Loud(text: str) -> str:  # noqa: N802 - the name of a tool may begin with a capital
    return text


class Memory(llm.Toolbox):
    def __init__(self, name: str = "m", size: int = 1) -> None:
        self.name_given, self.size = name, size

    def get(self) -> str:
        return self.name_given


class lowerbox(llm.Toolbox):  # noqa: N801 - as is the name of a toolbox
    def __init__(self, nullable: int = 0) -> None:
        if nullable < 0:
            raise RuntimeError("too small")
        self.nullable = nullable


class Search(llm.ServerSideTool):
    def __init__(self, limit: int = 3) -> None:
        self.limit = limit


class UpperToo(llm.ServerSideTool):
    pass


MODEL = SimpleNamespace(model_id="m", supported_server_side_tools=[Search])


@pytest.fixture(autouse=True)
def _plugin(register_plugins: Callable[..., None]) -> None:
    def register_tools(register: Any) -> None:
        for tool in (upper, Loud, Memory, lowerbox):
            register(tool)

    register_plugins(plugin("tools_plugin", register_tools=register_tools))


def made(*specs: str, model: Any = None) -> Any:
    return gather_tools(specs, (), model)


def names(code: str) -> list[str]:
    return [tool.name for tool in tools_from_code(code)]


def test_order() -> None:
    """Tools from code come first, then those named, in order; one named twice is there twice."""
    found: list[Any] = gather_tools(["upper", "Memory", "upper"], ["def a(): pass", "def b(): pass"])
    assert [getattr(tool, "name", None) for tool in found] == ["a", "b", "upper", "Memory", "upper"]
    assert gather_tools([], []) == []


@pytest.mark.parametrize("spec", ["upper", " upper ", "upper()", "upper ( )", "Loud", "Loud()"])
def test_functions(spec: str) -> None:
    """A function is named as it is, with or without empty parentheses, whatever its first letter."""
    assert made(spec)[0].name == spec.strip(" ()")


@pytest.mark.parametrize(
    ("spec", "config"),
    [
        ("Memory", {"name": "m", "size": 1}),
        ('Memory("x")', {"name": "x", "size": 1}),
        (' Memory ( {"size": 2} ) ', {"name": "m", "size": 2}),
        ('Memory(name="a,b",\n size=3)', {"name": "a,b", "size": 3}),
        ("lowerbox(nullable=1)", {"nullable": 1}),
        ("lowerbox()", {"nullable": 0}),
    ],
)
def test_toolboxes(spec: str, config: dict[str, Any]) -> None:
    """A toolbox is made from its specification, whatever its first letter."""
    found = made(spec)[0]
    assert isinstance(found, llm.Toolbox)
    assert found._config == config


def test_fresh_instances() -> None:
    """Each mention makes an instance of its own."""
    one, two = made("Memory", "Memory")
    assert one is not two


def test_unknown() -> None:
    """All unknown names are reported, with what there is, before any code runs or anything is made."""
    code = "import builtins\nbuiltins.ran_by_test = 1"
    with pytest.raises(ToolSpecError, match=r"nope, No\(1\) not found.*: upper, Loud, Memory, lowerbox"):
        gather_tools(["upper", "nope", "No(1)"], [code])
    assert not hasattr(builtins, "ran_by_test")


@pytest.mark.parametrize(
    "spec",
    ["upper(1)", "Memory(", "Memory(.)", "Memory(size=)", "Memory(nope=1)", "Memory(1, 2)", "lowerbox(-1)", "Memory)"],
)
def test_bad_specs(spec: str) -> None:
    """A specification that cannot be read, or that the constructor refuses, is an error that shows it."""
    with pytest.raises(ToolSpecError) as caught:
        made(spec)
    assert spec in str(caught.value)


def test_constructor_errors_are_told() -> None:
    """What the constructor raised is in the message."""
    with pytest.raises(ToolSpecError, match="too small"):
        made("lowerbox(nullable=-1)")


def test_server_side_tools() -> None:
    """With a model its server-side tools can be named, and win over a tool of a plugin with the same name."""
    found = made("Search(limit=5)", model=MODEL)[0]
    assert isinstance(found, Search)
    assert found.limit == 5
    with pytest.raises(ToolSpecError, match="Search"):
        made("Search")
    model = SimpleNamespace(supported_server_side_tools=[type("Loud", (llm.ServerSideTool,), {})])
    assert isinstance(made("Loud", model=model)[0], llm.ServerSideTool)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def a(): pass\ndef _b(): pass\nc = 5\nasync def d(): pass", ["a", "d"]),
        ("from pathlib import Path\nimport os, json as j\ndef a(): pass", ["a"]),
        ("my_locals = locals", ["locals"]),
        ("from json import dumps\nsay = dumps", ["dumps"]),
        ("from json import dumps\ndumps = dumps", ["dumps"]),
        ("try:\n    from nowhere import a\nexcept ImportError:\n    def a(): pass", ["a"]),
        ("if True:\n    from json import *\nload = load", ["load"]),
        ("from json import *", []),
        ("class C:\n    def __init__(self, q: int): pass", ["C"]),
        ("", []),
    ],
)
def test_what_code_offers(code: str, expected: list[str]) -> None:
    """Each public callable that the code binds itself is a tool under its own name; mere imports are not."""
    assert names(code) == expected


def test_function_runs_in_its_module() -> None:
    """Functions see each other and what was imported."""
    tool = tools_from_code(
        "import json\ndef helper(): return 1\ndef a(x: int) -> str: return json.dumps([x, helper()])"
    )[1]
    assert tool.implementation is not None
    assert tool.implementation(x=2) == "[2, 1]"
    assert tool.input_schema["properties"] == {"x": {"type": "integer"}}


def test_file_of_functions(folder: Path) -> None:
    """One line that ends in `.py` is a file; more lines are code."""
    (folder / "f.py").write_text("\ufeffdef é(): pass\n", encoding="utf-8")
    assert names("f.py") == ["é"]
    assert names("def a(): pass\nx = 1 # f.py") == ["a"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("gone.py", "File not found: gone.py"),
        ("bad.py", "bad.py is not UTF-8"),
        ("folder.py", "Cannot read folder.py"),
        ("broken.py", "broken.py"),
        ("def (", "^Error in --functions definition: invalid syntax"),
        ("1/0", "^Error in --functions definition: ZeroDivisionError: division by zero"),
        ("f = lambda x: x", "'f' is a lambda"),
        ("def f(x: 'Nope'): pass", "'f' cannot be a tool"),
        ("nul = '\0'\n", "^Error in --functions definition"),
    ],
)
def test_bad_code(folder: Path, code: str, reason: str) -> None:
    """Whatever is wrong with code or its file is an error that says it."""
    (folder / "bad.py").write_bytes(b"\xff")
    (folder / "folder.py").mkdir()
    (folder / "broken.py").write_text("def (")
    with pytest.raises(FunctionsError, match=reason):
        tools_from_code(code)


def conversation(*tools: Any, loaded: list[str] | None = None) -> Any:
    responses = [SimpleNamespace(prompt=SimpleNamespace(tools=list(tools)))] if tools else []
    return SimpleNamespace(responses=responses, loaded_tools=loaded)


def test_restored_tools() -> None:
    """A continued conversation brings its tools, unless the prompt names some."""
    assert conversation_tool_specs(conversation(loaded=["upper", "Memory(1)"]), ()) == ["upper", "Memory(1)"]
    assert conversation_tool_specs(conversation(loaded=["upper"]), ["Memory"]) is None
    assert conversation_tool_specs(conversation(), ()) is None
    assert conversation_tool_specs(None, ()) is None


def test_restored_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Old conversations know tools of plugins by name; those that cannot be named are left out with a warning."""
    tools = [
        llm.Tool("upper", plugin="tools_plugin"),
        llm.Tool("Memory_get", plugin="tools_plugin"),
        llm.Tool("from_code"),
    ]
    assert conversation_tool_specs(conversation(*tools, loaded=["x"]), ()) == ["upper"]
    assert "Memory_get" in capsys.readouterr().err
