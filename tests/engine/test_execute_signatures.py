"""How `execute` is called, whatever a plugin has made of it: fewer parameters, replaced functions, mocks."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock, create_autospec, patch

import pytest

import llm
from llm.engine.calling import accepted, is_coroutine_function
from tests.engine.faces import AsyncFace, BlockingFace, Face
from tests.engine.script import ScriptedKeyModel, ScriptedModel


def answer(face: Face, function: Any) -> Any:
    """Make an `execute` of a plain function that returns the chunks: an async generator on the async face."""
    if not face.is_async:
        return function

    async def execute(*arguments: Any, **named: Any) -> Any:
        for chunk in function(*arguments, **named):
            yield chunk

    execute.__signature__ = __import__("inspect").signature(function)  # type: ignore[attr-defined]
    execute.__wrapped__ = function  # type: ignore[attr-defined]
    return execute


def test_prompt_by_position_the_rest_by_keyword(face: Face) -> None:
    """The call is `execute(prompt, stream=, response=, conversation=)`, for key models `key=` as well."""
    seen: list[Any] = []

    def execute(*arguments: Any, **named: Any) -> list[str]:
        seen.append((arguments, named))
        return ["a"]

    for make, keys in ((face.model, {}), (face.key_model, {"key": "k"})):
        model = make(execute=answer(face, execute))
        conversation = model.conversation()
        response = conversation.prompt("x", stream=False, key="k")
        assert face.text(response) == "a"
        assert seen.pop() == (
            (response.prompt,),
            {"stream": False, "response": response, "conversation": conversation, **keys},
        )


@pytest.mark.parametrize(
    "function",
    [
        lambda prompt: ["a"],
        lambda prompt, stream: ["a"],
        lambda prompt, stream, response: ["a"],
        lambda prompt, stream, response, conversation=None: ["a"],
        lambda prompt, *, response: ["a"],
        lambda prompt, stream, response, conversation, key="default": ["a"],
        lambda prompt, **kwargs: ["a"] if {"stream", "response", "conversation"} <= kwargs.keys() else [],
    ],
)
def test_only_what_execute_accepts(face: Face, function: Any) -> None:
    """Only the keywords that `execute` accepts are passed; all of them if it has `**kwargs`."""
    assert face.text(face.model(execute=answer(face, function)).prompt("x")) == "a"
    assert face.text(face.key_model(execute=answer(face, function)).prompt("x", key="k")) == "a"


def test_key_only_where_it_is_asked_for(face: Face) -> None:
    """A model without key gets no `key`, even if its execute() would take one; a default stays."""
    model = face.model(execute=answer(face, lambda prompt, stream, response, conversation=None, key="default": [key]))
    assert face.text(model.prompt("x", key="k")) == "default"


def test_execute_defined_without_conversation() -> None:
    """A published example defines `execute(self, prompt, stream, response)`: that works."""

    class Markov(llm.Model):
        model_id = "markov"

        def execute(self, prompt, stream, response):  # type: ignore[no-untyped-def, override]
            return ["hello ", prompt.prompt]

    assert Markov().prompt("world").text() == "hello world"
    assert Markov().conversation().prompt("world").text() == "hello world"


def test_execute_replaced_on_the_instance(face: Face) -> None:
    """A plain function without `self`, put on the instance, is used, also after earlier calls."""
    model = face.model(["a"])
    assert face.text(model.prompt("x")) == "a"
    model.execute = answer(face, lambda prompt, stream: ["replaced"])
    assert face.text(model.prompt("x")) == "replaced"
    del model.execute
    assert len(model.script.calls) == 1


def test_execute_replaced_on_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """`execute` is looked up at the call: one put on the class counts, and no signature is remembered."""
    model = ScriptedModel(["a"])
    response = model.prompt("x")

    def replaced(self: Any, prompt: Any, response: Any) -> list[str]:
        return ["replaced"]

    monkeypatch.setattr(ScriptedModel, "execute", replaced)
    assert response.text() == "replaced"
    monkeypatch.undo()
    assert model.prompt("x").text() == "a"


@pytest.mark.parametrize("kind", [Mock, MagicMock])
def test_mocks(kind: Any) -> None:
    """A mock takes everything; it returns an iterator, on the instance and on the class."""
    model = ScriptedKeyModel(["a"])
    execute = kind(return_value=iter(["m", "ock"]))
    model.execute = execute  # type: ignore[method-assign]
    response = model.prompt("x", key="k")
    assert response.text() == "mock"
    execute.assert_called_once_with(response.prompt, stream=True, response=response, conversation=None, key="k")
    with patch.object(ScriptedModel, "execute", kind(return_value=iter(["class"]))) as mock:
        response = ScriptedModel().prompt("x")
        assert response.text() == "class"
        mock.assert_called_once_with(response.prompt, stream=True, response=response, conversation=None)
    with patch.object(ScriptedModel, "execute", autospec=True, return_value=["spec"]) as mock:
        model_with_spec = ScriptedModel()
        response = model_with_spec.prompt("x")
        assert response.text() == "spec"
        mock.assert_called_once_with(
            model_with_spec, response.prompt, stream=True, response=response, conversation=None
        )


def test_async_mocks(on_loop: AsyncFace) -> None:
    """An async `execute` may be a mock that returns an async iterator, or a coroutine that returns an iterable."""

    async def chunks() -> Any:
        yield "mock"

    model = on_loop.model()
    model.execute = Mock(return_value=chunks())
    assert on_loop.text(model.prompt("x")) == "mock"
    model.execute = AsyncMock(return_value=["a", "b"])
    assert on_loop.text(model.prompt("x")) == "ab"
    model.execute = MagicMock()
    model.execute.return_value.__aiter__.return_value = ["c"]
    assert on_loop.text(model.prompt("x")) == "c"


def test_decorated_execute(face: Face) -> None:
    """A decorator that keeps the signature is seen through."""

    def decorated(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*arguments: Any, **named: Any) -> Any:
            return function(*arguments, **named)

        return wrapper

    assert face.text(face.model(execute=decorated(answer(face, lambda prompt, response: ["a"]))).prompt("x")) == "a"


def test_partial_and_callable_objects(face: Face) -> None:
    """`execute` may be a partial or an object with `__call__`."""

    async def chunks(text: str, prompt: Any) -> Any:
        yield text

    class Execute:
        def __call__(self, prompt: Any, response: Any) -> Any:
            return chunks("object", prompt) if face.is_async else ["object"]

    partial = functools.partial(chunks if face.is_async else lambda text, prompt: [text], "partial")
    assert face.text(face.model(execute=Execute()).prompt("x")) == "object"
    assert face.text(face.model(execute=partial).prompt("x")) == "partial"


def test_delegating_to_another_model(face: Face) -> None:
    """Plugins call another model's `execute` themselves, fully by position, with the response they were given."""
    inner = face.key_model(["inner"])
    outer = face.model()
    outer.execute = answer(
        face,
        lambda prompt, stream, response, conversation: (
            [] if face.is_async else inner.execute(prompt, stream, response, conversation, "k")
        ),
    )
    if face.is_async:

        async def execute(prompt: Any, stream: bool, response: Any, conversation: Any) -> Any:
            async for chunk in inner.execute(prompt, stream, response, conversation, "k"):
                yield chunk

        outer.execute = execute
    response = outer.prompt("x")
    assert face.text(response) == "inner"
    assert inner.script.calls[0].response is response


