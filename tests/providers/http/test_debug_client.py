"""The clients that show their traffic, and what they do not show."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from llm.providers.http.debug import async_logging_client, logging_client
from llm.providers.http.masking import masked_header, without_secrets
from llm.providers.openai.async_client import AsyncOpenAIClient
from llm.providers.openai.client import OpenAIClient
from tests.loopback import CHAT, Loopback, Reply, json_reply, split, sse, stream_reply
from tests.providers.callers import KEY


def ask(loopback: Loopback, *, is_async: bool, stream: bool = False) -> None:
    """Make a call with a client that shows its traffic."""
    arguments: dict[str, Any] = {"model": "m", "messages": [{"content": "é"}], "stream": stream}

    async def run() -> None:
        client = AsyncOpenAIClient(api_key=KEY, base_url=loopback.base_url, http_client=async_logging_client())
        reply = await client.chat.completions.create(**arguments)
        assert not stream or [item async for item in reply]

    if is_async:
        return asyncio.run(run())
    client = OpenAIClient(api_key=KEY, base_url=loopback.base_url, http_client=logging_client())
    reply = client.chat.completions.create(**arguments)
    assert not stream or list(reply)
    return None


@pytest.mark.parametrize("is_async", [False, True])
def test_request_and_reply_are_shown(loopback: Loopback, capsys: pytest.CaptureFixture[str], *, is_async: bool) -> None:
    """Request line, headers, indented body, status, headers and body; on stderr; without the key or compression."""
    loopback.on(CHAT, json_reply({"id": "x"}, set_cookie="a=secretcookie; b=c"))
    ask(loopback, is_async=is_async)
    out, err = capsys.readouterr()
    assert out == ""
    assert f"Request: POST {loopback.base_url}/chat/completions\n  Headers:\n" in err
    assert "    authorization: [...]\n" in err
    assert '  Body:\n    {\n      "model": "m",\n' in err
    assert '"content": "é"' in err
    assert "Response: status_code=200\n  Headers:\n" in err
    assert "    set-cookie: a=...; b=...\n" in err
    assert err.endswith('  Body:\n{"id": "x"}\n')
    assert KEY not in err
    assert "accept-encoding" not in err.lower()
    assert "accept-encoding" not in loopback.requests[0].headers


@pytest.mark.parametrize("is_async", [False, True])
def test_a_redirected_request_is_shown(
    loopback: Loopback, capsys: pytest.CaptureFixture[str], *, is_async: bool
) -> None:
    """Each hop is shown with its body, and the redirection is followed as without the output."""
    loopback.on(CHAT, Reply(307, {"location": f"{loopback.url}/moved"})).on("/moved", json_reply({"id": "x"}))
    ask(loopback, is_async=is_async)
    err = capsys.readouterr().err
    assert f"Request: POST {loopback.url}/moved\n" in err
    assert err.count('"content": "é"') == 2
    assert [request.body for request in loopback.requests] == [loopback.requests[0].body] * 2


@pytest.mark.parametrize("is_async", [False, True])
def test_a_streamed_body_is_shown_whole(
    loopback: Loopback, capsys: pytest.CaptureFixture[str], *, is_async: bool
) -> None:
    """A character that is cut between two pieces does not stop the reply."""
    body = 'data: {"id": "é\U0001f600"}\n\n'.encode()
    loopback.on(CHAT, stream_reply(*split(body, 1)))
    ask(loopback, is_async=is_async, stream=True)
    assert body.decode() in capsys.readouterr().err


def test_a_body_that_is_no_text_is_shown_as_far_as_it_goes(
    loopback: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bytes that are no UTF-8 do not stop the request or the reply."""
    loopback.on("/x", Reply(200, {}, [b"a\xffb"]))
    with logging_client() as client:
        client.post(loopback.url + "/x", content=b"\xfe\x00")
    assert "\n  Body:\na\ufffdb\n" in capsys.readouterr().err


@pytest.mark.parametrize(("terminal", "shown"), [(True, "a\\x1b[2Jb\n"), (False, "a\x1b[2Jb\r\n")])
def test_control_characters(loopback: Loopback, monkeypatch: pytest.MonkeyPatch, terminal: bool, shown: str) -> None:
    """On a terminal, the control characters that a server sends are made visible."""

    class Output(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    output = Output()
    monkeypatch.setattr("sys.stderr", output)
    loopback.on("/x", Reply(200, {}, [b"a\x1b[2Jb\r\n"]))
    with logging_client() as client:
        client.get(loopback.url + "/x")
    assert output.getvalue().endswith(f"  Body:\n{shown}\n")


def test_a_password_in_the_address_is_not_shown(loopback: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor is the header that it becomes."""
    loopback.on("/x", json_reply({}))
    with logging_client() as client:
        client.get(loopback.url.replace("//", "//user:pass-word@") + "/x")
    assert "pass-word" not in capsys.readouterr().err


def test_the_reply_is_shown_as_it_arrives(loopback: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    """Each piece when it is read, not at the end."""
    loopback.on(CHAT, stream_reply(sse({"id": "first"}, done=False), sse({"id": "second"})))
    client = OpenAIClient(api_key=KEY, base_url=loopback.base_url, http_client=logging_client())
    stream = client.chat.completions.create(model="m", messages=[], stream=True)
    next(stream)
    assert '{"id": "first"}' in capsys.readouterr().err
    list(stream)
    assert '{"id": "second"}' in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "proxy-authorization",
        "api-key",
        "X-API-Key",
        "x-goog-api-key",
        "ocp-apim-subscription-key",
        "x-auth-token",
        "x-amz-security-token",
        "client_secret",
    ],
)
def test_headers_that_hold_secrets_are_masked(name: str) -> None:
    """The usual ones and what is named like them."""
    assert masked_header(name, "abc") == "[...]"


@pytest.mark.parametrize("name", ["content-type", "x-ratelimit-remaining-tokens", "openai-organization", "etag"])
def test_other_headers_are_shown(name: str) -> None:
    """They are what the output is for."""
    assert masked_header(name, "abc") == "abc"


def test_cookies_are_shown_without_their_values() -> None:
    """Of any number of cookies only the names."""
    assert masked_header("Cookie", "a=1; b=2=3;c=4") == "a=...; b=...;c=..."
    assert masked_header("set-cookie", "id=a3f; Secure; Path=/") == "id=...; Secure; Path=..."


def test_secrets_are_taken_out_of_a_text() -> None:
    """With and without `Bearer`; a short value may be an ordinary word."""
    headers = {"authorization": "Bearer sk-123456", "x-api-key": "other-key-1", "api-key": "key"}
    assert without_secrets("sk-123456 other-key-1 key", headers) == "[...] [...] key"
