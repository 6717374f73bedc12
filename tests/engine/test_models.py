"""The base classes of models: attributes, names, what prompt() checks at once."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

import llm
from llm.core.messages import user
from tests.engine.faces import Face
from tests.engine.script import Settings

PICTURE = llm.Attachment(type="image/png", content=b"x")
SOUND = llm.Attachment(type="audio/wav", content=b"x")
BASES: list[Any] = [llm.Model, llm.KeyModel, llm.AsyncModel, llm.AsyncKeyModel]


@pytest.mark.parametrize("base", BASES)
def test_attributes(base: Any) -> None:
    """Every base has these attributes on the class, so that no constructor has to be called."""
    assert (base.can_stream, base.supports_schema, base.supports_tools, base.supports_conversation) == (
        False, False, False, True,
    )  # fmt: skip
    assert (base.needs_key, base.key_env_var, base.key) == (None, None, None)
    assert base.attachment_types == frozenset()
    assert not hasattr(base, "model_id")
    assert not hasattr(base, "json_replacements")
    assert isinstance(base.supported_server_side_tools, property)
    assert base.__module__ == "llm.models"


@pytest.mark.parametrize("base", BASES)
def test_bases_are_abstract(base: Any) -> None:
    """A subclass without `execute` cannot be instantiated."""

    class Without(base):  # type: ignore[misc]
        model_id = "x"

    with pytest.raises(TypeError, match="execute"):
        Without()


def test_families() -> None:
    """`KeyModel` is no `Model`, `AsyncKeyModel` no `AsyncModel`; both pairs share a private base."""
    from llm.models import _AsyncModel, _BaseModel, _Model

    assert not issubclass(llm.KeyModel, llm.Model)
    assert not issubclass(llm.AsyncKeyModel, llm.AsyncModel)
    assert issubclass(llm.Model, _Model)
    assert issubclass(llm.KeyModel, _Model)
    assert issubclass(llm.AsyncModel, _AsyncModel)
    assert issubclass(llm.AsyncKeyModel, _AsyncModel)
    assert issubclass(_Model, _BaseModel)
    assert issubclass(_AsyncModel, _BaseModel)


def test_names(face: Face) -> None:
    """`str(model)` is `CLASSNAME: ID`, with `(async)` for async classes; `repr` wraps it; it may be overridden."""
    model = face.model()
    name = "AsyncScriptedModel (async): scripted" if face.is_async else "ScriptedModel: scripted"
    assert (str(model), repr(model)) == (name, f"<{name}>")

    class Named(type(model)):  # type: ignore[misc]
        def __str__(self) -> str:
            return "Provider: x"

    assert repr(Named()) == "<Provider: x>"


def test_signature_of_prompt(face: Face) -> None:
    """prompt() takes the text by position and these keywords; chain() adds hooks and key, and no loose keywords."""
    model = face.model()
    prompt = inspect.signature(model.prompt).parameters
    assert next(iter(prompt)) == "prompt"
    assert {name for name, one in prompt.items() if one.kind is one.KEYWORD_ONLY} == {
        "fragments", "attachments", "system", "system_fragments", "messages", "stream", "schema", "tools",
        "tool_results", "options", "hide_reasoning",
    }  # fmt: skip
    chain = inspect.signature(model.chain).parameters
    assert {name for name, one in chain.items() if one.kind is one.KEYWORD_ONLY} == {
        "fragments", "attachments", "system", "system_fragments", "messages", "stream", "schema", "tools",
        "tool_results", "options", "hide_reasoning", "before_call", "after_call", "key",
    }  # fmt: skip


def test_prompt_makes_a_response(face: Face) -> None:
    """prompt() returns a response of the right kind, not a coroutine, without a conversation."""
    response = face.model().prompt("x")
    assert type(response) is face.response_class
    assert (response.conversation, response.stream, response.before_call, response.after_call) == (
        None,
        True,
        None,
        None,
    )


def test_attachments_are_checked_at_once(face: Face) -> None:
    """Attachments given to a model without attachment types, or of another type, raise `ValueError`, which says so."""
    for ask in ("prompt", "chain"):
        with pytest.raises(ValueError, match=r"scripted.*attachments"):
            getattr(face.model(attachment_types=()), ask)("x", attachments=[PICTURE])
        with pytest.raises(ValueError, match=r"audio/wav.*image/png"):
            getattr(face.model(), ask)("x", attachments=[PICTURE, SOUND])
    assert face.model().prompt("x", attachments=iter([PICTURE])).prompt.attachments == [PICTURE]


@pytest.mark.parametrize("kinds", [{"audio/wav"}, frozenset({"audio/wav"}), ("audio/wav",), ["audio/wav"]])
def test_attachment_types_are_any_container(face: Face, kinds: Collection[str]) -> None:
    """`attachment_types` may be any container of strings."""
    assert face.text(face.model(["a"], attachment_types=kinds).prompt("x", attachments=[SOUND])) == "a"


def test_attachments_in_messages_are_not_checked(face: Face) -> None:
    """Only `attachments=` is checked, not attachments inside `messages=`."""
    model = face.model(["a"], attachment_types=())
    assert face.text(model.prompt(messages=[user(SOUND)])) == "a"


def test_validating_attachments_directly(face: Face) -> None:
    """`_validate_attachments()` is that check."""
    model = face.model()
    model._validate_attachments([])
    model._validate_attachments(None)
    model._validate_attachments([PICTURE])
    with pytest.raises(ValueError, match="audio/wav"):
        model._validate_attachments([SOUND])


def test_schemas_are_checked_at_once(face: Face) -> None:
    """A schema for a model without `supports_schema` raises `ValueError`; an empty one does not count."""
    model = face.model(supports_schema=False)
    with pytest.raises(ValueError, match=r"scripted.*schema"):
        model.prompt("x", schema={"type": "object"})
    assert model.prompt("x", schema={}).prompt.schema == {}


def test_tools_are_checked_at_once(face: Face) -> None:
    """Function tools for a model without `supports_tools` raise `ValueError`; no tools do not."""
    model = face.model(supports_tools=False)
    with pytest.raises(ValueError, match=r"scripted.*does not support tools"):
        model.prompt("x", tools=[llm.Tool("t")])
    assert model.prompt("x", tools=[]).prompt.tools == []


class Search(llm.ServerSideTool):
    """Search the web."""

    name = "search"


def test_server_side_tools_are_checked_at_once(face: Face) -> None:
    """An unaccepted server-side tool raises `ValueError` with a fixed text; `supports_tools` does not matter."""

    class WithSearch(type(face.model())):  # type: ignore[misc]
        supported_server_side_tools = (Search,)
        supports_tools = False

    with pytest.raises(ValueError) as caught:
        face.model().prompt("x", tools=[Search()])
    assert str(caught.value) == (
        "Model 'scripted' does not support server-side tool 'search'. Run: llm tools -m scripted"
    )
    assert WithSearch(["a"]).prompt("x", tools=[Search()]).prompt.tools[0].name == "search"
    with pytest.raises(ValueError, match="does not support server-side tool 'server_side_tool'"):
        WithSearch().prompt("x", tools=[llm.ServerSideTool({})])
    with pytest.raises(ValueError, match="does not support tools"):
        WithSearch().prompt("x", tools=[Search(), llm.Tool("t")])


def test_supported_server_side_tools_per_instance(face: Face) -> None:
    """`supported_server_side_tools` is a property that a model evaluates per instance."""

    class Sometimes(type(face.model())):  # type: ignore[misc]
        @property
        def supported_server_side_tools(self) -> Any:
            return (Search,) if self.model_id == "with" else ()

    Sometimes(model_id="with").prompt("x", tools=[Search()])
    with pytest.raises(ValueError, match="server-side"):
        Sometimes(model_id="without").prompt("x", tools=[Search()])


def test_order_of_the_checks(face: Face) -> None:
    """Options first, then attachments, then schema, conversation, server-side tools, function tools."""
    asked: dict[str, Any] = {
        "temperature": 1,
        "attachments": [SOUND],
        "schema": {"type": "object"},
        "messages": [llm.assistant("x")],
        "tools": [Search(), llm.Tool("t")],
    }
    model = face.model(supports_schema=False, supports_conversation=False, supports_tools=False)
    for name, message in [
        ("temperature", "extra_forbidden|Extra inputs"),
        ("attachments", "audio/wav"),
        ("schema", "schema"),
        ("messages", "conversation"),
        ("tools", "server-side"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.prompt("x", **asked)
        del asked[name]
    assert asked == {}


def test_checks_of_a_response_made_by_hand(face: Face) -> None:
    """The last four checks belong to the constructor of the response."""
    model = face.model(supports_schema=False)
    with pytest.raises(ValueError, match="schema"):
        face.response_class(llm.Prompt("x", model, schema={"type": "object"}), model, True)


def test_the_core_asks_server_side_tools_nothing(face: Face) -> None:
    """`tool_spec()` and `prepare_request()` are for adapters: neither is called by the core."""

    class Untouchable(llm.ServerSideTool):
        def tool_spec(self, model: Any) -> Any:
            raise AssertionError("tool_spec() was called")

        def prepare_request(self, model: Any, kwargs: Any) -> None:
            raise AssertionError("prepare_request() was called")

    class Accepting(type(face.model())):  # type: ignore[misc]
        supported_server_side_tools = (Untouchable,)

    chain = Accepting(["a", llm.ToolCall("server_side_tool", {}, "i")], ["b"]).chain("x", tools=[Untouchable()])
    assert face.text(chain) == "a b"
    assert [response.turn_record().id for response in chain._responses] == [one.id for one in chain._responses]


def test_chains_come_from_the_models_conversation(face: Face) -> None:
    """`model.chain()` is exactly `model.conversation().chain()`: a plugin's own conversation() counts."""

    class Owner(type(face.model())):  # type: ignore[misc]
        def conversation(self, *arguments: Any, **named: Any) -> Any:
            made = super().conversation(*arguments, **named)
            made.name = "of the plugin"
            return made

    chain = Owner(["a"]).chain("x")
    assert chain.conversation.name == "of the plugin"
    assert face.text(chain) == "a"


def test_settings_of_the_command_line_do_not_count(
    face: Face, user_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs get neither the options stored for a model nor the model of `LLM_MODEL`: these are the command's."""
    (user_path / "model_options.json").write_text('{"scripted": {"temperature": 1}, "gpt-4o": {"temperature": 1}}')
    monkeypatch.setenv("LLM_MODEL", "no-such-model")
    assert face.model(Options=Settings).prompt("x").prompt.options.temperature is None
    assert llm.get_default_model() == llm.get_model().model_id == llm.DEFAULT_MODEL


def test_hidden_reasoning_is_recorded(face: Face) -> None:
    """`hide_reasoning` is for adapters and displays: reasoning that a model yields all the same is recorded."""
    response = face.done(face.model([llm.parts.StreamEvent("reasoning", "r"), "a"]).prompt("x", hide_reasoning=True))
    assert response.prompt.hide_reasoning is True
    assert face.messages(response) == [llm.assistant(llm.parts.ReasoningPart("r"), "a")]
    assert [event.type for event in face.events(response)] == ["reasoning", "text"]
