"""`llm openai endpoint`: prompts for a server that is named by its address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llm.cli import cli
from llm.cli.chatting import readers as chat_readers
from llm.core.schemas import make_schema_id
from llm.features.standard_input import StandardInput
from llm.store.database import open_log_database
from tests.loopback import Loopback, error_reply, json_reply, sse_reply

PATH = "/v1/chat/completions"


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A server that answers one prompt with `Hello there`."""
    loopback = Loopback()
    loopback.on(PATH, answer("Hello ", "there"))
    yield loopback
    loopback.close()


def answer(*texts: str) -> Any:
    """A streamed reply of these texts."""
    return sse_reply(
        *({"id": "1", "model": "m", "choices": [{"index": 0, "delta": {"content": text}}]} for text in texts),
        {"id": "1", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    )


def run(server: Loopback, *words: str, piped: str | None = None) -> Result:
    """Run `llm openai endpoint` against the server."""
    return CliRunner().invoke(cli, ["openai", "endpoint", server.base_url, *words], input=piped)


def test_prompt(server: Loopback, user_path: Path) -> None:
    """The answer is shown as it streams; nothing is logged, and the database is not even created."""
    result = run(server, "-m", "m", "-s", "be brief", "hi")
    assert (result.stdout, result.stderr, result.exit_code) == ("Hello there\n", "", 0)
    (request,) = server.requests
    assert request.json == {
        "model": "m",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert not (user_path / "logs.db").exists()


def test_stored_things_stay_out(server: Loopback, user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored keys, keys and models of the environment, aliases and stored options play no part."""
    (user_path / "keys.json").write_text('{"openai": "sk-secret", "named": "sk-named"}')
    (user_path / "aliases.json").write_text('{"m": "gpt-4o"}')
    (user_path / "model_options.json").write_text('{"m": {"temperature": "1"}}')
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    monkeypatch.setenv("LLM_MODEL", "other")
    assert run(server, "-m", "m", "hi").exit_code == 0
    server.on(PATH, answer("x"))
    assert run(server, "-m", "m", "hi", "--key", "named").exit_code == 0
    first, second = server.requests
    assert first.headers["authorization"] == "Bearer DUMMY_KEY"
    assert (first.json["model"], "temperature" in first.json) == ("m", False)
    assert second.headers["authorization"] == "Bearer sk-named"


def test_model_is_required(server: Loopback) -> None:
    """Without -m or a template's model the error names --model, and nothing is sent."""
    result = run(server, "hi")
    assert result.exit_code == 1
    assert "--model" in result.stderr
    assert not server.requests


def test_headers_and_no_stream(server: Loopback) -> None:
    """-H adds headers; --no-stream asks for the whole answer, which is shown as any other."""
    whole = json_reply({"id": "1", "model": "m", "choices": [{"index": 0, "message": {"content": "All"}}]})
    server._scripts.clear()
    server.on(PATH, whole)
    result = run(server, "-m", "m", "-H", "X-Team", "blue", "--no-stream", "hi")
    assert result.stdout == "All\n"
    (request,) = server.requests
    assert request.headers["x-team"] == "blue"
    assert "stream" not in request.json or request.json["stream"] is False


def test_options_are_checked(server: Loopback) -> None:
    """Options are those of a reasoning model; others are refused before anything is sent."""
    assert run(server, "-m", "m", "-o", "reasoning_effort", "low", "hi").exit_code == 0
    assert server.bodies[0]["reasoning_effort"] == "low"
    result = run(server, "-m", "m", "-o", "nope", "1", "hi")
    assert result.stderr == "Error: nope\n  Extra inputs are not permitted\n"


def test_template(server: Loopback, user_path: Path, tmp_path: Path) -> None:
    """A template is applied to piped text and argument together; its fragments and extraction are left out."""
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text(
        "model: tm\nprompt: boo $who\nsystem: sys\ndefaults: {who: Bo}\nfragments: [gone]\nextract: true\n"
        "options: {temperature: 0.5}\nschema_object: {type: object}\n"
    )
    result = run(server, "-t", "t", "arg", piped="in")
    assert result.stdout == "Hello there\n"
    body = server.bodies[0]
    assert body["model"] == "tm"
    assert body["messages"][1]["content"] == "boo Bo\nin arg"
    assert body["temperature"] == 0.5
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_explicit_schema_wins(server: Loopback, user_path: Path) -> None:
    """--schema beats the template's, and a missing log is not created to look up a schema."""
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text("schema_object: {type: object}\n")
    run(server, "-m", "m", "-t", "t", "--schema", "a int, b", "hi")
    assert "a" in server.bodies[0]["response_format"]["json_schema"]["schema"]["properties"]
    assert not (user_path / "logs.db").exists()


def test_tools(server: Loopback) -> None:
    """Tools run in a loop; --td shows the calls."""
    server._scripts.clear()
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"n": 2}'}}
    server.on(PATH, sse_reply({"id": "1", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}), answer("4"))
    result = run(server, "-m", "m", "--td", "--functions", "def f(n: int):\n  return n * 2", "hi")
    assert result.stdout == "4\n"
    assert result.stderr == "\nTool call: f({'n': 2})\n  4\n\n"
    assert server.bodies[1]["messages"][-1] == {"role": "tool", "tool_call_id": "c1", "content": "4"}


def test_responses_api(server: Loopback) -> None:
    """--responses speaks the Responses API; effort brings encrypted reasoning along, nothing else is asked for."""
    done = {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": []}}
    text = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "i", "delta": "Yo"}
    server.on("/v1/responses", sse_reply(text, done, done=False), sse_reply(text, done, done=False))
    assert run(server, "-m", "m", "--responses", "hi").stdout == "Yo\n"
    run(server, "-m", "m", "--responses", "-o", "reasoning_effort", "low", "hi")
    plain, with_effort = server.bodies
    assert "reasoning" not in plain
    assert "include" not in plain
    assert with_effort["reasoning"] == {"effort": "low"}
    assert with_effort["include"] == ["reasoning.encrypted_content"]


def test_models(server: Loopback) -> None:
    """--models prints the ids, one a line; an error in the reply is shown in its own words."""
    server.on("/v1/models", json_reply({"data": [{"id": "a"}, {"id": "b"}]}), json_reply({"error": {"message": "no"}}))
    assert run(server, "--models").stdout == "a\nb\n"
    result = run(server, "--models")
    assert (result.exit_code, result.stderr) == (1, "Error: no\n")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("hi",), "a prompt"),
        (("-t", "t"), "--template"),
        (("-T", "llm_time"), "tools"),
        (("--functions", "x"), "tools"),
        (("--schema", "a,"), "a schema"),
        (("--schema-multi", "a,"), "a schema"),
    ],
)
def test_models_alone(words: tuple[str, ...], named: str, server: Loopback) -> None:
    """--models with something that only a prompt can use is an error that names both."""
    result = run(server, "--models", *words)
    assert result.exit_code == 1
    assert "--models" in result.stderr
    assert named in result.stderr


