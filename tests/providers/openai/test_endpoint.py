"""Models of a server that is named by its address: `llm.providers.openai.endpoint`."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from llm.core.attachments import Attachment
from llm.core.errors import ModelError
from llm.core.server_tools import ServerSideTool
from llm.providers.openai.endpoint import endpoint_model, endpoint_model_ids
from llm.registry.keys import set_key
from tests.loopback import CHAT, MODELS, RESPONSES, Loopback, Reply, error_reply, json_reply, sse_reply, text_reply
from tests.providers.openai.pieces import completed, message
from tests.providers.openai.wire import Wire, chunk

IMAGES = {"image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"}
SOUND = {"audio/wav", "audio/mpeg"}
EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
TINY_PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture(autouse=True)
def _keys_for_openai(user_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stored key and one in the environment, which are nobody's business but OpenAI's."""
    set_key("openai", "sk-stored-openai-key")
    set_key("mine", "my-stored-key")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment-key")


def ask(wire: Wire, *, responses: bool = False, prompt: str = "hi", **arguments: Any) -> Any:
    """Prompt a model of the loopback server; returns the request that arrived."""
    made = {name: arguments.pop(name) for name in ("key", "headers") if name in arguments}
    reply = sse_reply(completed(message("yes"))) if responses else sse_reply(chunk("yes"))
    wire.loopback.on(RESPONSES if responses else CHAT, reply)
    model = endpoint_model(wire.loopback.base_url, "any/name", responses=responses, async_=wire.is_async, **made)
    assert wire.ask(model, prompt, **{"key": None, **arguments}).text == "yes"
    return wire.loopback.requests[-1]


