"""Failures of a model API: their kind, what they advise, and how users see them."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import openai
import pytest
from click.testing import CliRunner

from llm.cli import cli
from llm.core import errors
from llm.providers.openai import sdk
from llm.providers.openai.embeddings import OpenAIEmbeddingModel
from llm.providers.openai.failures import NEXT_STEPS
from tests.loopback import (
    CHAT,
    COMPLETIONS,
    CUT,
    EMBEDDINGS,
    RESPONSES,
    Loopback,
    Reply,
    error_reply,
    json_reply,
    sse,
    sse_reply,
    stream_reply,
    text_reply,
)
from tests.providers.openai.wire import KEY, Wire, chunk

# As the servers word it: the reply, the class of the SDK, the kind, and what is to be found in the advice.
CASES: dict[str, tuple[Reply, str, type[errors.ProviderError], str]] = {
    "wrong key": (
        error_reply(401, "Incorrect API key provided: sk-x.", code="invalid_api_key"),
        "AuthenticationError", errors.AuthenticationFailed, "llm keys set openai",
    ),
    "not allowed": (
        error_reply(403, "Project has no access to model."),
        "PermissionDeniedError", errors.PermissionRefused, "access",
    ),
    "no such model": (
        error_reply(404, "The model `m` does not exist", code="model_not_found"),
        "NotFoundError", errors.UnknownToProvider, "a model named 'm'",
    ),
    "no such model at Ollama": (
        json_reply({"error": {"message": "model 'm' not found", "type": "not_found_error"}}, status=404),
        "NotFoundError", errors.UnknownToProvider, "a model named 'm'",
    ),
    "no such page": (text_reply("404 page not found", status=404), "NotFoundError", errors.UnknownToProvider, "/v1"),
    "too fast": (
        error_reply(429, "Rate limit reached", code="rate_limit_exceeded"),
        "RateLimitError", errors.RateLimited, "Wait a little",
    ),
    "too fast at Mistral": (
        json_reply({"object": "error", "message": "Requests rate limit exceeded", "type": None}, status=429),
        "RateLimitError", errors.RateLimited, "LLM_MAX_RETRIES",
    ),
    "no credit": (
        error_reply(429, "You exceeded your current quota", code="insufficient_quota"),
        "RateLimitError", errors.QuotaExhausted, "credit",
    ),
    "no credit at OpenRouter": (
        json_reply({"error": {"message": "Insufficient credits", "code": 402}}, status=402),
        "APIStatusError", errors.QuotaExhausted, "credit",
    ),
    "too long": (
        error_reply(400, "This model's maximum context length is 8 tokens.", code="context_length_exceeded"),
        "BadRequestError", errors.ContextTooLong, "Shorten",
    ),
    "too long for vLLM": (
        json_reply({"object": "error", "message": "The maximum context length is 8", "code": 4}, status=400),
        "BadRequestError", errors.ContextTooLong, "Shorten",
    ),
    "too long for llama-server": (
        json_reply({"error": {"code": 400, "message": "the request exceeds the available context size",
                              "type": "exceed_context_size_error"}}, status=400),
        "BadRequestError", errors.ContextTooLong, "Shorten",
    ),
    "too large": (text_reply("", status=413), "APIStatusError", errors.ContextTooLong, "Shorten"),
    "bad option": (
        error_reply(400, "Unsupported value: 'temperature'"),
        "BadRequestError", errors.RequestRefused, "llm models --options -m m",
    ),
    "unprocessable": (
        json_reply({"detail": [{"loc": ["body", "n"], "msg": "too many"}]}, status=422),
        "UnprocessableEntityError", errors.RequestRefused, "options",
    ),
    "conflict": (error_reply(409, "locked"), "ConflictError", errors.RequestRefused, "options"),
    "trouble": (error_reply(500, "The server had an error"), "InternalServerError", errors.ProviderOverloaded, "later"),
    "overloaded": (error_reply(529, "Overloaded"), "InternalServerError", errors.ProviderOverloaded, "later"),
}  # fmt: skip


def once(model: Any) -> Any:
    """The model, which does not repeat what fails; its server is asked with the key for OpenAI."""
    model.max_retries = 0
    return model


def failure(wire: Wire, model: Any, **arguments: Any) -> Any:
    with pytest.raises(errors.ProviderError) as caught:
        wire.ask(once(model), **arguments)
    return caught.value


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_kinds(wire: Wire, case: str, stream: bool) -> None:
    """An error is of the SDK's class and of one kind, keeps the provider's message and says what to do next."""
    reply, sdk_class, kind, advice = CASES[case]
    error = failure(wire, wire.chat(reply), stream=stream)
    assert isinstance(error, getattr(openai, sdk_class))
    assert [found for found in KINDS if isinstance(error, found)] == [
        found for found in KINDS if issubclass(kind, found)
    ]
    assert (type(error).__name__, type(error).__module__) == (sdk_class, "openai")
    assert advice in error.next_step
    assert str(error).startswith(f"Error code: {reply.status}")


KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ProviderError)]


def test_every_kind_advises() -> None:
    """No kind of failure leaves the user without a next step."""
    assert set(NEXT_STEPS) == set(KINDS) - {errors.ProviderError}
    assert all(NEXT_STEPS.values())


def test_timeout(wire: Wire) -> None:
    """A server that is silent for too long."""
    for_ever = threading.Event()
    model = wire.chat(stream_reply(for_ever))
    model.timeout = 0.05
    try:
        error = failure(wire, model)
    finally:
        for_ever.set()
    assert isinstance(error, openai.APITimeoutError)
    assert isinstance(error, errors.ProviderTimedOut)
    assert "LLM_TIMEOUT" in error.next_step


def test_nobody_there(wire: Wire) -> None:
    """A server that does not run."""
    error = failure(wire, wire.chat(api_base="http://127.0.0.1:9/v1"))
    assert isinstance(error, errors.ProviderUnreachable)
    assert "server" in error.next_step


def test_broken_stream(wire: Wire) -> None:
    """A stream that breaks after its first text is another matter than a connection that was never there."""
    error = failure(wire, wire.chat(stream_reply(sse(chunk("half"), done=False), CUT)))
    assert isinstance(error, (errors.BrokenStream))
    assert "Try again" in error.next_step


@pytest.mark.parametrize(
    ("reported", "kind"),
    [
        ({"message": "Rate limit", "code": "rate_limit_exceeded"}, errors.RateLimited),
        ({"message": "Provider returned error", "code": 502}, errors.ProviderOverloaded),
        ({"message": "over the context length", "type": "invalid_request_error"}, errors.ContextTooLong),
        ({"message": "oops", "code": "429"}, errors.RateLimited),
    ],
)
def test_errors_in_a_stream(wire: Wire, reported: Any, kind: type[Exception]) -> None:
    """The data of a stream may report an error, with a code or with the status as one."""
    error = failure(wire, wire.chat(sse_reply(chunk("half"), {"error": reported})))
    assert isinstance(error, openai.APIError)
    assert isinstance(error, kind)
    assert str(error) == reported["message"]


@pytest.mark.parametrize("stream", [False, True])
def test_failed_responses(wire: Wire, stream: bool) -> None:
    """A reply of the Responses API that failed is a ModelError of that kind."""
    whole = {"status": "failed", "output": [], "error": {"code": "rate_limit_exceeded", "message": "slow down"}}
    reply = sse_reply({"type": "response.failed", "response": whole}) if stream else json_reply(whole)
    error = failure(wire, wire.responses(reply), stream=stream)
    assert isinstance(error, errors.ModelError)
    assert isinstance(error, errors.RateLimited)
    assert str(error) == "Model 'm' failed: rate_limit_exceeded: slow down"


def test_unknown_failures_stay_as_they_are(wire: Wire) -> None:
    """A failure of no known kind gets no advice."""
    with pytest.raises(openai.APIError) as caught:
        wire.ask(wire.chat(sse_reply({"error": {"message": "oops"}})))
    assert not isinstance(caught.value, errors.ProviderError)


def test_errors_without_a_key(wire: Wire) -> None:
    """A server that was asked without a key is given one by the user."""
    model = wire.chat(CASES["wrong key"][0])
    model.needs_key = None
    assert "--key" in failure(wire, model, key=None).next_step


def test_embeddings(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Embedding models fail in the same way."""
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url)
    loopback.on(EMBEDDINGS, error_reply(401, "no"))
    with pytest.raises(errors.AuthenticationFailed, match="401"):
        OpenAIEmbeddingModel("e", "e").embed_batch(["hi"], key="k")


