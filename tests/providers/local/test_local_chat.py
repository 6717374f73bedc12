"""The local models through the library, with a stand-in for llama.cpp."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

import llm
from llm.core.errors import MissingExtraError, ModelError
from llm.providers.local import catalog, weights
from llm.providers.local.catalog import EMBEDDED, LocalModel
from tests.providers.local.scripted import ScriptedLlamaCpp, answer

PATIENCE = 30

Run = Callable[..., Any]


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The weights of the embedded model need no fetching."""
    file = tmp_path / "weights.gguf"
    file.write_bytes(b"GGUF")
    monkeypatch.setattr("llm.providers.local.supply.ready", lambda model: model.file or file)
    return file


@pytest.fixture(params=["blocking", "async"])
def run(request: pytest.FixtureRequest, there: Path, llama_cpp: ScriptedLlamaCpp) -> Run:
    """Prompt `smollm2` through one of the two faces; returns the finished response."""

    def blocking(*arguments: Any, name: str = "smollm2", **keywords: Any) -> Any:
        response = llm.get_model(name).prompt(*arguments, **keywords)
        response.text()
        return response

    def awaited(*arguments: Any, name: str = "smollm2", **keywords: Any) -> Any:
        async def wait() -> Any:
            return await (await llm.get_async_model(name).prompt(*arguments, **keywords)).to_sync_response()

        return asyncio.run(wait())

    return blocking if request.param == "blocking" else awaited


def test_registered() -> None:
    """`smollm2` is there in both flavours, also as `local`, and shows itself as `Local: smollm2`."""
    for model in (llm.get_model("smollm2"), llm.get_async_model("local")):
        assert model.model_id == "smollm2"
        assert str(model) == "Local: smollm2"
        assert (model.can_stream, model.supports_schema, model.supports_tools) == (True, True, False)


def test_answer(run: Run, llama_cpp: ScriptedLlamaCpp) -> None:
    """The answer, its usage and what is logged of it come from the stream."""
    response = run("hi", system="Be brief.")
    assert response.text() == "Hello"
    assert (response.usage().input, response.usage().output) == (7, 3)
    assert response.json()["finish_reason"] == "stop"
    (request,) = llama_cpp.requests
    assert request["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]


def test_streaming(run: Run) -> None:
    """With streaming the pieces are handed on as they come, without it in one."""
    assert list(run("hi")) == ["Hel", "lo"]
    assert list(run("hi", stream=False)) == ["Hello"]


def test_options(run: Run, llama_cpp: ScriptedLlamaCpp) -> None:
    """All four options reach llama.cpp; where none is given, the model's defaults stand."""
    run("hi", options={"temperature": "0.5", "top_p": 0.3, "max_tokens": 9, "seed": 4})
    run("hi")
    first, second = llama_cpp.requests
    assert (first["temperature"], first["top_p"], first["max_tokens"], first["seed"]) == (0.5, 0.3, 9, 4)
    assert EMBEDDED.defaults.items() <= second.items()
    assert "seed" not in second


@pytest.mark.parametrize("bad", [{"temperature": -1}, {"top_p": 2}, {"max_tokens": 0}, {"seed": -1}, {"other": 1}])
def test_bad_options(bad: dict[str, Any]) -> None:
    """Options out of range and unknown ones are refused before anything runs."""
    with pytest.raises(ValidationError):
        llm.get_model("smollm2").prompt("hi", options=bad)


def test_schema_that_was_cut_off(run: Run, llama_cpp: ScriptedLlamaCpp) -> None:
    """JSON that is not complete is an error, not an answer."""
    llama_cpp.chunks = answer('{"name"', reason="length")
    with pytest.raises(ModelError, match="JSON"):
        run("hi", schema={"type": "object"})


def test_conversation(run: Run, there: Path, llama_cpp: ScriptedLlamaCpp) -> None:
    """A second prompt carries the first and its answer."""
    run("Second", messages=[llm.user("First"), llm.assistant("Hello")])
    assert [message["content"] for message in llama_cpp.requests[0]["messages"]] == ["First", "Hello", "Second"]


def test_added_model(run: Run, there: Path, llama_cpp: ScriptedLlamaCpp) -> None:
    """An added model runs its own file with its own context, and has no defaults that suit another model."""
    catalog.add("mine", there, context=1024)
    assert run("hi", name="mine").text() == "Hello"
    (params,) = llama_cpp.loaded
    assert (params.model.path, params.n_ctx, params.fit_params) == (str(there), 1024, True)
    assert "temperature" not in llama_cpp.requests[0]


def test_stopping_early(there: Path, llama_cpp: ScriptedLlamaCpp) -> None:
    """When the consumer of a stream goes away, generation stops."""
    llama_cpp.endless = True
    with closing(cast("Generator[Any, None, None]", llm.get_model("smollm2").prompt("hi").stream_events())) as events:
        next(events)
    assert llama_cpp.stopped.wait(PATIENCE)


def test_stopping_early_async(there: Path, llama_cpp: ScriptedLlamaCpp) -> None:
    """So it does in async code."""
    llama_cpp.endless = True

    async def take_one() -> None:
        events = llm.get_async_model("smollm2").prompt("hi").astream_events()
        await events.__anext__()
        await events.aclose()

    asyncio.run(take_one())
    assert llama_cpp.stopped.wait(PATIENCE)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional part the model is registered and says how to get it when run, before any download."""
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    monkeypatch.setattr("llm.providers.local.supply.ready", lambda model: pytest.fail("weights were asked for"))
    model = llm.get_model("smollm2")
    assert not model.available()  # type: ignore[union-attr]
    with pytest.raises(MissingExtraError, match=r"llm\[local\]"):
        model.prompt("hi").text()


def test_registration_is_cheap(user_path: Path) -> None:
    """Listing the models loads neither llama.cpp nor Pydantic, and hashes nothing."""
    (user_path / "local").mkdir()
    published = EMBEDDED.published
    assert published is not None
    (user_path / "local" / published.file).write_bytes(b"GGUF")
    code = (
        "import sys, llm\n"
        "assert llm.get_model('smollm2') and llm.get_async_model('local')\n"
        "print({'xllamacpp', 'pydantic', 'asyncio', 'llm.providers.local.download'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
    assert [file.name for file in (user_path / "local").iterdir()] == [published.file]


def test_weights_are_fetched_at_first_use(monkeypatch: pytest.MonkeyPatch, llama_cpp: ScriptedLlamaCpp) -> None:
    """A prompt asks for the weights, and they are loaded from where they then are."""
    asked: list[LocalModel] = []

    def fetched(model: LocalModel) -> Path:
        asked.append(model)
        return weights.path_of(model)

    monkeypatch.setattr("llm.providers.local.supply.ready", fetched)
    model = llm.get_model("smollm2")
    assert asked == []
    assert model.prompt("hi").text() == "Hello"
    assert asked == [EMBEDDED]
    assert llama_cpp.loaded[0].model.path == str(weights.path_of(EMBEDDED))