def test_prompt_is_required(server: Loopback) -> None:
    """No prompt at all is an error, an empty argument is not."""
    result = run(server, "-m", "m")
    assert result.exit_code == 1
    assert "prompt is required" in result.stderr
    assert run(server, "-m", "m", "").exit_code == 0


def test_terminal_is_waited_for(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without argument, attachments and schema the prompt is typed at the terminal."""
    monkeypatch.setattr(StandardInput, "is_terminal", lambda self: True)
    monkeypatch.setattr(StandardInput, "text", lambda self: "typed")
    run(server, "-m", "m")
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "typed"}]


def test_errors(server: Loopback) -> None:
    """What the server complains of is one line."""
    server._scripts.clear()
    server.on(PATH, error_reply(400, "bad words"))
    result = run(server, "-m", "m", "hi")
    assert result.exit_code == 1
    assert "bad words" in result.stderr
    assert "Traceback" not in result.stderr


def test_schema_id(server: Loopback, user_path: Path) -> None:
    """A schema's id is looked up in an existing log."""
    assert run(server, "-m", "m", "--schema", "nope", "hi").exit_code == 2
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    schema_id, text = make_schema_id(schema)
    conn = open_log_database(user_path / "logs.db")
    with conn:
        conn.execute("INSERT INTO schemas (id, content) VALUES (?, ?)", (schema_id, text))
    conn.close()
    run(server, "-m", "m", "--schema", schema_id, "hi")
    assert server.bodies[0]["response_format"]["json_schema"]["schema"] == schema


BANNER = f"Chatting with m at {{url}}\n{chat_readers.BANNER}\n"


def chat(server: Loopback, *lines: str, words: tuple[str, ...] = ()) -> Result:
    """Chat with the server."""
    return run(server, "-m", "m", "--chat", *words, piped="".join(f"{line}\n" for line in lines))


def test_chat(server: Loopback, user_path: Path) -> None:
    """--chat asks as `llm chat` does, remembers what was said, and logs nothing; !fragment is plain text."""
    server.on(PATH, answer("two"))
    result = chat(server, "hi", "!fragment x", "quit", words=("-s", "sys"))
    assert result.stdout == f"{BANNER.format(url=server.base_url)}> hi\nHello there\n> !fragment x\ntwo\n> quit\n"
    assert (result.stderr, result.exit_code) == ("", 0)
    assert [(message["role"], message["content"]) for message in server.requests[1].json["messages"]] == [
        ("system", "sys"), ("user", "hi"), ("assistant", "Hello there"), ("user", "!fragment x"),
    ]  # fmt: skip
    assert not (user_path / "logs.db").exists()


def test_chat_template(server: Loopback, user_path: Path) -> None:
    """The template is applied to each message; its options and model count too."""
    (user_path / "templates").mkdir()
    (user_path / "templates" / "t.yaml").write_text(
        "prompt: 'Say $what $input'\nsystem: sys\noptions: {temperature: 0.5}\ndefaults: {what: it}\n"
    )
    server.on(PATH, answer("two"))
    assert chat(server, "a", "b", "quit", words=("-t", "t")).exit_code == 0
    first, second = (request.json for request in server.requests)
    assert [message["content"] for message in first["messages"]] == ["sys", "Say it a"]
    assert [message["content"] for message in second["messages"]] == ["sys", "Say it a", "Hello there", "Say it b"]
    assert second["temperature"] == 0.5


def test_chat_attachments_go_with_the_first_message(server: Loopback, tmp_path: Path) -> None:
    """-a and --at go with the first message of a chat only."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n0000")
    server.on(PATH, answer("two"))
    chat(server, "a", "b", "quit", words=("--at", str(tmp_path / "a.png"), "image/png"))
    contents = [message["content"] for message in server.requests[1].json["messages"]]
    assert [part["type"] for part in contents[0]] == ["text", "image_url"]
    assert contents[2] == "b"


def test_errors_end_a_chat(server: Loopback) -> None:
    """An error within --chat is one line and ends it with exit code 1."""
    server.on(PATH, error_reply(400, "no such model"))
    result = chat(server, "hi", "again", "and again", "quit")
    assert result.stderr.startswith("Error: ")
    assert "no such model" in result.stderr
    assert result.exit_code == 1
    assert len(server.requests) == 2


def test_chat_takes_no_prompt(server: Loopback) -> None:
    """--chat with a prompt is an error that names both; --models beats --chat."""
    result = run(server, "-m", "m", "--chat", "hi")
    assert result.exit_code == 1
    assert "--chat" in result.stderr
    assert "prompt" in result.stderr
    server.on("/v1/models", json_reply({"data": [{"id": "m"}]}))
    assert run(server, "--models", "--chat").stdout == "m\n"
