"""The commands `llm openai` and `llm openai models`."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from llm.core.errors import NeedsKeyException
from llm.default_plugins import openai_models
from llm.providers.openai.commands import openai_group
from tests.loopback import MODELS, Loopback, error_reply, json_reply, text_reply

DATA = [
    {"id": "gpt-4o", "object": "model", "created": 1588537600, "owned_by": "openai"},
    {"id": "longer-name", "object": "model", "created": 1, "owned_by": "me"},
]


@pytest.fixture
def server(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """The server that stands for OpenAI."""
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    return loopback


def run(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(openai_group, list(arguments), **options)


def test_registered() -> None:
    """The plugin adds the group, which prints its usage and fails without a command."""
    cli = click.Group("llm")
    openai_models.register_commands(cli)
    result = CliRunner().invoke(cli, ["openai"])
    assert (result.exit_code, "Usage:" in result.output, "models" in result.output) == (2, True, True)


def test_table(server: Loopback) -> None:
    """A table in the order of the API, all cells padded, times in UTC."""
    server.on(MODELS, json_reply({"data": DATA}))
    assert run("models").output.split("\n") == [
        "id             owned_by    created                  ",
        "gpt-4o         openai      2020-05-03T20:26:40+00:00",
        "longer-name    me          1970-01-01T00:00:01+00:00",
        "",
    ]
    request = server.requests[0]
    assert (request.method, request.headers["authorization"]) == ("GET", "Bearer sk-env")


def test_json(server: Loopback) -> None:
    """The list as it came, indented by four."""
    server.on(MODELS, json_reply({"data": DATA}))
    assert run("models", "--json").output == json.dumps(DATA, indent=4) + "\n"


def test_gaps(server: Loopback) -> None:
    """Entries that lack something have blank cells."""
    server.on(MODELS, json_reply({"data": [{"id": "x"}, {"id": "y", "created": None, "owned_by": None}]}))
    assert [line.rstrip() for line in run("models").output.splitlines()] == ["id    owned_by    created", "x", "y"]


def test_key(server: Loopback, user_path: Any) -> None:
    """`--key` takes a key or the name of a stored one."""
    (user_path / "keys.json").write_text('{"work": "sk-work"}')
    server.on(MODELS, *[json_reply({"data": []})] * 2)
    run("models", "--key", "sk-given")
    run("models", "--key", "work")
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer sk-given", "Bearer sk-work"]


def test_no_key(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key nothing is sent."""
    monkeypatch.delenv("OPENAI_API_KEY")
    assert isinstance(run("models").exception, NeedsKeyException)
    assert server.requests == []


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (error_reply(401, "bad key"), "401"),
        (text_reply("down", status=503), "503"),
        (text_reply("hello"), "no list of models"),
        (json_reply({"x": 1}), "no list of models"),
    ],
)
def test_failures(server: Loopback, reply: Any, text: str) -> None:
    """Status and body of another answer are shown, and the exit code is 1."""
    server.on(MODELS, reply)
    result = run("models")
    assert (result.exit_code, text in result.output) == (1, True)
    assert "sk-env" not in result.output


def test_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is not there is one error line."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    result = run("models", "--key", "k")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert result.output.startswith("Error: No answer from http://127.0.0.1:9/v1")


@pytest.mark.parametrize(
    ("base", "key", "said"),
    [
        ("http://[::1", "sk-secret-1234", "OPENAI_BASE_URL is no address"),
        ("http://user:pa55word@127.0.0.1:9/v1", "sk-secret-1234", "No answer from http://127.0.0.1:9/v1"),
        ("http://127.0.0.1:9/v1", "sk-secret-1234\n", "The API key cannot be sent"),
        ("http://127.0.0.1:9/v1", "sk-s\xe9cret-1234", "The API key cannot be sent"),
    ],
)
def test_what_cannot_be_sent(base: str, key: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad address or key is one error line that shows neither key nor password."""
    monkeypatch.setenv("OPENAI_BASE_URL", base)
    result = run("models", "--key", key)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert result.output.startswith(f"Error: {said}")
    assert "1234" not in result.output
    assert "pa55word" not in result.output


def test_key_in_a_failure(server: Loopback) -> None:
    """A key that the server repeats in its answer is not shown."""
    server.on(MODELS, error_reply(401, "no such key: sk-given-1234"))
    assert "sk-given-1234" not in run("models", "--key", "sk-given-1234").output


@pytest.mark.parametrize("created", [1e30, -1e30, float("nan"), True])
def test_impossible_times(server: Loopback, created: float) -> None:
    """A time that is none leaves its cell blank."""
    server.on(MODELS, json_reply({"data": [{"id": "x", "created": created}]}))
    assert run("models").output.splitlines()[1].split() == ["x"]


def test_control_characters(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, control characters in what the server says are made visible."""
    server.on(MODELS, *[json_reply({"data": [{"id": "\x1b[31mx"}]})] * 2)
    assert "\x1b[31mx" in run("models", color=True).output
    monkeypatch.setattr("llm.providers.openai.commands._on_terminal", lambda: True)
    assert "\\x1b[31mx" in run("models", color=True).output
