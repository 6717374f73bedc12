"""Tools that run at the server, on the command line and in a conversation that is continued."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from llm.cli import cli
from tests.loopback import RESPONSES, Loopback, json_reply
from tests.providers.openai.pieces import message, search


@pytest.fixture
def server(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """The server that stands for OpenAI: it searches between two texts, and then just answers."""
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    output = [message("before"), search(), message("after", "msg_2")]
    replies = [{"output": items, "status": "completed"} for items in (output, [message("done")])]
    return loopback.on(RESPONSES, *map(json_reply, replies))


@pytest.mark.parametrize(
    ("tool", "spec"),
    [
        ("WebSearch", {"type": "web_search"}),
        ('WebSearch(search_context_size="low")', {"type": "web_search", "search_context_size": "low"}),
        (
            'CodeInterpreter(memory_limit="4g")',
            {"type": "code_interpreter", "container": {"type": "auto", "memory_limit": "4g"}},
        ),
        ('ServerSideTool(spec={"type": "own", "x": 1})', {"type": "own", "x": 1}),
    ],
)
def test_continued(server: Loopback, tool: str, spec: dict[str, object]) -> None:
    """`-T` makes the tool with its arguments; `-c` sends its specification again, and of its steps only the texts."""
    for words in (["-m", "gpt-5.5", "-T", tool, "one"], ["-c", "two"]):
        result = CliRunner().invoke(cli, ["prompt", "--no-stream", *words])
        assert result.exit_code == 0, result.output
    first, second = server.bodies
    assert first["tools"] == second["tools"] == [spec]
    assert [(item["role"], item["content"]) for item in second["input"]] == [
        ("user", "one"), ("assistant", "before"), ("assistant", "after"), ("user", "two")
    ]  # fmt: skip


def test_listing() -> None:
    """`llm tools -m MODEL` lists signature and docstring of each tool of the provider, in the model's order."""
    shown = CliRunner().invoke(cli, ["tools", "-m", "gpt-5.5"]).output
    _, found, listed = shown.partition("Server-side tools for gpt-5.5 (executed by the provider):")
    assert found
    places = [listed.find(f"{name}(") for name in ("WebSearch", "CodeInterpreter", "ServerSideTool")]
    assert -1 < places[0] < places[1] < places[2]
    assert "WebSearch(allowed_domains: list[str] | None = None, " in listed
    assert "ServerSideTool(spec: dict | None = None)" in listed


def test_other_models() -> None:
    """A model that does not list such tools refuses them before any request."""
    result = CliRunner().invoke(cli, ["prompt", "-m", "gpt-4o", "--key", "k", "-T", "WebSearch", "hi"])
    assert (result.exit_code, "WebSearch" in result.output) == (1, True)
