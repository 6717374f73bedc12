"""When the SDK's own client is used, and what it is told."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from typing import Any

import openai
import pytest

from llm.providers.openai import sdk
from llm.providers.openai.client import OpenAIClient
from llm.providers.openai.settings import is_openai
from tests.loopback import CHAT, MODELS, Loopback, json_reply
from tests.providers.callers import KEY, Caller

ACCOUNT = {"OPENAI_ORG_ID": "org-1", "OPENAI_PROJECT_ID": "proj-1", "OPENAI_CUSTOM_HEADERS": "X-Gateway: secret"}
SENT = {"openai-organization": "org-1", "openai-project": "proj-1", "x-gateway": "secret"}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with the headers of the user's account."""
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def facade(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A module in the place of `llm.default_plugins.openai_models`, and no SDK imported."""
    module = types.ModuleType(sdk.FACADE)
    monkeypatch.setitem(sys.modules, sdk.FACADE, module)
    monkeypatch.delitem(sys.modules, "openai")
    return module


def test_the_thin_client_is_used_until_somebody_wants_the_sdk(facade: types.ModuleType) -> None:
    """Neither touched nor imported: the thin client."""
    assert sdk.choose() is None


def test_what_stands_at_the_attribute_is_used(facade: types.ModuleType) -> None:
    """Once the attribute was read or replaced, whatever is there at that moment."""
    fake = types.SimpleNamespace(OpenAI=object)
    facade.openai = fake  # type: ignore[attr-defined]
    assert sdk.choose() is fake


def test_an_sdk_that_is_imported_anyway_is_used(facade: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless another thread is still importing it."""
    monkeypatch.setitem(sys.modules, "openai", types.ModuleType("openai"))
    assert sdk.choose() is None
    monkeypatch.setitem(sys.modules, "openai", openai)
    assert sdk.choose() is openai


@pytest.mark.parametrize(("level", "used"), [("debug", True), ("info", True), ("warning", False), ("", False)])
def test_whose_log_is_wanted(level: str, used: bool, facade: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK is used where its log is asked for, at a level that it knows."""
    monkeypatch.setenv("OPENAI_LOG", level)
    assert (sdk.choose() is not None) is used


def test_the_log_of_the_sdk(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENAI_LOG shows requests on stderr, without the key."""
    loopback.on(CHAT, json_reply({"choices": [{"message": {"content": "hello"}}]}))
    words = ["openai", "endpoint", loopback.base_url, "-m", "m", "hi", "--no-stream", "--key", KEY]
    done = subprocess.run(
        [sys.executable, "-m", "llm", *words], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        check=True, env={**os.environ, "OPENAI_LOG": "debug"},
    )  # fmt: skip
    assert done.stdout == "hello\n"
    assert "HTTP Response: POST 200" in done.stderr
    assert KEY not in done.stderr


def test_the_module_gives_the_sdk_for_the_facade() -> None:
    """As an attribute that is imported when it is read."""
    assert sdk.openai is openai
    with pytest.raises(AttributeError):
        _ = sdk.nothing


def test_calls_do_not_import_the_sdk(loopback: Loopback) -> None:
    """A request, a stream and a reply work without it; only an error needs its classes."""
    loopback.on(CHAT, json_reply({"id": "x"})).on(MODELS, json_reply({"data": []}))
    program = (
        "import sys\n"
        "from llm.providers.openai.client import OpenAIClient\n"
        "assert 'httpx2' not in sys.modules\n"
        f"client = OpenAIClient(api_key='k', base_url={loopback.base_url!r})\n"
        "print(client.chat.completions.create(model='m', messages=[]).id, list(client.models.list()))\n"
        "heavy = {'openai', 'pydantic', 'numpy', 'asyncio', 'anthropic'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "try:\n"
        "    client.models.list()\n"
        "except Exception as error:\n"
        "    print(type(error).__module__, type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("x []\nopenai NotFoundError\n", "")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com", True),
        ("https://API.OPENAI.COM:443/v1", True),
        ("https://openai.com.evil.example/v1", False),
        ("https://notopenai.com/v1", False),
        ("https://user@evil.example/api.openai.com", False),
        ("http://127.0.0.1:80/v1", False),
        ("nonsense", False),
    ],
)
def test_which_hosts_are_openais(url: str, *, expected: bool) -> None:
    """The host name decides, as a whole."""
    assert is_openai(url) is expected


@pytest.mark.usefixtures("account")
def test_another_address_does_not_see_the_account(caller: Caller, loopback: Loopback) -> None:
    """The account's headers do not go to an address that a model was configured with."""
    loopback.on(CHAT, json_reply({}))
    caller.chat()
    assert not set(SENT) & set(loopback.requests[0].headers)


@pytest.mark.usefixtures("account")
def test_openai_and_the_address_of_the_environment_see_the_account(
    caller: Caller, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variables belong together."""
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url)
    loopback.on(CHAT, json_reply({}))
    caller.chat(client={"base_url": None})
    assert SENT.items() <= loopback.requests[0].headers.items()
    for address in (None, "https://api.openai.com/v1", "https://us.api.openai.com/v1"):
        headers = OpenAIClient(api_key=KEY, base_url=address).default_headers
        assert SENT.items() <= {name.lower(): value for name, value in headers.items()}.items()


def sdk_call(loopback: Loopback, **arguments: Any) -> dict[str, str]:
    """Make a call with an SDK client of these arguments; returns the headers that arrived."""
    loopback.on(MODELS, json_reply({"data": []}))
    with openai.OpenAI(**sdk.sdk_arguments({"api_key": KEY, **arguments})) as client:
        client.models.list()
    return loopback.requests[-1].headers


@pytest.mark.usefixtures("account")
def test_the_sdk_is_told_to_withhold_the_account(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the same addresses, key and given headers unharmed."""
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: secret\nAuthorization: Bearer other\nX-Mine: env")
    headers = sdk_call(loopback, base_url=loopback.base_url, default_headers={"X-Mine": "model"})
    assert not set(SENT) & set(headers)
    assert (headers["authorization"], headers["x-mine"]) == (f"Bearer {KEY}", "model")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", ACCOUNT["OPENAI_CUSTOM_HEADERS"])
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url)
    assert SENT.items() <= sdk_call(loopback).items()


def test_the_sdk_is_told_the_limits_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """LLM_TIMEOUT and LLM_MAX_RETRIES count for it too, unless the arguments say otherwise."""
    given = {"api_key": KEY, "base_url": "http://h"}
    assert sdk.sdk_arguments(given) == given
    monkeypatch.setenv("LLM_TIMEOUT", "3")
    monkeypatch.setenv("LLM_MAX_RETRIES", "7")
    client = openai.OpenAI(**sdk.sdk_arguments(given))
    assert (client.timeout, client.max_retries) == (openai.Timeout(3, connect=3), 7)
    client.close()
    assert sdk.sdk_arguments({**given, "max_retries": 1, "timeout": None})["max_retries"] == 1
