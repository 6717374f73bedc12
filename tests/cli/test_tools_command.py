import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import llm
from llm.cli.commands.tools import tools
from tests.cli.reporting import reporting
from tests.registry.stand_ins import FakeModel, only_these_plugins, plugin

reporting(tools)


def upper(text: str) -> str:
    """Convert text to uppercase.

    Indented
    """
    return text.upper()


def plain(x, y=2):  # type: ignore[no-untyped-def]
    return x, y


class Memory(llm.Toolbox):
    """Remembers."""

    def __init__(self, name: str = "m") -> None:
        self.name_given = name

    def get(self, key: str) -> str:
        """Get

        it
        """
        return key

    def put(self) -> None:
        pass


class Discovery(llm.Toolbox):
    """Finds out.

    Later
    """

    def __init__(self, what: str) -> None:
        self.what = what

    def fixed(self) -> None:
        """Always there"""

    def prepare(self) -> None:
        if self.what == "bad":
            raise RuntimeError("cannot")
        assert not self._prepared

        def found(number: int) -> None:
            """Was found"""

        self.add_tool(found)


class Search(llm.ServerSideTool):
    """Searches.

    Everywhere
    """

    def __init__(self, limit="x"):  # type: ignore[no-untyped-def]
        pass


@pytest.fixture(autouse=True)
def _plugin() -> Iterator[None]:
    def register_tools(register: Any) -> None:
        for tool in (upper, plain, Memory, Discovery, llm.Tool("raw", "  raw d \n", {})):
            register(tool)
        register(upper)

    def register_models(register: Any) -> None:
        register(FakeModel("with", supported_server_side_tools=[Search]), None, ["alias"])
        register(FakeModel("without"))

    with only_these_plugins() as register:
        register(plugin("P", register_tools=register_tools, register_models=register_models))
        yield


def run(*arguments: str) -> Result:
    return CliRunner().invoke(tools, arguments)


UPPER = "upper(text: str) -> str (plugin: P)\n\n  Convert text to uppercase.\n\n    Indented\n\n"
MEMORY = "  Memory_get(key: str) -> str\n\n    Get\n\n    it\n\n  Memory_put() -> None\n\n"
SERVER_SIDE = (
    "Server-side tools for with (executed by the provider):\n\nSearch(limit='x')\n\n  Searches.\n\n  Everywhere\n\n"
)


@pytest.fixture(autouse=True)
def _docstrings(monkeypatch: pytest.MonkeyPatch) -> None:
    # Python 3.13 takes the indentation out of docstrings; these are alike in all versions.
    monkeypatch.setattr(upper, "__doc__", "Convert text to uppercase.\n  \n  Indented\n")
    monkeypatch.setattr(Memory.get, "__doc__", "Get\n\nit\n")


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_list(arguments: tuple[str, ...]) -> None:
    """Tools by name, then toolboxes by name; a dynamic one is shown by what it is made of.

    Blank lines of a description stay empty. Nothing stands for one that is missing; without implementation it is `()`.
    """
    assert run(*arguments).output == (
        "plain(x, y=2) (plugin: P)\n\n"
        "raw() (plugin: P)\n\n  raw d\n\n"
        f"{UPPER}"
        f"{UPPER.replace('upper(', 'upper_1(')}"
        "Discovery(what: str) -> None (plugin: P)\n\n  Finds out.\n\n  Later\n\n"
        "  Discovery_fixed() -> None\n\n    Always there\n\n"
        f"Memory:\n\n{MEMORY}"
    )


def test_json() -> None:
    """Tools, toolboxes and their tools with what they take."""
    found = json.loads(run("--json").output)
    assert list(found) == ["tools", "toolboxes"]
    assert [tool["name"] for tool in found["tools"]] == ["plain", "raw", "upper", "upper_1"]
    assert found["tools"][1] == {"name": "raw", "description": "  raw d \n", "arguments": {}, "plugin": "P"}
    assert found["tools"][0]["description"] is None
    assert [(box["name"], box["dynamic"]) for box in found["toolboxes"]] == [("Discovery", True), ("Memory", False)]
    assert found["toolboxes"][0]["tools"] == [
        {"name": "Discovery_fixed", "description": "Always there", "arguments": {"properties": {}, "type": "object"}}
    ]
    assert run("--json").output == json.dumps(found, indent=2) + "\n"


@pytest.mark.parametrize("method", ["tools", "prepare", "prepare_async"])
def test_dynamic(method: str) -> None:
    """A toolbox is dynamic if its class overrides `tools`, `prepare` or `prepare_async`; it may show no tools."""
    box = type("Box", (llm.Toolbox,), {method: lambda self: iter(())})
    llm.pm.register(plugin("boxes", register_tools=lambda register: register(box)), name="boxes")
    assert {"name": "Box", "dynamic": True, "tools": []} in json.loads(run("--json").output)["toolboxes"]
    assert "Box() (plugin: boxes)\n\n" in run().output


def test_failing_toolbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """A toolbox that cannot tell its tools, as some of LLM 0.26 cannot any more, is one warning; the rest is listed."""
    box = type("Old", (llm.Toolbox,), {"method_tools": lambda self: iter(())})
    llm.pm.register(plugin("old", register_tools=lambda register: register(box)), name="old")
    result = run()
    assert (result.exit_code, "\nOld:\n\n" in result.stdout, f"Memory:\n\n{MEMORY}" in result.stdout) == (0, True, True)
    assert result.stderr.startswith("Warning: plugin old failed in Old.method_tools. TypeError: ")
    assert result.stderr.count("\n") == 1
    monkeypatch.setenv("LLM_RAISE_ERRORS", "1")
    assert isinstance(run().exception, TypeError)


