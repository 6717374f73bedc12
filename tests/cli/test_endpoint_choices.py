"""What `llm openai endpoint` makes of templates, attachments, tools and the environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import llm.plugins
from llm.cli import cli
from llm.features.standard_input import StandardInput
from tests.cli.spies import SpyPlugin
from tests.loopback import CHAT, RESPONSES, Loopback, serve, sse_reply

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
CODE = "def f(n: int):\n  return n * 2"


def answer(text: str) -> Any:
    """A streamed reply of this text."""
    return sse_reply({"id": "1", "model": "m", "choices": [{"index": 0, "delta": {"content": text}}]})


def call() -> Any:
    """A streamed reply that calls the tool `f`."""
    function = {"name": "f", "arguments": '{"n": 2}'}
    calls = [{"index": 0, "id": "c1", "type": "function", "function": function}]
    return sse_reply({"id": "1", "choices": [{"index": 0, "delta": {"tool_calls": calls}}]})


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A server that answers three prompts."""
    with serve() as loopback:
        loopback.on(CHAT, answer("one"), answer("two"), answer("three"))
        yield loopback


@pytest.fixture
def templates(user_path: Path) -> Path:
    """The folder of templates."""
    folder = user_path / "templates"
    folder.mkdir()
    return folder


def run(server: Loopback, *words: str, piped: str | None = None) -> Result:
    """Run `llm openai endpoint` against the server, for the model `m`."""
    return CliRunner().invoke(cli, ["openai", "endpoint", server.base_url, "-m", "m", *words], input=piped)


def content(server: Loopback) -> Any:
    """Return the content of the newest message that was sent."""
    return server.bodies[-1]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("template", "argument", "piped", "sent"),
    [
        ("'In: $input'", "arg", "piped", "In: piped arg"),
        ("'In: $input'", None, "piped", "In: piped"),
        ("'In: $input'", None, None, "In: "),
        ("boo", "arg", "piped", "boo\npiped arg"),
        ("boo", None, None, "boo"),
    ],
)
def test_prompt_text(
    template: str, argument: str | None, piped: str | None, sent: str, server: Loopback, templates: Path
) -> None:
    """Piped text and argument are joined first; then they take the place of `$input`, or follow the template's prompt.

    So a template's prompt stands in front here, where `llm prompt` puts the piped text in front of it.
    """
    (templates / "t.yaml").write_text(f"prompt: {template}\n")
    assert run(server, "-t", "t", *([argument] if argument else []), piped=piped).exit_code == 0
    assert content(server) == sent


