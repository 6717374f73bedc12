"""The thin client: what it sends, and what it offers beside calls."""

from __future__ import annotations

import asyncio
import inspect
import json
import math
from enum import Enum
from operator import attrgetter
from typing import Any

import httpx2
import openai
import pydantic
import pytest

from llm.providers.openai import calls
from llm.providers.openai.async_client import AsyncOpenAIClient
from llm.providers.openai.client import OpenAIClient
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
)
from tests.providers.callers import KEY, Caller

CREATE: dict[str, tuple[str, dict[str, Any]]] = {
    "chat.completions.create": (CHAT, {"model": "m", "messages": []}),
    "responses.create": (RESPONSES, {"model": "m", "input": []}),
    "completions.create": (COMPLETIONS, {"model": "m", "prompt": "p"}),
    "embeddings.create": (EMBEDDINGS, {"model": "m", "input": ["a"], "encoding_format": "float"}),
}


class Effort(str, Enum):
    """A choice as the options of models have it."""

    low = "low"


class Tool(pydantic.BaseModel):
    """A pydantic object as an argument."""

    type: str = "function"
    strict: bool | None = None


@pytest.mark.parametrize("method", CREATE)
def test_a_call_is_one_post_of_its_arguments(caller: Caller, loopback: Loopback, method: str) -> None:
    """The body has exactly the arguments; no query; the headers of section 17.2."""
    path, arguments = CREATE[method]
    loopback.on(path, json_reply({"data": [{"embedding": [1.0]}]}))
    caller.call(method, **arguments)
    (request,) = loopback.requests
    assert (request.method, request.path, request.query) == ("POST", path, [])
    assert request.json == arguments
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("llm/")
    assert not [name for name in request.headers if name.startswith(("openai-", "idempotency", "cookie"))]


@pytest.mark.parametrize("base", ["", "/", "/v1", "/v1/", "/a/b"])
def test_the_base_url_may_have_a_path_and_a_slash(loopback: Loopback, base: str) -> None:
    """A trailing slash makes no difference and an address without path is fine."""
    path = base.rstrip("/") + "/chat/completions"
    loopback.on(path, json_reply({}))
    OpenAIClient(api_key=KEY, base_url=loopback.url + base).chat.completions.create(model="m", messages=[])
    assert loopback.requests[0].path == path


def test_the_body_is_compact_json_in_utf8(caller: Caller, loopback: Loopback) -> None:
    """Enums go out as values, int keys as strings, pydantic objects without what was not set, None as null."""
    loopback.on(CHAT, json_reply({}))
    caller.chat(reasoning_effort=Effort.low, logit_bias={5: 1}, tools=[Tool(type="x")], stop=None, user="é")
    assert loopback.requests[0].body.decode() == (
        '{"model":"m","messages":[],"reasoning_effort":"low","logit_bias":{"5":1},"tools":[{"type":"x"}],'
        '"stop":null,"user":"é"}'
    )


def test_objects_of_a_reply_can_be_sent_back(caller: Caller, loopback: Loopback) -> None:
    """A message of a reply goes into the next request as it came."""
    message = {"role": "assistant", "content": "hi", "reasoning_content": "x"}
    loopback.on(CHAT, json_reply({"choices": [{"message": message}]}), json_reply({}))
    reply = caller.chat()
    caller.chat(messages=iter([reply.choices[0].message]))
    assert loopback.bodies[1]["messages"] == [message]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_are_refused(caller: Caller, loopback: Loopback, value: float) -> None:
    """NaN and infinities are a ValueError before any request."""
    with pytest.raises(ValueError, match="JSON compliant"):
        caller.chat(temperature=value)
    assert loopback.requests == []


@pytest.mark.parametrize("method", CREATE)
def test_an_unknown_argument_is_named_before_any_request(caller: Caller, loopback: Loopback, method: str) -> None:
    """An argument the API does not have is a TypeError that names it."""
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'seeds'"):
        caller.call(method, **CREATE[method][1], seeds=1)
    assert loopback.requests == []


