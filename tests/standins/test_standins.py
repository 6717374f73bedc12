"""The nine plugins that stand for the most used ones are loaded, looked up and prompted as they are."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest
import sqlite_utils
from click.testing import CliRunner

import llm
from tests.standins import anthropic, gemini, groq, mistral, ollama, openrouter, perplexity, replicate, venice

PLUGINS = [anthropic, gemini, groq, mistral, ollama, openrouter, perplexity, replicate, venice]
PICTURE = llm.Attachment(type="image/png", content=b"png")


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All nine registered, with keys of their own in the environment."""
    for plugin in PLUGINS:
        llm.pm.register(plugin)
    for variable in ("ANTHROPIC_API_KEY", "LLM_GEMINI_KEY", "LLM_GROQ_KEY", "LLM_MISTRAL_KEY", "LLM_PERPLEXITY_KEY",
                     "REPLICATE_API_TOKEN", "OPENROUTER_KEY", "LLM_VENICE_KEY"):  # fmt: skip
        monkeypatch.setenv(variable, f"key-{variable[:6]}")
    yield
    forget_plugins()


def forget_plugins() -> None:
    for plugin in PLUGINS:
        if llm.pm.is_registered(plugin):
            llm.pm.unregister(plugin)


def read(response: Any) -> str:
    """The text of a response or chain, blocking or async."""
    text = response.text()
    return asyncio.run(waited(text)) if hasattr(text, "__await__") else str(text)


async def waited(text: Any) -> str:
    return str(await text)


def ping() -> str:
    return "pong"


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.__name__.rpartition(".")[2])
def test_found_by_id_and_alias(plugin: ModuleType) -> None:
    """Each model is found under its id and each of its aliases, blocking and async."""
    mine = [one for one in llm.get_models_with_aliases() if type(one.model).__module__ == plugin.__name__]
    assert mine
    for one in mine:
        model_id = one.model.model_id if one.model else ""
        for name in [model_id, *one.aliases]:
            assert llm.get_model(name).model_id == model_id
            if one.async_model is not None:
                assert llm.get_async_model(name).model_id == model_id


@pytest.mark.parametrize("find", [llm.get_model, llm.get_async_model])
def test_anthropic(find: Any) -> None:
    """Requests are built of `prompt.messages`, `_partition_tools` sorts tools, calls are streamed and registered."""
    model = find("claude")
    chain = model.chain("hi", tools=[ping, anthropic.WebSearch(max_uses=2)], options={"max_tokens": 5})
    assert read(chain) == "key-ANTHRO: {'tool_use_id': 'toolu_1', 'content': 'pong'}"
    first, second = chain._responses
    assert first._prompt_json == {
        "messages": [["user", "hi"]], "tools": ["ping", {"type": "web_search", "max_uses": 2}], "max_tokens": 5,
    }  # fmt: skip
    assert second._prompt_json["messages"][1] == ["assistant", "hm", {"id": "toolu_1", "input": {}}]
    assert (second.response_json, second.input_tokens, second.output_tokens) == ({"id": "msg_1"}, 3, 2)


def test_anthropic_refuses() -> None:
    """After the plugin's own error, payload and counts stay readable; bad options are Pydantic's matter."""
    response = llm.get_model("claude").prompt("refuse")
    with pytest.raises(anthropic.Refusal):
        response.text()
    assert (response.response_json, response.input_tokens) == ({"id": "msg_1"}, 3)
    with pytest.raises(ValueError, match="at least 1"):
        llm.get_model("claude").prompt("hi", max_tokens=0)


def test_gemini() -> None:
    """Options made per instance count; what the plugin puts on a tool call and on the response stays there."""
    model = llm.get_model("gemini")
    chain = model.chain("hi", tools=[ping], options={"thinking_budget": 7})
    assert chain.text() == "key-LLM_GE 7 1!"
    answered: list[Any] = list(chain._responses)  # with what the plugin puts there
    first, second = answered
    (call,) = first.tool_calls()
    assert (call.thought_signature, call.tool_call_id[:3], first.resolved_model) == ("signed", "tc_", "gemini-001")
    assert first._gemini_parts == []
    assert second.messages()[0].parts[0].provider_metadata == {"gemini": {"signature": "s"}}
    assert llm.get_embedding_model("embed-gemini").embed("abc") == [3.0]


@pytest.mark.parametrize("find", [llm.get_model, llm.get_async_model])
def test_mistral(find: Any) -> None:
    """The hook reads a cache in the user folder; the call's key is the one that `llm.get_key` finds by position."""
    (llm.user_dir() / "mistral_models.json").write_text('["another-mistral"]', encoding="utf-8")
    conversation = find("another-mistral").conversation()
    assert read(conversation.prompt("one")) == "one"
    assert read(conversation.prompt("two")) == "one / one / two"
    assert conversation.responses[0].token_details == {"cached": 1}


