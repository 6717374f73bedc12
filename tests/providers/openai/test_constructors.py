"""What models are before they are asked anything: classes, attributes, and the settings plugins make on them."""

from __future__ import annotations

from typing import Any

import pytest

from llm.default_plugins.openai_models import (
    AsyncChat,
    AsyncResponses,
    Chat,
    Completion,
    Responses,
    _Shared,
    _SharedResponses,
)
from llm.engine.model import AsyncKeyModel, KeyModel
from llm.registry.keys import set_key
from tests.loopback import CHAT, Loopback, sse_reply
from tests.providers.openai.test_helpers import ORDER
from tests.providers.openai.wire import chunk

CONCRETE: list[Any] = [Chat, AsyncChat, Responses, AsyncResponses, Completion]
FLAGS = ("audio", "reasoning", "verbosity", "image_detail_original", "service_tier")


def test_bases() -> None:
    """Models combine the shared base with that of models with keys, blocking or async; Completion is a Chat."""
    for kind, bases in {
        Chat: (_Shared, KeyModel),
        AsyncChat: (_Shared, AsyncKeyModel),
        Responses: (_SharedResponses, KeyModel),
        AsyncResponses: (_SharedResponses, AsyncKeyModel),
        Completion: (Chat,),
        _SharedResponses: (_Shared,),
    }.items():
        assert kind.__bases__ == bases


@pytest.mark.parametrize("kind", CONCRETE)
def test_class_attributes(kind: Any) -> None:
    """Each class says itself which key it needs, that it has no limit of tokens, and what options it has."""
    assert (kind.needs_key, kind.key_env_var, kind.default_max_tokens) == ("openai", "OPENAI_API_KEY", None)
    assert "temperature" in kind.Options.model_fields


@pytest.mark.parametrize("kind", CONCRETE)
def test_instance_attributes(kind: Any) -> None:
    """Every parameter is an attribute of its name, but the flags that became attachment types and options."""
    flags = dict.fromkeys((*FLAGS, "vision", "supports_schema", "supports_tools"), True)
    model = kind("m", **flags)
    assert [name for name in ORDER if not hasattr(model, name)] == list(FLAGS)
    assert isinstance(model.attachment_types, set)
    assert {"audio/wav", "audio/mpeg", "image/gif"} <= model.attachment_types
    assert {"reasoning_effort", "verbosity", "service_tier"} <= set(model.Options.model_fields)


@pytest.mark.parametrize("kind", [Chat, AsyncChat, Responses, AsyncResponses])
def test_key_of_a_class(kind: Any) -> None:
    """A key on a subclass is that of its instances, unless the constructor is given one."""

    class Own(kind):  # type: ignore[misc]
        key = "sk-class"

    assert [Own("m").key, Own("m", "sk-given").key, kind("m").key] == ["sk-class", "sk-given", None]


def test_address_alone_changes_no_key(loopback: Loopback) -> None:
    """Plugins rely on it: a model made with `api_base` still needs the key that its class names, and sends it."""
    set_key("openai", "sk-stored")
    model = Chat("m", api_base=loopback.on(CHAT, sse_reply(chunk("ok"))).base_url)
    assert model.needs_key == "openai"
    assert model.prompt("hi").text() == "ok"
    assert loopback.requests[0].headers["authorization"] == "Bearer sk-stored"


def test_settings_made_while_executing(loopback: Loopback) -> None:
    """A plugin may set address and key as late as in `execute`, and call the base with the least arguments."""

    class Own(Chat):
        def execute(self, prompt: Any, stream: bool, response: Any, *_: Any, **__: Any) -> Any:
            self.api_base, self.needs_key = loopback.base_url, None
            yield from super().execute(prompt, stream, response)

    loopback.on(CHAT, sse_reply(chunk("ok")))
    assert Own("m").prompt("hi", key="sk-openai").text() == "ok"
    assert loopback.requests[0].headers["authorization"] == "Bearer DUMMY_KEY"


def test_arguments_for_the_sibling() -> None:
    """The sibling of a Responses model is made of every parameter of Chat but `audio`."""
    assert set(Responses("m")._delegate_chat_kwargs()) == set(ORDER) - {"audio"}