# What users see


def shown(server: Loopback, user_path: Path, *words: str, **settings: Any) -> tuple[str, int]:
    """Run a prompt against an extra model on the server; returns stderr and the exit code."""
    entry = {"model_id": "x", "model_name": "x", "api_base": server.base_url, "max_retries": 0, **settings}
    (user_path / "extra-openai-models.yaml").write_text(json.dumps([entry]))
    result = CliRunner().invoke(cli, ["prompt", "-m", "x", "hi", *words])
    return result.stderr, result.exit_code


@pytest.fixture
def _thin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command as it is where nobody else has imported the SDK."""
    monkeypatch.setattr(sdk, "choose", lambda: None)


def test_shown(loopback: Loopback, user_path: Path) -> None:
    """The command shows the provider's message, and what to do next on a line of its own."""
    loopback.on(CHAT, error_reply(400, "Unsupported value"))
    stderr, code = shown(loopback, user_path)
    assert code == 1
    assert stderr.splitlines() == [
        "Error: Error code: 400 - Unsupported value",
        "Check the options and attachments: 'llm models --options -m x' lists what the model takes.",
    ]


@pytest.mark.usefixtures("_thin")
def test_errors_in_a_list(loopback: Loopback, user_path: Path) -> None:
    """Google puts its errors into a list, and a wrong key under status 400."""
    body = [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}]
    stderr, _ = shown(loopback.on(CHAT, json_reply(body, status=400)), user_path, "--key", "k", api_key_name="google")
    assert stderr.splitlines() == [
        "Error: Error code: 400 - API key not valid.",
        "Set the right key with 'llm keys set google', or pass one with --key.",
    ]


