"""Models described in `extra-openai-models.yaml`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import llm
from llm.providers.openai import extra_models
from llm.providers.openai.chat import AsyncChat, Chat
from llm.providers.openai.completion import Completion
from llm.providers.openai.responses import AsyncResponses, Responses
from tests.loopback import CHAT, COMPLETIONS, RESPONSES, Loopback, json_reply, sse_reply
from tests.providers.openai.wire import chunk

ENTRY = "- model_id: mine\n  model_name: theirs\n"


@pytest.fixture
def write(user_path: Path) -> Any:
    """Write the file."""

    def write(text: str) -> Path:
        path = user_path / "extra-openai-models.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def found() -> list[extra_models.ExtraModel]:
    return list(extra_models.extra_models())


def test_no_file() -> None:
    """Without the file there are no models of the user."""
    assert found() == []


def test_classes(write: Any) -> None:
    """The API decides about the classes; `completion` wins."""
    write(
        f"{ENTRY}- model_id: r\n  model_name: x\n  responses: 1\n"
        "- model_id: c\n  model_name: x\n  completion: yes\n  responses: true\n"
    )
    chat, responses, completion = found()
    assert (type(chat.model), type(chat.async_model)) == (Chat, AsyncChat)
    assert (type(responses.model), type(responses.async_model)) == (Responses, AsyncResponses)
    assert (type(completion.model), completion.async_model) == (Completion, None)
    assert completion.model.default_max_tokens is None


def test_settings(write: Any) -> None:
    """Settings and flags reach both variants; flags count only when they are exactly true, or exactly false."""
    write(
        ENTRY + "  aliases: [a, b]\n  api_base: http://x/v1\n  headers: {h: v}\n  reasoning: yes please\n"
        "  vision: true\n  audio: 1\n  supports_schema: 'yes'\n  supports_tools: true\n  service_tier: true\n"
        "  can_stream: false\n  api_type: azure\n  api_version: v\n  api_engine: e\n  unknown: 1\n"
    )
    (entry,) = found()
    assert entry.aliases == ["a", "b"]
    for model in (entry.model, entry.async_model):
        assert model is not None
        assert (model.model_id, model.model_name, model.api_base, model.headers) == (
            "mine",
            "theirs",
            "http://x/v1",
            {"h": "v"},
        )
        assert (model.can_stream, model.supports_schema, model.supports_tools, model.api_type) == (
            False,
            False,
            True,
            "azure",
        )
        assert (model.api_version, model.api_engine) == ("v", "e")
        assert "image/png" in model.attachment_types
        assert "audio/wav" not in model.attachment_types
        assert {"reasoning_effort", "service_tier"} <= set(model.Options.model_fields)


@pytest.mark.parametrize(
    ("lines", "needs_key", "variable"),
    [
        ("", "openai", "OPENAI_API_KEY"),
        ("  api_base: http://x\n", None, None),
        ("  api_base: http://x\n  api_key_name: other\n", "other", None),
        ("  api_key_name: other\n", "other", "OPENAI_API_KEY"),
    ],
)
def test_keys(write: Any, lines: str, needs_key: str | None, variable: str | None) -> None:
    """A model of another server never falls back to OpenAI's key."""
    write(ENTRY + lines)
    (entry,) = found()
    for model in (entry.model, entry.async_model):
        assert model is not None
        assert (model.needs_key, model.key_env_var) == (needs_key, variable)


