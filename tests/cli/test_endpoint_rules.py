"""`llm openai endpoint`: what is read, what a template adds, what goes where, and what is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llm.cli import cli
from llm.features.standard_input import StandardInput
from tests.loopback import CHAT, RESPONSES, Loopback, json_reply, serve, sse_reply

PNG = b"\x89PNG\r\n\x1a\n0000"


def answer(text: str = "ok", **delta: Any) -> Any:
    return sse_reply({"id": "1", "model": "m", "choices": [{"index": 0, "delta": {"content": text, **delta}}]})


def calling(times: int) -> list[Any]:
    """Replies that call the tool `f` so many times, one after the other."""
    function = {"name": "f", "arguments": "{}"}
    calls = [{"index": 0, "id": f"c{i}", "type": "function", "function": function} for i in range(times)]
    return [answer("", tool_calls=[call]) for call in calls]


@pytest.fixture
def server() -> Any:
    """A server; what it answers is said in the tests."""
    with serve() as running:
        yield running


@pytest.fixture
def template(user_path: Path) -> Any:
    """Write a template."""

    def write(text: str) -> None:
        (user_path / "templates").mkdir(exist_ok=True)
        (user_path / "templates" / "t.yaml").write_text(text)

    return write


def run(server: Loopback, *words: str, piped: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["openai", "endpoint", server.base_url, "-m", "m", *words], input=piped)


def content(server: Loopback) -> Any:
    return server.bodies[-1]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("piped", "words", "sent"),
    [("in", ["arg"], "in arg"), ("in", [], "in"), ("", ["arg"], "arg"), (None, ["arg"], "arg")],
)
def test_prompt_from_a_pipe(server: Loopback, piped: str | None, words: list[str], sent: str) -> None:
    """Text from a pipe comes before the argument, with a space between; an empty pipe adds nothing."""
    server.on(CHAT, answer())
    assert run(server, *words, piped=piped).exit_code == 0
    assert content(server) == sent


@pytest.mark.parametrize("words", [["-a", "a.png"], ["--schema", "name, age int"]])
def test_no_prompt_needed(server: Loopback, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attachment or a schema will do without a prompt: nobody at the terminal is waited for."""
    monkeypatch.setattr(StandardInput, "is_terminal", lambda _: True)
    monkeypatch.setattr(StandardInput, "text", lambda _: pytest.fail("waited for the terminal"))
    (tmp_path / "a.png").write_bytes(PNG)
    monkeypatch.chdir(tmp_path)
    server.on(CHAT, answer())
    assert run(server, *words).stdout == "ok\n"


@pytest.mark.parametrize(("text", "waits"), [("prompt: Say it", False), ("prompt: Say $input", True)])
def test_templates_at_a_terminal(
    server: Loopback, template: Any, monkeypatch: pytest.MonkeyPatch, text: str, waits: bool
) -> None:
    """A template that does not use $input runs at once; one that does has it typed."""
    read: list[bool] = []
    monkeypatch.setattr(StandardInput, "is_terminal", lambda _: True)

    def typed(_: object) -> str:
        read.append(True)
        return "typed"

    monkeypatch.setattr(StandardInput, "text", typed)
    template(text)
    server.on(CHAT, answer())
    assert run(server, "-t", "t").exit_code == 0
    assert (content(server), bool(read)) == ("Say typed" if waits else "Say it", waits)


def test_what_a_template_adds(server: Loopback, template: Any, tmp_path: Path) -> None:
    """Its attachments and tools come before those that are given; elsewhere what is given wins; -p fills it in."""
    (tmp_path / "a.png").write_bytes(PNG)
    template(
        f"model: other\nsystem: sys\nprompt: 'Say $what'\nattachments: ['{tmp_path / 'a.png'}']\ntools: [llm_version]\n"
        "functions: |\n  def first():\n    return 1\noptions: {temperature: 1, seed: 7}\n"
    )
    server.on(CHAT, answer())
    words = ["-t", "t", "-s", "mine", "-p", "what", "it", "-o", "temperature", "0", "-T", "llm_time"]
    words += ["--at", str(tmp_path / "a.png"), "image/webp", "--functions", "def second():\n  return 2"]
    assert run(server, *words).exit_code == 0, run(server, *words).output
    body = server.bodies[0]
    assert (body["model"], body["temperature"], body["seed"]) == ("m", 0, 7)
    assert body["messages"][0]["content"] == "mine"
    kinds = [part.get("image_url", {"url": part.get("text", "")})["url"][:15] for part in content(server)]
    assert kinds == ["Say it", "data:image/png;", "data:image/webp"]
    names = [tool["function"]["name"] for tool in body["tools"]]
    assert set(names) == {"first", "second", "llm_version", "llm_time"}
    assert names.index("llm_version") < names.index("llm_time")
    assert names.index("first") < names.index("second")


@pytest.mark.parametrize(
    ("words", "said"), [(["-t", "gone"], "gone"), (["-t", "t"], "what"), (["-t", "t", "-p", "other", "x"], "what")]
)
def test_template_errors(server: Loopback, template: Any, words: list[str], said: str) -> None:
    """An unknown template and a missing variable are errors that name them; nothing is sent."""
    template("prompt: Say $what")
    result = run(server, *words, "hi")
    assert result.exit_code == 1
    assert said in result.stderr
    assert server.requests == []


