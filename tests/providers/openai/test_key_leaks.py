"""A key for OpenAI, stored or in the environment, is sent to no host that the user did not name for it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import llm
from llm.cli import cli
from llm.core.errors import NeedsKeyException
from llm.providers.openai import extra_models, sdk
from llm.providers.openai.access import thin_client
from llm.providers.openai.chat import AsyncChat, Chat
from llm.providers.openai.endpoint import endpoint_model, endpoint_model_ids
from llm.providers.openai.responses import AsyncResponses, Responses
from llm.registry.keys import set_key
from tests.loopback import (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    MODELS,
    RESPONSES,
    Loopback,
    Reply,
    error_reply,
    json_reply,
    serve,
    sse_reply,
)
from tests.providers.openai.pieces import completed, message
from tests.providers.openai.wire import Wire, chunk

STORED, EXPORTED = "sk-stored-for-openai", "sk-exported-for-openai"
ACCOUNT = {
    "OPENAI_ORG_ID": "org-of-the-account",
    "OPENAI_PROJECT_ID": "proj-of-the-account",
    "OPENAI_CUSTOM_HEADERS": "X-Gateway: secret-of-the-account",
}
SECRETS = (STORED, EXPORTED, *ACCOUNT.values(), "secret-of-the-account")


@pytest.fixture(autouse=True)
def _account(user_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with a stored key, an exported one, and all the headers that the environment can add."""
    monkeypatch.setattr(sdk, "choose", lambda: None)  # as where nobody has imported the SDK; `wire` has both
    set_key("openai", STORED)
    set_key("other", "key-of-the-other-server")
    monkeypatch.setenv("OPENAI_API_KEY", EXPORTED)
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)


def answer_everything(server: Loopback) -> None:
    server.on(CHAT, sse_reply(chunk("yes")))
    server.on(RESPONSES, sse_reply(completed(message("yes"))))
    server.on(COMPLETIONS, sse_reply({"choices": [{"index": 0, "text": "yes"}]}))


def assert_nothing_leaked(server: Loopback) -> None:
    assert server.requests
    for request in server.requests:
        sent = json.dumps([request.headers, request.query]) + request.body.decode()
        assert not [secret for secret in SECRETS if secret in sent]


def extra(user_path: Path, wire: Wire, **settings: Any) -> Any:
    """The model of an entry of `extra-openai-models.yaml`."""
    entry = {"model_id": "x", "model_name": "x", **settings}
    (user_path / "extra-openai-models.yaml").write_text(json.dumps([entry]))
    found = next(extra_models.extra_models())
    return found.async_model if wire.is_async and found.async_model else found.model


KINDS: dict[str, dict[str, Any]] = {"chat": {}, "responses": {"responses": True}, "completion": {"completion": True}}


@pytest.mark.parametrize("kind", KINDS)
def test_extra_model(wire: Wire, user_path: Path, kind: str) -> None:
    """An entry with an address and no key gets the placeholder."""
    answer_everything(wire.loopback)
    model = extra(user_path, wire, api_base=wire.loopback.base_url, **KINDS[kind])
    assert wire.ask(model, key=None).text == "yes"
    assert_nothing_leaked(wire.loopback)
    assert wire.loopback.requests[0].headers["authorization"] == "Bearer DUMMY_KEY"


@pytest.mark.parametrize("kind", KINDS)
def test_extra_model_with_a_key_of_its_own(wire: Wire, user_path: Path, kind: str) -> None:
    """An entry with an address and the name of a stored key gets that key."""
    answer_everything(wire.loopback)
    model = extra(user_path, wire, api_base=wire.loopback.base_url, api_key_name="other", **KINDS[kind])
    assert wire.ask(model, key=None).text == "yes"
    assert_nothing_leaked(wire.loopback)
    assert wire.loopback.requests[0].headers["authorization"] == "Bearer key-of-the-other-server"


@pytest.mark.parametrize("kind", KINDS)
def test_extra_model_whose_key_is_not_stored(wire: Wire, user_path: Path, kind: str) -> None:
    """An entry with an address and a key that is not stored does not fall back on the environment."""
    model = extra(user_path, wire, api_base=wire.loopback.base_url, api_key_name="absent", **KINDS[kind])
    with pytest.raises(NeedsKeyException, match="llm keys set absent"):
        wire.ask(model, key=None)
    assert wire.loopback.requests == []


@pytest.mark.parametrize("key_name", [None, "other"])
def test_extra_responses_model_by_way_of_chat(wire: Wire, user_path: Path, key_name: str | None) -> None:
    """The option chat_completions changes the API and not the key."""
    answer_everything(wire.loopback)
    settings = {"api_key_name": key_name} if key_name else {}
    model = extra(user_path, wire, api_base=wire.loopback.base_url, responses=True, **settings)
    assert wire.ask(model, key=None, chat_completions=True).text == "yes"
    assert wire.loopback.requests[0].path == CHAT
    assert_nothing_leaked(wire.loopback)