def test_name_of_registration() -> None:
    """A toolbox is listed under the name that it was registered under; its tools keep the name of the class."""
    box = type("Box", (llm.Toolbox,), {"look": lambda self: None})
    llm.pm.register(plugin("boxes", register_tools=lambda register: register(box, "Chest")), name="boxes")
    assert "Chest:\n\n  Box_look()\n\n" in run().output
    assert run("Chest").output == "Chest:\n\n  Box_look()\n\n"
    (found,) = json.loads(run("Chest()", "--json").output)["toolboxes"]
    assert (found["name"], [tool["name"] for tool in found["tools"]]) == ("Chest", ["Box_look"])


def test_beginnings_of_lines() -> None:
    """A line that begins in column one, and is no heading, is a tool, whose name ends at the first parenthesis."""
    lines = [line for line in run().output.splitlines() if line and not line.startswith(" ")]
    assert [line.partition("(")[0] for line in lines] == ["plain", "raw", "upper", "upper_1", "Discovery", "Memory:"]


def test_definitions() -> None:
    """Only what is named, a toolbox under its specification, with the tools it has after being prepared once."""
    discovery = "  Discovery_fixed() -> None\n\n    Always there\n\n  found(number: int) -> None\n\n    Was found\n\n"
    assert run('Memory(name="x")', "upper", ' Discovery("demo") ', "upper").output == (
        f'{UPPER}Discovery("demo"):\n\n{discovery}Memory(name="x"):\n\n{MEMORY}'
    )


def test_json_of_definitions() -> None:
    """A toolbox is called by the name it is registered under, not by its specification."""
    found = json.loads(run('Discovery("demo")', "--json").output)
    assert (found["tools"], found["toolboxes"][0]["name"]) == ([], "Discovery")
    assert [tool["name"] for tool in found["toolboxes"][0]["tools"]] == ["Discovery_fixed", "found"]


@pytest.mark.parametrize("definition", ["nope", "Memory(", "Memory(1, 2)", "Discovery", 'Discovery("bad")', "Search"])
def test_bad_definitions(definition: str) -> None:
    """A name nobody knows, and a toolbox that cannot be made or prepared, are errors that show the definition."""
    result = run(definition)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert definition in result.stderr


@pytest.mark.parametrize("model", ["with", "alias"])
def test_server_side_tools(model: str) -> None:
    """With a model the tools of its provider come last."""
    assert run("-m", model, "upper").output == f"{UPPER}{SERVER_SIDE}"
    assert json.loads(run("-m", model, "upper", "--json").output)["server_side_tools"] == [
        {"name": "Search", "description": "Searches.\n\nEverywhere", "signature": "(limit='x')", "server_side": True}
    ]


def test_server_side_definition() -> None:
    """A tool of the provider can be named if its model is."""
    assert run("-m", "with", "Search").output == SERVER_SIDE


def test_no_server_side_tools() -> None:
    """A model without such tools adds nothing to the text, and an empty list to the JSON."""
    assert run("-m", "without", "upper").output == UPPER
    assert json.loads(run("-m", "without", "--json").output)["server_side_tools"] == []


def test_unknown_model() -> None:
    """An unknown model is an error that names it."""
    result = run("-m", "nope")
    assert result.exit_code == 1
    assert "Unknown model: nope" in result.stderr


def test_functions() -> None:
    """Tools from code are listed among the others, in place of one of the same name; of several the last counts."""
    code = "def a(x): return x\ndef upper(z): 'mine'"
    output = run("--functions", code, "plain").output
    assert output == "a(x)\n\nplain(x, y=2) (plugin: P)\n\nupper(z)\n\n  mine\n\n"
    assert "upper(z)" in run("--functions", code).output
    assert "upper(text: str)" not in run("--functions", code).output
    assert json.loads(run("--functions", code, "--json").output)["tools"][0]["plugin"] is None
    later = run("--functions", code, "--functions", "def upper(last): pass").output
    assert (later.count("upper("), "upper(last)\n" in later, "a(x)\n" in later) == (1, True, True)


def test_code_runs_once(tmp_path: Path) -> None:
    """Code from --functions is executed once; tools are named after the callables, not the names they are bound to."""
    log = tmp_path / "log"
    code = f"with open({str(log)!r}, 'a') as log: log.write('x')\nmine = locals\ndef _hidden(): pass"
    names = [tool["name"] for tool in json.loads(run("--functions", code, "plain", "--json").output)["tools"]]
    assert names == ["locals", "plain"]
    assert log.read_text() == "x"


def test_tools_of_one_name() -> None:
    """Of two tools of one name both can be asked for, and are listed under different names."""
    assert run("upper", "upper_1").output == f"{UPPER}{UPPER.replace('upper(', 'upper_1(')}"


def test_annotations_of_functions() -> None:
    """Code from --functions is compiled as it is: its annotations are shown without quotes."""
    output = run("--functions", "def double(n: int) -> int: return 2 * n").output
    assert "double(n: int) -> int\n" in output


@pytest.mark.parametrize(
    ("code", "reason"),
    [("gone.py", "Error: File not found: gone.py\n"), ("def (", "Error: Error in --functions definition: ")],
)
def test_bad_functions(code: str, reason: str) -> None:
    """What is wrong with the code is told, with exit code 1."""
    result = run("--functions", code)
    assert result.exit_code == 1
    assert result.stderr.startswith(reason)