def test_chat_body(wire: Wire) -> None:
    """The id goes out as typed; nothing but model, messages and streaming is sent unless it is used."""
    assert ask(wire).json == {
        "model": "any/name",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_responses_body(wire: Wire) -> None:
    """By default the Responses API is asked for no reasoning fields."""
    assert ask(wire, responses=True).json == {
        "model": "any/name",
        "input": [{"role": "user", "content": "hi"}],
        "store": False,
        "stream": True,
    }


def test_responses_effort(wire: Wire) -> None:
    """An effort is sent alone, without a summary, and asks for the encrypted reasoning."""
    body = ask(wire, responses=True, reasoning_effort="low").json
    assert (body["reasoning"], body["include"]) == ({"effort": "low"}, ["reasoning.encrypted_content"])


@pytest.mark.parametrize("responses", [False, True])
def test_without_a_key(wire: Wire, responses: bool) -> None:
    """Neither the stored key nor that of the environment is sent: the server gets the placeholder."""
    assert ask(wire, responses=responses).headers["authorization"] == "Bearer DUMMY_KEY"


def test_responses_by_way_of_chat(wire: Wire) -> None:
    """The option chat_completions sends no other key either, and the body of Chat Completions."""
    wire.loopback.on(CHAT, sse_reply(chunk("yes")))
    model = endpoint_model(wire.loopback.base_url, "m", responses=True, async_=wire.is_async)
    wire.ask(model, key=None, chat_completions=True)
    request = wire.loopback.requests[0]
    assert (request.path, request.headers["authorization"]) == (CHAT, "Bearer DUMMY_KEY")


@pytest.mark.parametrize("responses", [False, True])
@pytest.mark.parametrize(
    ("given", "sent"), [("mine", "my-stored-key"), ("a-literal-key", "a-literal-key"), ("", "DUMMY_KEY")]
)
def test_key(wire: Wire, given: str, sent: str, responses: bool) -> None:
    """A key that is named is the stored one of that name, else it is the key itself."""
    assert ask(wire, key=given, responses=responses).headers["authorization"] == f"Bearer {sent}"


def test_headers(wire: Wire) -> None:
    """Headers go along, and may replace the one with the key."""
    request = ask(wire, headers={"X-Team": "red", "authorization": "Basic abc"})
    assert (request.headers["x-team"], request.headers["authorization"]) == ("red", "Basic abc")


@pytest.mark.parametrize(("responses", "types"), [(False, IMAGES | SOUND), (True, IMAGES)])
@pytest.mark.parametrize("async_", [False, True])
def test_capabilities(responses: bool, async_: bool, types: set[str]) -> None:
    """Pictures, PDF, schemas and tools for both APIs; sound for Chat Completions only."""
    model = endpoint_model("http://x", "m", responses=responses, async_=async_)
    assert (model.attachment_types, model.supports_schema, model.supports_tools) == (types, True, True)


@pytest.mark.parametrize("responses", [False, True])
def test_options(responses: bool) -> None:
    """Verbosity, effort and the original detail of images are options; the service tier is none."""
    fields = endpoint_model("http://x", "m", responses=responses).Options.model_fields
    assert {"verbosity", "reasoning_effort", "image_detail"} <= set(fields)
    assert "service_tier" not in fields
    made = endpoint_model("http://x", "m", responses=responses).Options(image_detail="original")
    assert made.image_detail.value == "original"
    efforts = [endpoint_model("http://x", "m").Options(reasoning_effort=effort) for effort in EFFORTS]
    assert [made.reasoning_effort.value for made in efforts] == EFFORTS


def test_option_errors() -> None:
    """An unknown option or a bad value is refused before any request."""
    with pytest.raises(ValueError, match="temperature"):
        endpoint_model("http://x", "m").prompt("hi", temperature=3)
    with pytest.raises(ValueError, match="service_tier"):
        endpoint_model("http://x", "m").prompt("hi", service_tier="flex")


def test_raw_server_side_tools(wire: Wire) -> None:
    """A raw specification is passed through by the Responses API."""
    body = ask(wire, responses=True, tools=[ServerSideTool({"type": "own_tool", "x": 1})]).json
    assert body["tools"] == [{"type": "own_tool", "x": 1}]


def test_attachment(wire: Wire) -> None:
    """An image goes along with its detail, as an attachment of any model."""
    body = ask(wire, attachments=[Attachment(type="image/png", content=TINY_PNG)], image_detail="original").json
    image = body["messages"][0]["content"][1]
    assert (image["type"], image["image_url"]["detail"]) == ("image_url", "original")


def test_address_without_path(loopback: Loopback) -> None:
    """The address is used as it is; a slash at its end makes no difference."""
    for url in (loopback.url, loopback.url + "/"):
        loopback.on("/chat/completions", sse_reply(chunk("yes")))
        assert endpoint_model(url, "m").prompt("hi").text() == "yes"


def test_model_ids(loopback: Loopback) -> None:
    """The ids of the list, in its order, asked for with the same rules for key and headers."""
    loopback.on(MODELS, *[json_reply({"object": "list", "data": [{"id": "b"}, {"id": "a"}]})] * 2)
    assert endpoint_model_ids(loopback.base_url) == ["b", "a"]
    assert endpoint_model_ids(loopback.base_url, key="mine", headers={"x-team": "red"}) == ["b", "a"]
    first, second = (request.headers for request in loopback.requests)
    assert first["authorization"] == "Bearer DUMMY_KEY"
    assert (second["authorization"], second["x-team"]) == ("Bearer my-stored-key", "red")


@pytest.mark.parametrize(
    "data", [{"object": "list", "data": []}, {"object": "list", "data": None}, {"object": "list"}, {}]
)
def test_no_model_ids(loopback: Loopback, data: Any) -> None:
    """A server without models gives an empty list."""
    assert endpoint_model_ids(loopback.on(MODELS, json_reply(data)).base_url) == []


def test_odd_model_lists(loopback: Loopback) -> None:
    """A bare list is taken for the list of models; an entry without id is passed over."""
    loopback.on(MODELS, json_reply([{"id": "a"}, {"name": "nobody"}, {"id": None}, {"id": "b"}]))
    assert endpoint_model_ids(loopback.base_url) == ["a", "b"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"message": "no such route", "code": 7}, "no such route"),
        ("just words", "just words"),
        ({"code": 7}, '{"code": 7}'),
        (["ä"], '["ä"]'),
        ({"message": ""}, '{"message": ""}'),
    ],
)
def test_error_in_a_model_list(loopback: Loopback, error: Any, said: str) -> None:
    """A reply with status 200 that reports an error is an error: its message, the text itself, or its JSON."""
    loopback.on(MODELS, json_reply({"error": error, "data": []}))
    with pytest.raises(ModelError) as caught:
        endpoint_model_ids(loopback.base_url)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (error_reply(401, "wrong key"), openai.AuthenticationError, "wrong key"),
        (text_reply("<html>hello</html>"), openai.APIError, "is not a JSON object"),
    ],
)
def test_model_list_failures(loopback: Loopback, reply: Reply, kind: type[Exception], said: str) -> None:
    """A failure is the error that any request would raise."""
    with pytest.raises(kind, match=said):
        endpoint_model_ids(loopback.on(MODELS, reply).base_url)