@pytest.mark.parametrize("responses", [False, True])
@pytest.mark.parametrize("through_chat", [False, True])
def test_endpoint(wire: Wire, responses: bool, through_chat: bool) -> None:
    """A model of an address on the command line gets the placeholder, also by way of Chat Completions."""
    answer_everything(wire.loopback)
    model = endpoint_model(wire.loopback.base_url, "x", responses=responses, async_=wire.is_async)
    options: dict[str, Any] = {"chat_completions": True} if responses and through_chat else {}
    assert wire.ask(model, key=None, **options).text == "yes"
    assert_nothing_leaked(wire.loopback)


def test_endpoint_models(loopback: Loopback) -> None:
    """Nor does the list of the models of such an address get another key."""
    endpoint_model_ids(loopback.on(MODELS, json_reply({"data": []})).base_url)
    assert_nothing_leaked(loopback)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("kind", ["chat", "responses"])
def test_python(wire: Wire, kind: str, early: bool) -> None:
    """A model made in Python that needs no key sends none, whether its address is given early or late."""
    blocking, asynchronous = {"chat": (Chat, AsyncChat), "responses": (Responses, AsyncResponses)}[kind]
    answer_everything(wire.loopback)
    cls: Any = asynchronous if wire.is_async else blocking
    model = cls("x", api_base=wire.loopback.base_url) if early else cls("x")
    model.api_base, model.needs_key = wire.loopback.base_url, None
    assert wire.ask(model, key=None).text == "yes"
    assert_nothing_leaked(wire.loopback)


def test_subclass(wire: Wire) -> None:
    """A plugin's class that names a key of its own gets that key."""

    class Theirs(Chat):
        needs_key, key_env_var = "other", "OTHER_API_KEY"

    class TheirsToo(AsyncChat):
        needs_key, key_env_var = "other", "OTHER_API_KEY"

    answer_everything(wire.loopback)
    wire.ask((TheirsToo if wire.is_async else Theirs)("x", api_base=wire.loopback.base_url), key=None)
    assert_nothing_leaked(wire.loopback)
    assert wire.loopback.requests[-1].headers["authorization"] == "Bearer key-of-the-other-server"


def test_subclass_with_a_dummy_key(wire: Wire) -> None:
    """A plugin's class for a local server that has a key as attribute sends that key, not the user's."""

    class Theirs(Chat):
        key = "sk-local"

    class TheirsToo(AsyncChat):
        key = "sk-local"

    answer_everything(wire.loopback)
    wire.ask((TheirsToo if wire.is_async else Theirs)("x", api_base=wire.loopback.base_url), key=None)
    assert_nothing_leaked(wire.loopback)
    assert wire.loopback.requests[-1].headers["authorization"] == "Bearer sk-local"


@pytest.mark.parametrize("words", [["prompt", "-m", "x", "hi"], ["prompt", "-m", "x", "hi", "--async"]])
def test_command(loopback: Loopback, user_path: Path, words: list[str]) -> None:
    """The command line asks an extra model without the user's keys."""
    answer_everything(loopback)
    entry = {"model_id": "x", "model_name": "x", "api_base": loopback.base_url}
    (user_path / "extra-openai-models.yaml").write_text(json.dumps([entry]))
    assert CliRunner().invoke(cli, words).stdout == "yes\n"
    assert_nothing_leaked(loopback)


# Elsewhere by redirection


def prompt_openai() -> None:
    llm.get_model("gpt-4o-mini").prompt("hi").text()


def embed_openai() -> None:
    llm.get_embedding_model("3-small").embed("hi")


def list_openai() -> None:
    result = CliRunner().invoke(cli, ["openai", "models"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("act", "path", "reply"),
    [
        (prompt_openai, CHAT, sse_reply(chunk("yes"))),
        (embed_openai, EMBEDDINGS, json_reply({"data": [{"index": 0, "embedding": [1.0]}]})),
        (list_openai, MODELS, json_reply({"data": []})),
    ],
)
def test_base_url_of_the_environment(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None], path: str, reply: Reply
) -> None:
    """OPENAI_BASE_URL says where OpenAI is to be found: there the key goes, and to no other place it redirects to."""
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url)
    loopback.on(path, reply)
    act()
    assert loopback.requests[-1].headers["authorization"] == f"Bearer {STORED}"
    with serve() as elsewhere:
        elsewhere.on("/elsewhere", reply)
        loopback.on(path, Reply(307, {"location": f"{elsewhere.url}/elsewhere"}))
        with contextlib.suppress(AssertionError):  # who does not follow a redirection leaks nothing
            act()
        sent = [request.headers.get("authorization") for request in elsewhere.requests]
    assert set(sent) <= {None}


def test_redirection_of_an_extra_model(loopback: Loopback, user_path: Path) -> None:
    """The key of an extra model does not follow a redirection to another host either."""
    with serve() as elsewhere:
        elsewhere.on("/elsewhere", sse_reply(chunk("yes")))
        loopback.on(CHAT, Reply(307, {"location": f"{elsewhere.url}/elsewhere"}))
        entry = {"model_id": "x", "model_name": "x", "api_base": loopback.base_url, "api_key_name": "other"}
        (user_path / "extra-openai-models.yaml").write_text(json.dumps([entry]))
        assert CliRunner().invoke(cli, ["prompt", "-m", "x", "hi"]).stdout == "yes\n"
        assert "authorization" not in elsewhere.requests[0].headers
        assert_nothing_leaked(elsewhere)