@pytest.mark.parametrize("find", [llm.get_model, llm.get_async_model])
def test_ollama(find: Any) -> None:
    """Models without key take tools from `llm.get_tools()` and attachments; `str(model)` is the plugin's."""
    model = find("standin-ollama")
    assert str(model) == "Ollama: standin-ollama:latest"
    tool = llm.get_tools()["ping"]
    assert read(model.chain("hi", tools=[tool])) == "['pong']0"
    assert read(model.prompt("see", attachments=[PICTURE])) == "see[]1"


@pytest.mark.parametrize("find", [llm.get_model, llm.get_async_model])
def test_groq(find: Any, tmp_path: Any) -> None:
    """Walking `conversation.responses` gives the history, also that of a conversation that was read from the log."""
    model = find("groq")
    conversation = model.conversation()
    assert read(conversation.prompt("one", system="be kind")) == "key-LLM_GR 2 be kind"
    assert read(conversation.prompt("two", temperature=0.5)) == "key-LLM_GR 4 be kind"
    db = sqlite_utils.Database(tmp_path / "logs.db")
    for response in conversation.responses:
        response.log_to_db(db)
    db.close()

    from llm.cli import load_conversation

    loaded: Any = load_conversation(conversation.id, async_=find is llm.get_async_model, database=tmp_path / "logs.db")
    assert loaded.responses == []
    assert read(loaded.prompt("three")) == "key-LLM_GR 6 be kind"


def test_perplexity() -> None:
    """The helpers of `llm.utils` leave of payload and usage what is worth keeping."""
    response = llm.get_model("standin-sonar").prompt("hi")
    assert response.text() == "key-LLM_PE: hi"
    assert (response.response_json, response.usage()) == ({"id": "1"}, llm.Usage(3, 1, {}))


def test_replicate() -> None:
    """A model of single prompts returns a list, keeps a table of its own in the log, and refuses conversations."""
    model = llm.get_model("rep")
    conversation = model.conversation()
    assert conversation.prompt("hi").text() == "key-REPLIC hi"
    assert replicate.known() == ["rep"]
    with pytest.raises(llm.ConversationNotSupported):
        conversation.prompt("again")


@pytest.mark.parametrize("model_id", ["standin-openrouter", "standin-venice/v"])
def test_subclasses_of_chat(model_id: str) -> None:
    """What the subclass makes of the request is what its client gets; the client may be a mock."""
    model: Any = llm.get_model(model_id)
    piece, client = MagicMock(choices=[MagicMock()]), MagicMock()
    piece.choices[0].delta.content = "a"
    client.chat.completions.create.return_value = [piece, piece]
    model.get_client = lambda *_: client
    options = {"enable_web_search": True} if "venice" in model_id else {}
    assert model.prompt("hi", options=options).text() == "aa"
    sent = client.chat.completions.create.call_args.kwargs
    assert sent["messages"] == [{"role": "user", "content": "hi"}]
    expected = {"venice_parameters": {"enable_web_search": True}} if options else {"provider": {"sort": "price"}}
    assert sent["extra_body"] == expected
    assert "enable_web_search" not in sent


def test_venice_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """`NeedsKeyException` tells how to set the plugin's key."""
    monkeypatch.delenv("LLM_VENICE_KEY")
    assert "llm keys set venice" in venice.key_or_explain(llm.get_model("standin-venice/v"))


def test_by_hand() -> None:
    """Tests of plugins call `execute` themselves, with a prompt and a response made by hand, also of an async model."""
    model: Any = llm.get_model("claude")
    prompt = llm.Prompt("hi", model, system="be kind", options=model.Options(max_tokens=3))
    for made in (llm.Response(prompt, model, False), llm.Response(prompt, llm.get_async_model("claude"), stream=False)):
        assert [event.chunk for event in model.execute(prompt, False, made, None, "k")] == ["hm", "k: hi"]
        assert made.response_json == {"id": "msg_1"}
    assert model.build_messages(prompt, None) == [["system", "be kind"], ["user", "hi"]]


def test_their_commands(request: pytest.FixtureRequest) -> None:
    """Groups and commands of plugins join the command line when it is imported afresh."""
    import llm.cli

    cli = importlib.reload(llm.cli).cli
    request.addfinalizer(lambda: importlib.reload(llm.cli))
    request.addfinalizer(forget_plugins)
    shown = CliRunner().invoke(cli, ["standin-anthropic", "models"])
    assert (shown.exit_code, shown.output) == (0, "['standin-claude']\n")
    assert CliRunner().invoke(cli, ["standin-ollama-models"]).output.split() == ["id", "standin-ollama:latest"]
