"""What the commands that talk to a model say about answers that were cut off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llm.cli import cli
from tests.loopback import RESPONSES, Loopback, json_reply, serve, sse_reply

TEXT = {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "delta": "half of"}
OUTPUT = [{"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "half of"}]}]


@pytest.fixture
def server(user_path: Path) -> Any:
    """A server with one Responses model, `r`."""
    with serve() as loopback:
        entry = {"model_id": "r", "model_name": "r", "api_base": loopback.base_url, "responses": True}
        (user_path / "extra-openai-models.yaml").write_text(json.dumps([entry]))
        yield loopback


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["prompt", "-m", "r", "hi", *words])


def reply(**fields: Any) -> dict[str, Any]:
    return {"id": "resp_1", "output": OUTPUT, "usage": {"input_tokens": 1, "output_tokens": 2}, **fields}


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ({"reason": "max_output_tokens"}, "the model reached its limit of tokens; -o max_tokens sets another one"),
        ({"reason": "content_filter"}, "the provider's content filter stopped it"),
        ({"reason": "ne\x1bw"}, "ne\\x1bw"),
        (None, "the provider gave no reason"),
    ],
)
@pytest.mark.parametrize("streaming", [True, False])
def test_incomplete(server: Loopback, details: Any, said: str, streaming: bool) -> None:
    """The text of an incomplete reply is shown, then a warning with its reason on stderr; it is no error."""
    whole = reply(status="incomplete", incomplete_details=details)
    stream = sse_reply(TEXT, {"type": "response.incomplete", "response": whole})
    server.on(RESPONSES, stream if streaming else json_reply(whole))
    result = run() if streaming else run("--no-stream")
    assert (result.stdout, result.exit_code) == ("half of\n", 0)
    assert result.stderr == f"Warning: The answer is incomplete: {said}\n"


def test_usage_and_payload_of_an_incomplete_reply(server: Loopback, user_path: Path) -> None:
    """Its counts and payload are those of a complete one."""
    whole = reply(status="incomplete", incomplete_details={"reason": "content_filter"})
    server.on(RESPONSES, sse_reply(TEXT, {"type": "response.incomplete", "response": whole}))
    assert "Token usage: 1 input, 2 output" in run("-u").stderr
    logged = CliRunner().invoke(cli, ["logs", "-n", "1", "--json"])
    assert json.loads(logged.stdout)[0]["response"] == "half of"


@pytest.mark.parametrize("status", ["completed", None])
def test_complete(server: Loopback, status: str | None) -> None:
    """Nothing is said about a complete reply, also where a server names no status."""
    server.on(RESPONSES, sse_reply({"type": "response.completed", "response": reply(status=status)}))
    assert run().stderr == ""


CUT_OFF = "Warning: The answer is incomplete: the provider's content filter stopped it\n"


def cut_off_stream() -> Any:
    whole = reply(status="incomplete", incomplete_details={"reason": "content_filter"})
    return sse_reply(TEXT, {"type": "response.incomplete", "response": whole})


def test_chat_tells_of_each_incomplete_answer(server: Loopback) -> None:
    """A chat warns after the answer that is incomplete, and goes on."""
    complete = sse_reply(TEXT, {"type": "response.completed", "response": reply(status="completed")})
    server.on(RESPONSES, cut_off_stream(), complete)
    result = CliRunner().invoke(cli, ["chat", "-m", "r"], input="one\ntwo\nquit\n")
    assert (result.stderr, result.exit_code) == (CUT_OFF, 0)
    assert result.stdout.endswith("> one\nhalf of\n> two\nhalf of\n> quit\n")


@pytest.mark.parametrize(("words", "typed"), [(("hi",), None), (("--chat",), "hi\nquit\n")])
def test_endpoint_tells_of_an_incomplete_answer(server: Loopback, words: tuple[str, ...], typed: str | None) -> None:
    """`llm openai endpoint` warns after the text of an incomplete answer, also in its chat; it is no error."""
    server.on(RESPONSES, cut_off_stream())
    command = ["openai", "endpoint", server.base_url, "-m", "r", "--responses", *words]
    result = CliRunner().invoke(cli, command, input=typed)
    assert (result.stderr, result.exit_code) == (CUT_OFF, 0)
    assert "half of\n" in result.stdout