def test_keys_on_the_wire(write: Any, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, user_path: Path) -> None:
    """The named key is sent, a missing one is reported, and a key given for a server without one is sent."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    write(
        f"{ENTRY}  api_base: {loopback.base_url}\n  api_key_name: other\n"
        f"- model_id: open\n  model_name: theirs\n  api_base: {loopback.base_url}\n"
    )
    named, unnamed = found()
    with pytest.raises(llm.NeedsKeyException, match="llm keys set other"):
        named.model.prompt("hi").text()
    (user_path / "keys.json").write_text('{"other": "sk-other"}')
    loopback.on(CHAT, *[sse_reply(chunk("ok"))] * 3)
    named.model.prompt("hi").text()
    unnamed.model.prompt("hi").text()
    unnamed.model.prompt("hi", key="sk-given").text()
    sent = [request.headers["authorization"] for request in loopback.requests]
    assert sent == ["Bearer sk-other", "Bearer DUMMY_KEY", "Bearer sk-given"]


def test_bodies(write: Any, loopback: Loopback) -> None:
    """An entry without options sends only what has to be sent."""
    base = f"  api_base: {loopback.base_url}\n"
    write(f"{ENTRY}{base}{ENTRY}{base}  completion: true\n{ENTRY}{base}  responses: true\n")
    loopback.on(CHAT, json_reply({"choices": [{"message": {"content": "ok"}}]}))
    loopback.on(COMPLETIONS, json_reply({"choices": [{"text": "ok"}]}))
    loopback.on(RESPONSES, json_reply({"output": [], "status": "completed"}))
    for entry in found():
        entry.model.prompt("hi", stream=False).text()
    chat, completion, responses = loopback.bodies
    assert chat == {"model": "theirs", "messages": [{"role": "user", "content": "hi"}], "stream": False}
    assert completion == {"model": "theirs", "prompt": "hi", "stream": False}
    expected = {"model": "theirs", "input": [{"role": "user", "content": "hi"}], "stream": False, "store": False}
    assert responses == expected


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("- model_id: x\n", "model_name is missing"),
        ("- model_name: x\n", "model_id is missing"),
        ("- just text\n", "mapping"),
        ("- model_id: 4.5\n  model_name: x\n", "model_id"),
        ("- model_id: x\n  model_name: y\n  aliases: [4]\n", "aliases"),
        ("- model_id: x\n  model_name: y\n  aliases: one\n", "aliases"),
        ("- model_id: x\n  model_name: y\n  headers: [a]\n", "headers"),
    ],
)
def test_bad_entry(write: Any, entry: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An entry that cannot be used is named on stderr with the reason, and costs no other model."""
    path = write(ENTRY + entry + "- model_id: last\n  model_name: z\n")
    assert [entry.model.model_id for entry in found()] == ["mine", "last"]
    shown = capsys.readouterr().err
    assert f"{path}: entry 2" in shown
    assert reason in shown
    assert found()
    assert capsys.readouterr().err in {"", shown}


def test_bad_headers_are_not_shown(write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in the place of headers may hold a key, so the reason does not repeat it."""
    write('- model_id: a\n  model_name: b\n  headers: "Authorization: Bearer sk-secret"\n')
    assert found() == []
    shown = capsys.readouterr().err
    assert "headers has to be a mapping, not str" in shown
    assert "sk-secret" not in shown


@pytest.mark.parametrize("text", ["", "a: 1\n", "text", "- [", "- model_id: &x *y\n", "\x00"])
def test_bad_file(write: Any, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that holds no list is named on stderr, and costs no built-in model."""
    path = write(text)
    assert found() == []
    assert str(path) in capsys.readouterr().err
    assert llm.get_model("gpt-4o").model_id == "gpt-4o"


def test_file_that_is_not_text(user_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes that are no UTF-8, and a directory of that name, are reported likewise."""
    path = user_path / "extra-openai-models.yaml"
    path.write_bytes(b"- \xff\xfe")
    assert found() == []
    path.unlink()
    path.mkdir()
    assert found() == []
    assert capsys.readouterr().err.count(str(path)) == 2


def test_file_is_read_once(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is parsed again only when it has changed; models are made anew each time."""
    import yaml

    parsed: list[Any] = []
    load = yaml.safe_load

    def counted(file: Any) -> Any:
        parsed.append(file)
        return load(file)

    monkeypatch.setattr(yaml, "safe_load", counted)
    path = write(ENTRY)
    first, second = found()[0].model, found()[0].model
    assert (len(parsed), first is second) == (1, False)
    path.write_text(ENTRY.replace("mine", "other"))
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))
    assert (found()[0].model.model_id, len(parsed)) == ("other", 2)


def test_registered_after_the_built_in_models(write: Any) -> None:
    """The user's models follow OpenAI's, with their aliases; a completion model has no async variant."""
    write(f"{ENTRY}  aliases: [m]\n- model_id: c\n  model_name: x\n  completion: true\n")
    ids = [model.model_id for model in llm.get_models()]
    last = ids.index("gpt-3.5-turbo-instruct")
    assert ids[last + 1 : last + 3] == ["mine", "c"]
    assert str(llm.get_model("m")) == "OpenAI Chat: mine"
    with pytest.raises(llm.UnknownModelError):
        llm.get_async_model("c")