@pytest.mark.parametrize("method", CREATE)
def test_known_arguments_are_those_of_the_sdk(method: str) -> None:
    """No argument of the API is refused, and none is let through that the SDK's client would refuse."""
    own = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
    sdk = attrgetter(method)(openai.OpenAI(api_key=KEY))
    endpoint = next(value for value in vars(calls).values() if getattr(value, "name", None) == method)
    assert set(endpoint.takes.split()) == set(inspect.signature(sdk).parameters) - own


@pytest.mark.parametrize("name", ["seed", "stop", "logit_bias", "frequency_penalty", "presence_penalty"])
def test_responses_has_no_arguments_of_chat(caller: Caller, name: str) -> None:
    """The Responses endpoint refuses options that only Chat has."""
    arguments: dict[str, Any] = {"model": "m", "input": [], name: 1}
    with pytest.raises(TypeError, match=name):
        caller.call("responses.create", **arguments)


def test_positional_and_missing_arguments_are_type_errors(caller: Caller) -> None:
    """Arguments are keywords, and the required ones are asked for."""
    with pytest.raises(TypeError, match="'messages'"):
        caller.call("chat.completions.create", model="m")
    with pytest.raises(TypeError):
        OpenAIClient(api_key=KEY).chat.completions.create("m", [])  # type: ignore[call-arg,arg-type]


def test_marks_of_the_sdk_for_absent_arguments_are_absent(caller: Caller, loopback: Loopback) -> None:
    """`openai.NOT_GIVEN` and `openai.omit` as values mean that the argument was not given."""
    loopback.on(CHAT, json_reply({}))
    caller.chat(temperature=openai.NOT_GIVEN, top_p=openai.omit, timeout=openai.NOT_GIVEN)
    assert loopback.bodies == [{"model": "m", "messages": []}]


def test_extra_body_replaces_members(caller: Caller, loopback: Loopback) -> None:
    """The top-level members of extra_body are added or replace those of the same name, without merging deeper."""
    loopback.on(CHAT, json_reply({}))
    caller.chat(metadata={"a": 1, "b": 2}, extra_body={"metadata": {"c": 3}, "provider": {"order": ["x"]}})
    assert loopback.bodies[0] == {"model": "m", "messages": [], "metadata": {"c": 3}, "provider": {"order": ["x"]}}


def test_extra_query_is_written_in_brackets(caller: Caller, loopback: Loopback) -> None:
    """Lists as name[], objects as name[key], booleans in lower case, None left out."""
    loopback.on(CHAT, json_reply({}))
    caller.chat(extra_query={"a": [1, 2], "b": {"c": "d e"}, "f": None, "g": True})
    assert loopback.requests[0].query == [("a[]", "1"), ("a[]", "2"), ("b[c]", "d e"), ("g", "true")]