@pytest.mark.parametrize("flag", ["--schema", "--schema-multi"])
def test_schemas(server: Loopback, flag: str) -> None:
    """A schema may be written in short; --schema-multi asks for any number of such items."""
    server.on(CHAT, answer("{}"))
    assert run(server, flag, "name, age int", "hi").exit_code == 0
    schema = server.bodies[0]["response_format"]["json_schema"]["schema"]
    if flag == "--schema-multi":
        assert schema["required"] == ["items"]
        schema = schema["properties"]["items"]["items"]
    assert {name: value["type"] for name, value in schema["properties"].items()} == {"name": "string", "age": "integer"}


def test_schema_of_a_template(server: Loopback, template: Any) -> None:
    """`t:NAME` takes the schema of a template."""
    template("schema_object: {type: object, properties: {x: {type: string}}}\n")
    server.on(CHAT, answer("{}"))
    run(server, "--schema", "t:t", "hi")
    assert list(server.bodies[0]["response_format"]["json_schema"]["schema"]["properties"]) == ["x"]


def test_schema_of_an_old_log(server: Loopback, user_path: Path) -> None:
    """An unknown schema is a usage error; looking for it leaves an older database as it is."""
    path = user_path / "logs.db"
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE log (prompt TEXT)")
    conn.close()
    before = path.read_bytes()
    result = run(server, "--schema", "nope", "hi")
    assert (result.exit_code, "Invalid schema" in result.stderr) == (2, True), result.output
    assert path.read_bytes() == before


def test_last_header_wins(server: Loopback) -> None:
    """Of several headers of one name the last is sent."""
    server.on(CHAT, answer())
    run(server, "-H", "X-A", "1", "-H", "X-A", "2", "hi")
    assert server.requests[0].headers["x-a"] == "2"


@pytest.mark.parametrize("limit", [None, "0", "2"])
def test_chain_limit(server: Loopback, limit: str | None) -> None:
    """Five rounds by default, --cl sets how many, and 0 is without limit."""
    server.on(CHAT, *calling(7), answer("end"))
    words = ["--cl", limit] if limit else []
    result = run(server, "--functions", "def f():\n  return 1", *words, "hi")
    rounds = {None: 5, "0": 8, "2": 2}[limit]
    assert (len(server.requests), result.exit_code) == (rounds, 0 if limit == "0" else 1)
    assert ("limit" in result.stderr) == (limit != "0")


@pytest.mark.parametrize("words", [["--td"], []])
def test_tools_debug(server: Loopback, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    """LLM_TOOLS_DEBUG shows calls like --td."""
    monkeypatch.setenv("LLM_TOOLS_DEBUG", "" if words else "1")
    server.on(CHAT, *calling(1), answer("end"))
    assert "Tool call: f({})" in run(server, "--functions", "def f():\n  return 1", *words, "hi").stderr


def test_tools_approve(server: Loopback) -> None:
    """--ta runs no call without approval; the model is told, and answers."""
    server.on(CHAT, *calling(1), answer("end"))
    result = run(server, "--ta", "--functions", "def f():\n  return 'ran'", "hi")
    assert (result.stdout.endswith("end\n"), "ran" in content(server)) == (True, False)
    assert content(server).startswith("Cancelled: ")


@pytest.mark.parametrize("hidden", [False, True])
def test_reasoning(server: Loopback, hidden: bool) -> None:
    """Reasoning goes to standard error, unless -R hides it; the answer ends with a newline."""
    item = {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "thought"}]}
    text = {"type": "message", "content": [{"type": "output_text", "text": "said"}]}
    server.on(RESPONSES, json_reply({"output": [item, text], "status": "completed"}))
    result = run(server, "--responses", "--no-stream", *(["-R"] if hidden else []), "hi")
    assert (result.stdout, "thought" in result.stderr) == ("said\n", not hidden)


@pytest.mark.parametrize("variable", ["", "1"])
def test_errors_that_are_wanted(server: Loopback, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """With LLM_RAISE_ERRORS an error of the API propagates as it is; one of values is a line all the same."""
    import openai

    monkeypatch.setenv("LLM_RAISE_ERRORS", variable)
    server.on(CHAT, json_reply({"error": {"message": "no"}}, status=400))
    assert isinstance(run(server, "hi").exception, openai.BadRequestError if variable else SystemExit)
    monkeypatch.chdir(Path(__file__).parent)
    result = run(server, "-a", __file__, "hi")
    assert result.stderr.startswith("Error: ")


def test_tools_of_a_chat(server: Loopback) -> None:
    """In --chat tools are offered with every message, and run."""
    server.on(CHAT, answer("one"), *calling(1), answer("two"))
    result = run(server, "--chat", "--functions", "def f():\n  return 'ran'", piped="a\nb\nquit\n")
    assert result.exit_code == 0, result.output
    assert [[tool["function"]["name"] for tool in body["tools"]] for body in server.bodies] == [["f"]] * 3
    assert content(server) == "ran"