PAGE = """<!DOCTYPE html>
<html><head><style>p { color: red }</style><title>502 Bad&nbsp;Gateway</title></head>
<body><h1>Sorry</h1></body></html>"""


@pytest.mark.usefixtures("_thin")
@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (text_reply(PAGE, status=502, content_type="text/html"), "Error: Error code: 502 - 502 Bad Gateway"),
        (
            text_reply("<html><head><script>x()</script></head><p>No &amp; never</p>", status=502),
            "Error: Error code: 502 - No & never",
        ),
        (text_reply("x" * 5000, status=500), f"Error: Error code: 500 - {'x' * 299}…"),
        (error_reply(500, "y" * 5000), f"Error: Error code: 500 - {'y' * 3999}…"),
        (text_reply("", status=500), "Error: Error code: 500"),
        (text_reply("a\n\n  b\r\nc", status=500), "Error: Error code: 500 - a b c"),
        (Reply(500, {}, [b"\xff\xfe broken"]), "Error: Error code: 500 - \ufffd\ufffd broken"),
        (json_reply({"error": "just words"}, status=500), "Error: Error code: 500 - just words"),
        (json_reply({"error": {"message": ["a"], "code": {}}}, status=500), "Error: Error code: 500"),
        (json_reply({"error": None}, status=500), "Error: Error code: 500"),
        (json_reply([], status=500), "Error: Error code: 500"),
        (text_reply("[" * 100_000, status=500), f"Error: Error code: 500 - {'[' * 299}…"),
        (stream_reply(b"data: {broken\n\n"), "Error: The stream from {url} broke: data that is not JSON: {broken"),
        (stream_reply(b"data: " + b"[" * 50_000 + b"\n\n"), "Error: The stream from {url} broke: data that is not"),
    ],
)
def test_odd_bodies(loopback: Loopback, user_path: Path, reply: Reply, line: str) -> None:
    """Pages of proxies, long, empty and broken bodies end in one line that fits a screen."""
    stderr, code = shown(loopback.on(CHAT, reply), user_path)
    assert (code, "Traceback" in stderr) == (1, False)
    assert stderr.splitlines()[0].startswith(line.replace("{url}", loopback.url))
    assert len(stderr.splitlines()) <= 2


@pytest.mark.usefixtures("_thin")
@pytest.mark.parametrize("responses", [False, True])
def test_page_instead_of_a_reply(loopback: Loopback, user_path: Path, responses: bool) -> None:
    """A page with status 200, as at a wrong address, is an error that names the address and says so."""
    loopback.on(RESPONSES if responses else CHAT, text_reply(PAGE, content_type="text/html"))
    stderr, code = shown(loopback, user_path, "--no-stream", responses=responses)
    assert code == 1
    first, second = stderr.splitlines()
    assert first.startswith(f"Error: The reply from {loopback.base_url}/")
    assert first.endswith("is not a JSON object (status 200, text/html): 502 Bad Gateway")
    assert "/v1" in second


@pytest.mark.parametrize("kind", ["chat", "responses", "completion"])
def test_text_from_the_sdk(loopback: Loopback, user_path: Path, kind: str) -> None:
    """Where the SDK carries the request, such a page is an error as well."""
    path = {"chat": CHAT, "responses": RESPONSES, "completion": COMPLETIONS}[kind]
    loopback.on(path, text_reply(PAGE, content_type="text/html"))
    stderr, code = shown(loopback, user_path, "--no-stream", **{kind: True})
    assert (code, stderr.splitlines()[0]) == (
        1,
        "Error: Model 'x' failed: the reply is not a JSON object: 502 Bad Gateway",
    )


def test_stream_without_end_mark(loopback: Loopback, user_path: Path) -> None:
    """A server that just closes has sent a whole answer."""
    reply = Reply(200, {}, [sse(chunk("all"), done=False)], framed=False)
    assert shown(loopback.on(CHAT, reply), user_path) == ("", 0)


@pytest.mark.parametrize("stream", [False, True])
def test_keys_in_messages(wire: Wire, stream: bool) -> None:
    """A key that the server repeats is masked, in errors of replies and of streams, whichever client is used."""
    said = f"Bad key {KEY}!"
    reply = sse_reply({"error": {"message": said}}) if stream else error_reply(401, said)
    with pytest.raises(openai.APIError) as caught:
        wire.ask(once(wire.chat(reply)))
    assert KEY not in str(caught.value) + caught.value.message + repr(caught.value)
    assert "Bad key [...]!" in str(caught.value)