def test_later_headers_win_whatever_their_case(
    caller: Caller, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment, then default_headers, then extra_headers; every header can be replaced, the key too."""
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-A: env\nX-B: env\nbad line\nX-C: env: colon")
    loopback.on(CHAT, json_reply({}))
    caller.chat(
        client={"base_url": None, "default_headers": {"x-a": "model", "X-D": 5, "authorization": "Key k"}},
        extra_headers={"X-B": "call", "user-agent": "mine", "x-e": None, "ACCEPT": openai.omit},
    )
    headers = loopback.requests[0].headers
    assert {name: headers[name] for name in ("x-a", "x-b", "x-c", "x-d")} == {
        "x-a": "model",
        "x-b": "call",
        "x-c": "env: colon",
        "x-d": "5",
    }
    assert (headers["authorization"], headers["user-agent"]) == ("Key k", "mine")
    assert "x-e" not in headers
    assert headers["accept"] != "application/json"


@pytest.mark.parametrize("key", ["sk-line\nbreak-secret", "sk-héllo-secret"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    """The error says what is wrong with the key, and does not contain it."""
    with pytest.raises(ValueError, match="API key cannot be sent") as caught:
        OpenAIClient(api_key=key)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", [None, ""])
def test_a_client_needs_a_key(key: str | None) -> None:
    """Without a key, or with an empty one, making a client fails with the SDK's error."""
    for kind in (OpenAIClient, AsyncOpenAIClient):
        with pytest.raises(openai.OpenAIError, match="OPENAI_API_KEY"):
            kind(api_key=key)


def test_key_and_address_default_to_the_environment(
    caller: Caller, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OPENAI_API_KEY and OPENAI_BASE_URL are read when the client is made."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.base_url + "/")
    loopback.on(MODELS, json_reply({"data": [{"id": "a"}, {"id": "b"}], "object": "list"}))
    page = caller.call("models.list", client={"api_key": None, "base_url": None})
    assert [model.id for model in page] == ["a", "b"]
    (request,) = loopback.requests
    assert (request.method, request.body) == ("GET", b"")
    assert request.headers["authorization"] == "Bearer sk-environment"
    assert "content-type" not in request.headers
    assert str(OpenAIClient().base_url) == loopback.base_url + "/"
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert str(OpenAIClient().base_url) == "https://api.openai.com/v1/"


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": []}, {"error": {"message": "no"}, "data": None}])
def test_a_list_of_models_may_be_missing(caller: Caller, loopback: Loopback, data: Any) -> None:
    """A missing or null list iterates as empty, and other members can be read."""
    loopback.on(MODELS, json_reply(data))
    page = caller.call("models.list")
    assert list(page) == []
    assert getattr(page, "error", None) == data.get("error")


def test_the_async_list_of_models_can_be_iterated_at_once(loopback: Loopback) -> None:
    """`async for` over the call works as well as awaiting it."""
    loopback.on(MODELS, json_reply({"data": [{"id": "a"}]}))

    async def ids() -> list[str]:
        client = AsyncOpenAIClient(api_key=KEY, base_url=loopback.base_url)
        return [model.id async for model in client.models.list()]

    assert asyncio.run(ids()) == ["a"]


def test_embeddings_are_asked_for_and_decoded_as_base64(caller: Caller, loopback: Loopback) -> None:
    """The body asks for base64 by default; base64 and plain lists are both accepted."""
    loopback.on(
        EMBEDDINGS,
        json_reply({"data": [{"index": 0, "embedding": "AACAPwAAAMA="}, {"index": 1, "embedding": [1, 0.5]}]}),
    )
    reply = caller.call("embeddings.create", model="m", input=["a", "b"], dimensions=2)
    assert loopback.bodies[0] == {"model": "m", "input": ["a", "b"], "dimensions": 2, "encoding_format": "base64"}
    assert [entry.embedding for entry in reply.data] == [[1.0, -2.0], [1.0, 0.5]]
    assert all(isinstance(number, float) for entry in reply.data for number in entry.embedding)


@pytest.mark.parametrize("address", ["http://user:pass-word@[::1", "http://user:pass-word@a:b/v1"])
def test_an_address_that_is_none(caller: Caller, address: str) -> None:
    """The error shows the address, without a password, and what one looks like."""
    with pytest.raises(ValueError, match=r"is no address of a server.*https:") as caught:
        caller.call("chat.completions.create", model="m", messages=[], client={"base_url": address})
    assert address.rpartition("@")[2].removeprefix("http://") in str(caught.value)
    assert "pass-word" not in str(caught.value)


@pytest.mark.parametrize("data", [{}, {"data": []}, {"data": None}])
def test_a_reply_without_embeddings_is_a_value_error(caller: Caller, loopback: Loopback, data: Any) -> None:
    """Nothing came back for the texts: an error, not an empty list."""
    loopback.on(EMBEDDINGS, json_reply(data))
    with pytest.raises(ValueError, match="no embeddings"):
        caller.call("embeddings.create", model="m", input=["a"])


def test_a_reply_without_embeddings_shows_no_password(caller: Caller, loopback: Loopback) -> None:
    """The error names the server, without the credentials in its address."""
    loopback.on(EMBEDDINGS, json_reply({}))
    address = loopback.base_url.replace("//", "//user:pass-word@")
    with pytest.raises(ValueError, match="no embeddings") as caught:
        caller.call("embeddings.create", model="m", input=["a"], client={"base_url": address})
    assert "pass-word" not in str(caught.value)


def test_a_reply_is_json_whatever_its_content_type(caller: Caller, loopback: Loopback) -> None:
    """The content type is not looked at, and the request id is on the reply."""
    body = json.dumps({"choices": [{"message": {"content": "hi"}}]}).encode()
    loopback.on(CHAT, Reply(200, {"content-type": "text/html", "x-request-id": "req_1"}, [body]))
    reply = caller.chat()
    assert reply.choices[0].message.content == "hi"
    assert reply._request_id == "req_1"
    assert "_request_id" not in reply.to_dict()


def test_redirects_are_followed(caller: Caller, loopback: Loopback) -> None:
    """A server may send a call elsewhere on the same host; body and key go along."""
    loopback.on(CHAT, Reply(307, {"location": "/other"})).on("/other", json_reply({"id": "x"}))
    assert caller.chat().id == "x"
    assert loopback.requests[1].json == loopback.requests[0].json
    assert loopback.requests[1].headers["authorization"] == f"Bearer {KEY}"


def test_calls_go_through_the_transport_as_it_is_at_the_call(
    caller: Caller, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replacing the methods of httpx2's transports intercepts the next call, though connections are kept."""
    loopback.on(CHAT, json_reply({"id": "real"}))
    assert caller.chat().id == "real"

    def fake(_transport: object, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"id": str(request.url)})

    async def fake_async(transport: object, request: httpx2.Request) -> httpx2.Response:
        return fake(transport, request)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", fake)
    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", fake_async)
    assert caller.chat().id == f"{loopback.base_url}/chat/completions"
    assert len(loopback.requests) == 1


def test_a_client_shows_its_settings() -> None:
    """The attributes that the SDK's client has; the key is not among the headers."""
    client = OpenAIClient(api_key=KEY, base_url="http://h/v1", default_headers={"X-A": "b"}, timeout=7, max_retries=5)
    assert (client.api_key, str(client.base_url), client.max_retries) == (KEY, "http://h/v1/", 5)
    assert client.timeout == httpx2.Timeout(7)
    assert client.default_headers["X-A"] == "b"
    assert KEY not in f"{client.default_headers} {client.settings}"
    assert OpenAIClient(api_key=KEY).timeout == httpx2.Timeout(600, connect=5)
    assert OpenAIClient(api_key=KEY, timeout=None).timeout == httpx2.Timeout(None)


def test_a_closed_client_makes_no_more_calls(loopback: Loopback) -> None:
    """Closing, also by `with`, ends the client but not the connections that others share."""
    loopback.on(CHAT, json_reply({"id": "other"}))
    with OpenAIClient(api_key=KEY, base_url=loopback.base_url) as client:
        assert not client.is_closed()
    with pytest.raises(RuntimeError, match="closed"):
        client.chat.completions.create(model="m", messages=[])
    other = OpenAIClient(api_key=KEY, base_url=loopback.base_url)
    assert other.chat.completions.create(model="m", messages=[]).id == "other"


def test_a_client_closes_the_http_client_it_was_given() -> None:
    """As the SDK does, for both kinds."""
    http = httpx2.Client()
    OpenAIClient(api_key=KEY, http_client=http).close()
    assert http.is_closed

    async def closes() -> bool:
        http = httpx2.AsyncClient()
        async with AsyncOpenAIClient(api_key=KEY, http_client=http):
            pass
        return http.is_closed

    assert asyncio.run(closes())


def test_everything_else_comes_from_the_sdk(loopback: Loopback) -> None:
    """Other attributes, on the client and on its parts, are those of an SDK client of the same arguments."""
    client = OpenAIClient(api_key=KEY, base_url=loopback.base_url, default_headers={"X-A": "b"}, max_retries=7)
    assert isinstance(client.beta._client, openai.OpenAI)
    assert client.with_options(timeout=3).max_retries == 7
    assert client.sdk_client.timeout == client.timeout
    loopback.on(CHAT, json_reply({"choices": [{"message": {"content": '{"type": "x"}'}}]}))
    parsed = client.beta.chat.completions.parse(model="m", messages=[], response_format=Tool)
    assert parsed.choices[0].message.parsed == Tool(type="x")
    assert loopback.requests[0].headers["x-a"] == "b"
    loopback.on(CHAT, error_reply(404, "gone", x_request_id="req_2"))
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.with_raw_response.create(model="m", messages=[])
    assert isinstance(AsyncOpenAIClient(api_key=KEY).sdk_client, openai.AsyncOpenAI)
    with pytest.raises(AttributeError):
        _ = client.nothing_like_this
    with pytest.raises(AttributeError):
        _ = client._private