def test_a_blocking_model_with_an_async_response(on_loop: AsyncFace) -> None:
    """An async model may run a blocking one with its own response: what execute() calls on it are plain methods."""

    def fill(response: Any) -> None:
        response.set_usage(input=1)
        response.set_resolved_model("m")
        response.response_json = {}
        response._prompt_json = {}

    inner = BlockingFace().model([fill, llm.ToolCall("t", {}, "i"), "a"])

    class Wrapped(llm.AsyncModel):
        model_id = "wrapped"
        supports_tools = True

        async def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Any:
            for chunk in inner.execute(prompt, stream, response, conversation):
                yield chunk

    response = Wrapped().prompt("x", tools=[llm.Tool("t")])
    assert on_loop.text(response) == "a"
    assert (response.input_tokens, response.resolved_model, len(response._tool_calls)) == (1, "m", 1)


def test_which_names_a_function_takes() -> None:
    """Positional-only names are not taken as keywords; what cannot be looked into is offered everything."""

    def positional_only(a: int, b: int, /, c: int, *, d: int) -> Iterator[str]:
        e = a
        yield str(e)

    assert accepted(positional_only, ["a", "b", "c", "d", "e"]) == ["c", "d"]
    assert accepted(create_autospec(positional_only), ["a", "c", "d", "e"]) == ["c", "d"]
    assert accepted(type.__call__, ["a"]) == ["a"]
    assert accepted(Mock(), ["a", "b"]) == ["a", "b"]


def test_coroutine_functions_are_recognised() -> None:
    """A coroutine function is recognised behind methods, partials and callable objects; None is none."""

    class Thing:
        async def method(self) -> None:
            """Do nothing."""

        async def __call__(self) -> None:
            """Do nothing."""

    assert is_coroutine_function(Thing().method)
    assert is_coroutine_function(functools.partial(Thing.method, Thing()))
    assert is_coroutine_function(Thing())
    assert not is_coroutine_function(len)
    assert not is_coroutine_function(Thing)
    assert not is_coroutine_function(None)