@pytest.mark.parametrize("kind", ["", "  responses: true\n", "  completion: true\n"])
def test_limits(write: Any, kind: str) -> None:
    """timeout and max_retries reach both variants; the limit for connecting is only ever shortened."""
    write(f"{ENTRY}{kind}  timeout: 900\n  max_retries: 7\n")
    for model in found()[0][:2]:
        if model is not None:
            client = model.get_client("k", async_=isinstance(model, (AsyncChat, AsyncResponses)))
            assert client.timeout.as_dict() == {"connect": 5.0, "read": 900.0, "write": 900.0, "pool": 900.0}
            assert client.max_retries == 7


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("timeout: 0", "a positive number of seconds, not 0"),
        ("timeout: -1.5", "a positive number of seconds, not -1.5"),
        ("timeout: .inf", "a positive number of seconds, not inf"),
        ("timeout: 30s", "a positive number of seconds, not '30s'"),
        ("timeout: true", "a positive number of seconds, not True"),
        ("max_retries: -1", "a whole number, 0 or more, not -1"),
        ("max_retries: 1.5", "a whole number, 0 or more, not 1.5"),
        ("max_retries: true", "a whole number, 0 or more, not True"),
    ],
)
def test_bad_limits(write: Any, capsys: pytest.CaptureFixture[str], line: str, wanted: str) -> None:
    """A limit that is none is reported, and its entry left out."""
    path = write(f"{ENTRY}  {line}\n- model_id: good\n  model_name: good\n")
    assert [entry.model.model_id for entry in found()] == ["good"]
    name = line.partition(":")[0]
    assert capsys.readouterr().err == f"{path}: entry 1 is left out: {name} has to be {wanted}\n"


@pytest.mark.parametrize("value", ["1", "'yes'", "0"])
def test_exact_values(write: Any, value: str) -> None:
    """Where exactly `true`, or exactly `false`, is asked for, any other value counts as not given."""
    flags = ("vision", "audio", "supports_schema", "supports_tools", "service_tier")
    lines = [f"  {name}: {value}\n" for name in (*flags, "can_stream")]
    write(ENTRY + "".join(lines) + ENTRY + "".join(f"  {name}: true\n" for name in flags))
    other, exact = (entry.model for entry in found())
    assert (other.attachment_types, other.supports_schema, other.supports_tools, other.can_stream) == (
        set(),
        False,
        False,
        True,
    )
    assert "service_tier" not in other.Options.model_fields
    assert {"image/png", "audio/wav"} <= set(exact.attachment_types)
    assert (exact.supports_schema, exact.supports_tools) == (True, True)
    assert "service_tier" in exact.Options.model_fields


def test_settings_for_subclasses(write: Any) -> None:
    """Version and engine are stored on the model, for subclasses that make clients of their own."""
    write(ENTRY + "  api_type: azure\n  api_version: v1\n  api_engine: e\n")
    for model in found()[0][:2]:
        assert (model.api_type, model.api_version, model.api_engine) == ("azure", "v1", "e")  # type: ignore[union-attr]


def test_reasoning_of_an_entry(write: Any, loopback: Loopback) -> None:
    """With `responses` and `reasoning`, summaries and the encrypted reasoning are asked for."""
    write(f"{ENTRY}  api_base: {loopback.base_url}\n  responses: true\n  reasoning: true\n")
    loopback.on(RESPONSES, json_reply({"output": [], "status": "completed"}))
    found()[0].model.prompt("hi", stream=False).text()
    body = loopback.bodies[0]
    assert (body["reasoning"], body["include"]) == ({"summary": "auto"}, ["reasoning.encrypted_content"])


def test_streamed_bodies(write: Any, loopback: Loopback) -> None:
    """Streaming adds the request for token counts where the API has one, and no limit of tokens."""
    base = f"  api_base: {loopback.base_url}\n"
    write(f"{ENTRY}{base}{ENTRY}{base}  completion: true\n")
    loopback.on(CHAT, sse_reply(chunk("ok"))).on(COMPLETIONS, sse_reply({"choices": [{"text": "ok"}]}))
    for entry in found():
        assert entry.model.prompt("hi").text() == "ok"
    chat, completion = loopback.bodies
    streamed = {"model": "theirs", "stream": True, "stream_options": {"include_usage": True}}
    assert chat == {**streamed, "messages": [{"role": "user", "content": "hi"}]}
    assert completion == {**streamed, "prompt": "hi"}