@pytest.mark.parametrize(("template", "sent"), [("'In: $input'", "In: typed"), ("boo", "boo")])
def test_waiting(
    template: str, sent: str, server: Loopback, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """With a template the prompt is typed at the terminal only where `$input` takes it."""
    monkeypatch.setattr(StandardInput, "is_terminal", lambda self: True)
    monkeypatch.setattr(StandardInput, "text", lambda self: "typed")
    (templates / "t.yaml").write_text(f"prompt: {template}\n")
    run(server, "-t", "t")
    assert content(server) == sent


@pytest.mark.parametrize("words", [("-a", "{file}"), ("--at", "{file}", "image/png"), ("--schema", "a,")])
def test_nothing_is_waited_for(
    words: tuple[str, ...], server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attachments and a schema need no prompt: nothing is typed, and none is required."""
    (tmp_path / "p.png").write_bytes(PNG)
    monkeypatch.setattr(StandardInput, "is_terminal", lambda self: True)
    monkeypatch.setattr(StandardInput, "text", lambda self: pytest.fail("waited for the terminal"))
    assert run(server, *(word.format(file=tmp_path / "p.png") for word in words)).exit_code == 0


def test_what_templates_bring(server: Loopback, templates: Path, tmp_path: Path) -> None:
    """Attachments and tools of a template, and functions of a trusted one, count; system fragments do not; -s wins."""
    (tmp_path / "p.png").write_bytes(PNG)
    (templates / "t.yaml").write_text(
        f"system: sys\nsystem_fragments: [gone]\ntools: [llm_time]\nfunctions: |\n  def own():\n    return 1\n"
        f"attachments: [{tmp_path}/p.png]\nattachment_types: [{{type: image/gif, value: {tmp_path}/p.png}}]\n"
    )
    assert run(server, "-t", "t", "-s", "mine", "hi").exit_code == 0
    (body,) = server.bodies
    assert body["messages"][0] == {"role": "system", "content": "mine"}
    assert [tool["function"]["name"] for tool in body["tools"]] == ["own", "llm_time"]
    parts = content(server)
    assert [part["image_url"]["url"][:15] for part in parts[1:]] == ["data:image/png;", "data:image/gif;"]


@pytest.mark.parametrize(
    ("template", "exit_code"),
    [("attachments: [gone.png]", 1), ("attachment_types: [{type: image/png, value: gone.png}]", 2)],
)
@pytest.mark.parametrize("words", [("hi",), ("--chat",)])
def test_missing_files_of_templates(
    template: str, exit_code: int, words: tuple[str, ...], server: Loopback, templates: Path
) -> None:
    """A missing file that a template attaches is named: exit code 1, or 2 where its type is given."""
    (templates / "t.yaml").write_text(f"{template}\n")
    result = run(server, "-t", "t", *words)
    assert (result.exit_code, "gone.png" in result.stderr) == (exit_code, True)
    assert not server.requests


def test_functions_of_foreign_templates(server: Loopback) -> None:
    """Functions of a template from a plugin do not run; the template is used otherwise."""
    llm.plugins.load_plugins()
    plugin = SpyPlugin()
    llm.plugins.pm.register(plugin)
    try:
        assert run(server, "-t", "remote:x", "hi").exit_code == 0
    finally:
        llm.plugins.pm.unregister(plugin)
    assert (content(server), "tools" in server.bodies[0]) == ("far: hi", False)


def test_unknown_template(server: Loopback) -> None:
    """The schema is looked at before the template, and that before the missing model."""
    words = ("openai", "endpoint", server.base_url, "hi", "-t", "gone")
    assert CliRunner().invoke(cli, [*words, "--schema", "nope"]).exit_code == 2
    assert CliRunner().invoke(cli, words).stderr == "Error: Invalid template: gone\n"


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("no", False)])
@pytest.mark.parametrize("words", [("hi",), ("--chat",)])
def test_tools(
    value: str, shown: bool, words: tuple[str, ...], server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tools work in a chat too, and LLM_TOOLS_DEBUG is the same as --td."""
    server._scripts.clear()
    server.on(CHAT, call(), answer("four"))
    monkeypatch.setenv("LLM_TOOLS_DEBUG", value)
    result = run(server, "--functions", CODE, *words, piped="hi\nquit\n" if "--chat" in words else None)
    assert "four\n" in result.stdout
    assert result.stderr == ("\nTool call: f({'n': 2})\n  4\n\n" if shown else "")


@pytest.mark.parametrize(("limit", "exit_code"), [("1", 1), ("2", 0), ("0", 0)])
def test_chain_limit(limit: str, exit_code: int, server: Loopback) -> None:
    """--cl limits the rounds, 0 does not."""
    server._scripts.clear()
    server.on(CHAT, call(), answer("four"))
    result = run(server, "--functions", CODE, "--cl", limit, "hi")
    assert result.exit_code == exit_code
    assert (f"Chain limit of {limit} exceeded" in result.stderr) is bool(exit_code)


def test_raw_server_side_tool(server: Loopback) -> None:
    """With --responses a raw specification of a tool is passed through unchanged; Chat Completions takes none."""
    done = {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": []}}
    server.on(RESPONSES, sse_reply(done, done=False))
    tool = ("-T", 'ServerSideTool(spec={"type": "x", "deep": [1]})')
    assert run(server, "--responses", *tool, "hi").exit_code == 0
    assert server.bodies[0]["tools"] == [{"type": "x", "deep": [1]}]
    assert run(server, *tool, "hi").exit_code == 1
    assert len(server.requests) == 1


REASONING = {"type": "response.reasoning_summary_text.delta", "item_id": "i", "output_index": 0, "delta": "hm"}
TEXT = {"type": "response.output_text.delta", "item_id": "j", "output_index": 1, "content_index": 0, "delta": "Yo"}


@pytest.mark.parametrize(("words", "stderr"), [((), "hm\n"), (("-R",), "")])
def test_reasoning(words: tuple[str, ...], stderr: str, server: Loopback) -> None:
    """Reasoning goes to stderr, and not at all with -R."""
    server.on(RESPONSES, sse_reply(REASONING, TEXT, done=False))
    result = run(server, "--responses", *words, "hi")
    assert (result.stdout, result.stderr) == ("Yo\n", stderr)


def test_defects_raise_if_wanted(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unexpected errors are one line; with LLM_RAISE_ERRORS they are raised as they are, and a ValueError is not."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("llm.cli.answers.show_stream", broken)
    assert run(server, "hi").stderr == "Error: a defect\n"
    monkeypatch.setenv("LLM_RAISE_ERRORS", "1")
    assert isinstance(run(server, "hi").exception, ZeroDivisionError)
    assert run(server, "-o", "nope", "1", "hi").stderr == "Error: nope\n  Extra inputs are not permitted\n"


def test_headers(server: Loopback) -> None:
    """-H may be repeated; the last of the same name counts."""
    run(server, "-H", "X-A", "1", "-H", "X-B", "2", "-H", "X-A", "3", "hi")
    (request,) = server.requests
    assert (request.headers["x-a"], request.headers["x-b"]) == ("3", "2")


@pytest.mark.parametrize("words", [("-f", "x"), ("--sf", "x"), ("-c",), ("-n",), ("-x",), ("--async",), ("-u",)])
def test_what_it_does_not_take(words: tuple[str, ...], server: Loopback) -> None:
    """There are no fragments, conversations, logs, extraction or async variants here: a usage error."""
    result = run(server, *words, "hi")
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: cli openai endpoint ")


def test_end_of_input_in_a_chat(server: Loopback) -> None:
    """The end of input at the question of --chat is `Aborted!` with exit code 1, as in `llm chat`."""
    result = run(server, "--chat", piped="hi\n")
    assert (result.stderr, result.exit_code) == ("Aborted!\n", 1)
    assert result.stdout.endswith("> hi\none\n> ")
