"""OpenAI's dialects, as a real server speaks them: llama.cpp's own, with the embedded weights, on loopback.

These tests run where `llm[local]` is installed.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llm.cli import cli
from llm.core.errors import ContextTooLong
from llm.providers.local import weights
from llm.providers.local.catalog import EMBEDDED
from llm.providers.openai import sdk
from llm.providers.openai.embeddings import OpenAIEmbeddingModel
from llm.providers.openai.endpoint import endpoint_model, endpoint_model_ids

pytestmark = pytest.mark.local

SCRIPT = Path(__file__).parent / "llama_server.py"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 20}, "age": {"type": "integer", "maximum": 30}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def url(_downloaded: Path) -> Iterator[str]:
    """The base address of the running server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLM_USER_PATH", str(_downloaded))
        path = weights.path_of(EMBEDDED)
    command = [sys.executable, str(SCRIPT), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield f"{process.stdout.readline().strip()}/v1"
        process.stdin.close()


@pytest.fixture(autouse=True)
def _thin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client as it is where nobody has imported the SDK."""
    monkeypatch.setattr(sdk, "choose", lambda: None)


@pytest.fixture
def entries(user_path: Path, url: str) -> None:
    """The server's model as three extra models, one for each API."""
    common = {"model_name": "smollm2", "api_base": url, "supports_schema": True, "supports_tools": True}
    models: list[dict[str, Any]] = [
        {"model_id": "server"},
        {"model_id": "server-responses", "responses": True},
        {"model_id": "server-completion", "completion": True},
    ]
    text = json.dumps([{**common, **model} for model in models])
    (user_path / "extra-openai-models.yaml").write_text(text)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def test_model_list(url: str) -> None:
    """The server's list of models names the one it has."""
    assert endpoint_model_ids(url) == ["smollm2"]


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("model", ["server", "server-responses", "server-completion"])
@pytest.mark.parametrize("words", [[], ["--no-stream"]])
def test_prompt(model: str, words: list[str]) -> None:
    """An extra model answers on the command line, streamed and whole, with usage, and is logged."""
    result = run("prompt", "-m", model, "Say hello", "-o", "max_tokens", "8", "-o", "temperature", "0", "-u", *words)
    assert (result.exit_code, bool(result.stdout.strip())) == (0, True), result.output
    assert "Token usage: " in result.stderr
    assert ", 8 output" in result.stderr
    entry = json.loads(run("logs", "--json", "-n", "1").stdout)[0]
    assert (entry["model"], f"{entry['response']}\n") == (model, result.stdout)


def test_endpoint_command(url: str, user_path: Path) -> None:
    """`llm openai endpoint` lists the server's models, asks one of them by its address alone, and logs nothing."""
    assert run("openai", "endpoint", url, "--models").stdout == "smollm2\n"
    short = ["-m", "smollm2", "-o", "max_tokens", "8", "-o", "temperature", "0"]
    plain = run("openai", "endpoint", url, *short, "Say hello")
    assert (plain.exit_code, bool(plain.stdout.strip())) == (0, True), plain.output
    assert run("openai", "endpoint", url, *short, "--responses", "Say hello").exit_code == 0
    found = run("openai", "endpoint", url, "-m", "smollm2", "--schema", "age int, alive bool", "Invent a dog").stdout
    assert sorted(json.loads(found)) == ["age", "alive"]
    chat = CliRunner().invoke(cli, ["openai", "endpoint", url, *short, "--chat"], input="Say hello\nquit\n")
    assert (chat.exit_code, plain.stdout in chat.stdout) == (0, True), chat.output
    assert not (user_path / "logs.db").exists()


@pytest.mark.parametrize("responses", [False, True])
def test_streaming(url: str, responses: bool) -> None:
    """The text comes in pieces, and is the same as in one piece."""
    model = endpoint_model(url, "smollm2", responses=responses)
    pieces = list(model.prompt("Count to five", max_tokens=12, temperature=0))
    assert len(pieces) > 3
    assert "".join(pieces) == model.prompt("Count to five", max_tokens=12, temperature=0, stream=False).text()


def test_seed_and_system(url: str) -> None:
    """Options and a system prompt arrive: the same seed gives the same text."""
    model = endpoint_model(url, "smollm2")
    arguments: dict[str, Any] = {"system": "You are a pirate", "seed": 7, "max_tokens": 10, "temperature": 1}
    assert model.prompt("hi", **arguments).text() == model.prompt("hi", **arguments).text()


def test_schema(url: str) -> None:
    """The answer has the form of the schema. (This server knows no schemas in the Responses API.)"""
    response = endpoint_model(url, "smollm2").prompt("A dog", schema=SCHEMA, max_tokens=60, temperature=0)
    answer = json.loads(response.text())
    assert set(answer) == {"name", "age"}
    assert isinstance(answer["age"], int)


def test_conversation(url: str) -> None:
    """A second turn sends the first one along, which costs more tokens.

    (In the Responses API this server does not take what the model said, which OpenAI does.)
    """
    conversation = endpoint_model(url, "smollm2").conversation()
    first = conversation.prompt("My name is Ada", max_tokens=5, temperature=0)
    first.text()
    second = conversation.prompt("What is my name?", max_tokens=5, temperature=0)
    assert second.text()
    assert (second.usage().input or 0) > (first.usage().input or 0)


def test_tools(url: str) -> None:
    """Tools are accepted: the small model calls one, or answers by itself."""

    def multiply(a: int, b: int) -> int:
        """Multiply two numbers"""
        return a * b

    response = endpoint_model(url, "smollm2").prompt("6 times 7?", tools=[multiply], max_tokens=40, seed=1)
    assert response.text() or response.tool_calls()


@pytest.mark.parametrize("stream", [True, False])
def test_same_as_the_sdk(url: str, stream: bool) -> None:
    """The SDK's client and ours give the same text and usage."""
    import openai

    results = []
    with openai.OpenAI(api_key="k", base_url=url) as theirs:
        for client in (None, theirs):
            model = endpoint_model(url, "smollm2")
            if client is not None:
                model.get_client = lambda _key, client=client: client
            response = model.prompt("Say hello", max_tokens=8, temperature=0, stream=stream)
            results.append((response.text(), response.usage().input, response.usage().output))
    assert results[0] == results[1]


def test_async(url: str) -> None:
    """The async model streams as well."""

    async def ask() -> list[str]:
        model = endpoint_model(url, "smollm2", async_=True)
        return [piece async for piece in model.prompt("Say hello", max_tokens=8, temperature=0)]

    assert len(asyncio.run(ask())) > 2


def test_embeddings(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors come back in the order of the texts, equal for equal texts."""
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    first, other, again = OpenAIEmbeddingModel("e", "smollm2").embed_batch(["a dog", "a ship", "a dog"], key="k")
    assert len(first) == len(other) == 576
    assert first == pytest.approx(again, abs=1e-3)
    assert first != pytest.approx(other, abs=1e-3)


def test_context_too_long(url: str) -> None:
    """A prompt that does not fit is the error for that, with the server's message."""
    with pytest.raises(ContextTooLong, match="context size") as caught:
        endpoint_model(url, "smollm2").prompt("word " * 5000).text()
    assert "Shorten" in caught.value.next_step


def test_cut_off_by_hand(url: str) -> None:
    """A reader that stops early frees the server for the next prompt."""
    model = endpoint_model(url, "smollm2")
    for _ in model.prompt("Tell a long story", max_tokens=200):
        break
    assert model.prompt("Say hello", max_tokens=3).text()


def test_embedding_command(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`llm embed` gets its vector from the server that OPENAI_BASE_URL names."""
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    result = run("embed", "-m", "3-small", "-c", "hello")
    assert len(json.loads(result.stdout)) == 576, result.output