#: Headers as users write them into their settings, and what of them is sent to a server they lead to.
OWN_HEADERS = {"X-Api-Key": "own-secret-1", "api-key": "own-secret-2", "X-Gateway": "own-secret-3"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [302, 307])
def test_headers_of_an_extra_model(wire: Wire, user_path: Path, kind: str, status: int) -> None:
    """The `headers` of an entry go to its server, and to no other origin that it redirects to."""
    model = extra(user_path, wire, api_base=wire.loopback.base_url, headers=OWN_HEADERS, **KINDS[kind])
    path = {"chat": CHAT, "responses": RESPONSES, "completion": COMPLETIONS}[kind]
    with serve() as elsewhere:
        answer_everything(elsewhere)
        wire.loopback.on(path, Reply(status, {"location": f"{elsewhere.url}{path}"}))
        assert wire.ask(model, key=None).text == "yes"
        assert_own_headers(wire.loopback, sent=True)
        assert_own_headers(elsewhere, sent=False)
        assert elsewhere.requests[0].headers["content-type"] == "application/json"


def test_headers_after_a_redirection_back(wire: Wire, user_path: Path) -> None:
    """Whoever is in the middle of a chain of redirections sees none of them; within one server they stay."""
    model = extra(user_path, wire, api_base=wire.loopback.base_url, headers=OWN_HEADERS)
    with serve() as elsewhere:
        wire.loopback.on(CHAT, Reply(307, {"location": f"{wire.loopback.url}/moved"}))
        wire.loopback.on("/moved", Reply(307, {"location": f"{elsewhere.url}/back"}))
        elsewhere.on("/back", Reply(307, {"location": f"{wire.loopback.url}/home"}))
        wire.loopback.on("/home", sse_reply(chunk("yes")))
        assert wire.ask(model, key=None).text == "yes"
        assert [request.headers.get("x-api-key") for request in wire.loopback.requests[:2]] == ["own-secret-1"] * 2
        assert_own_headers(elsewhere, sent=False)


def test_headers_of_an_endpoint(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """The headers of `llm openai endpoint -H`, for a prompt and for the list of models, stay with that server too."""
    words = [
        "openai",
        "endpoint",
        loopback.base_url,
        "-m",
        "x",
        *(word for pair in OWN_HEADERS.items() for word in ("-H", *pair)),
    ]
    for shown in ("", "1"):
        monkeypatch.setenv("LLM_OPENAI_SHOW_RESPONSES", shown)
        with serve() as elsewhere:
            elsewhere.on(CHAT, sse_reply(chunk("yes"))).on(MODELS, json_reply({"data": [{"id": "yes"}]}))
            for path, more in ((CHAT, ["hi"]), (MODELS, ["--models"])):
                loopback.on(path, Reply(307, {"location": f"{elsewhere.url}{path}"}))
                result = CliRunner().invoke(cli, [*words, *more])
                assert result.stdout == "yes\n", result.output
            assert len(elsewhere.requests) == 2
            assert_own_headers(elsewhere, sent=False)
    assert_own_headers(loopback, sent=True)


def test_headers_of_the_sdk_behind_the_thin_client(loopback: Loopback) -> None:
    """What the thin client leaves to the SDK keeps the same rule."""
    with serve() as elsewhere:
        elsewhere.on(CHAT, json_reply({"id": "yes", "choices": []}))
        loopback.on(CHAT, Reply(307, {"location": f"{elsewhere.url}{CHAT}"}))
        arguments = {"api_key": "own-secret-0", "base_url": loopback.base_url, "default_headers": OWN_HEADERS}
        with thin_client(arguments).sdk_client as client:
            assert client.chat.completions.create(model="x", messages=[]).id == "yes"
        assert_own_headers(loopback, sent=True)
        assert_own_headers(elsewhere, sent=False)


def test_headers_of_the_environment(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's headers go to the address of the environment, and to no other origin that it redirects to."""
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url)
    with serve() as elsewhere:
        elsewhere.on(CHAT, sse_reply(chunk("yes")))
        loopback.on(CHAT, Reply(307, {"location": f"{elsewhere.url}{CHAT}"}))
        prompt_openai()
        assert loopback.requests[0].headers["x-gateway"] == "secret-of-the-account"
        assert_nothing_leaked(elsewhere)


def assert_own_headers(server: Loopback, *, sent: bool) -> None:
    assert server.requests
    for request in server.requests:
        assert [request.headers.get(name.lower()) for name in OWN_HEADERS] == [
            value if sent else None for value in OWN_HEADERS.values()
        ]


def test_error_of_a_wrong_key(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """No message shows the stored key, also where the server repeats it."""
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url)
    loopback.on(CHAT, error_reply(401, f"No such key: {STORED}"))
    result = CliRunner().invoke(cli, ["prompt", "-m", "gpt-4o-mini", "hi"])
    assert (result.exit_code, STORED in result.output) == (1, False)
